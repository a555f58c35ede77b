// The option --config, alike for every command that takes it.

import { Option } from 'commander';
import type { ConfigPlace } from '../config/load.ts';

export interface ConfigFlags {
  /** The file as given; absent without --config. */
  readonly config?: string;
}

export function configOption(): Option {
  return new Option(
    '-c, --config <file>',
    'config file (default: millpond.yaml in the current folder, if there is one)',
  );
}

/** Where loadConfig and checkConfig look, for the flags of a command. */
export function configPlace(flags: ConfigFlags): ConfigPlace {
  return { file: flags.config, environment: process.env, folder: process.cwd() };
}
