// Finds the config file, lays the environment over it, and gives a config that can be relied on.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MillpondError } from '../core/errors.ts';
import type { Config } from './config.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { formatProblem, type Problem } from './problem.ts';
import { validate } from './validate.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

const usualFile = 'millpond.yaml';

export interface ConfigPlace {
  /** As given with --config; without it `millpond.yaml` in `folder` is read if there is one. */
  readonly file?: string | undefined;
  readonly environment: Environment;
  /** Where relative paths start. */
  readonly folder: string;
}

export interface CheckedConfig {
  /** The file that was read; null if there was none. */
  readonly file: string | null;
  /** With the default in place of every option that is wrong; dataDir and profiles absolute. */
  readonly config: Config;
  readonly problems: readonly Problem[];
  /** What loadConfig throws; null when there are no problems. */
  readonly error: MillpondError | null;
}

function readFile(place: ConfigPlace): YamlFile | null {
  const name = place.file ?? usualFile;
  try {
    return readYaml(name, readFileSync(resolve(place.folder, name), 'utf8'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && place.file === undefined) return null;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : cause instanceof Error
            ? cause.message
            : String(cause);
    throw new MillpondError('CONFIG_NOT_FOUND', `cannot read the config file ${name}: ${why}`, {
      cause,
    });
  }
}

function asError(problems: readonly Problem[], isOnlyOpen: boolean): MillpondError | null {
  if (problems.length === 0) return null;
  const title = problems.length === 1 ? 'the config is wrong' : `${problems.length} config errors`;
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  return new MillpondError(
    isOnlyOpen ? 'LISTEN_OPEN' : 'CONFIG_INVALID',
    [`${title}:`, ...lines].join('\n'),
  );
}

/** Throws CONFIG_NOT_FOUND for a named file that cannot be read; all else is in `problems`. */
export function checkConfig(place: ConfigPlace): CheckedConfig {
  const file = readFile(place);
  const environment = readEnvironment(place.environment);
  const { config, problems: wrong, isOnlyOpen } = validate(file, environment.overrides);
  const elsewhere = [...(file?.problems ?? []), ...environment.problems];
  const problems = [...elsewhere, ...wrong].sort((a, b) => a.line - b.line || a.column - b.column);
  return {
    file: file?.name ?? null,
    config: {
      ...config,
      dataDir: resolve(place.folder, config.dataDir),
      profiles: config.profiles.map((folder) => resolve(place.folder, folder)),
    },
    problems,
    error: asError(problems, isOnlyOpen && elsewhere.length === 0),
  };
}

/** Throws CONFIG_NOT_FOUND, CONFIG_INVALID or LISTEN_OPEN; the message names every problem. */
export function loadConfig(place: ConfigPlace): Config {
  const { config, error } = checkConfig(place);
  if (error !== null) throw error;
  return config;
}
