// `millpond check`: everything that is wrong with config and profiles, at once, with its place.

import { relative } from 'node:path';
import type { Command } from 'commander';
import { MillpondError } from '../core/errors.ts';
import type { LoadedProfiles } from '../decode/load-profiles.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { printError } from './print-error.ts';

/** Files below the current folder are named from there, as the user would. */
function shorten(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') ? file : fromHere;
}

function asProfileError(errors: LoadedProfiles['errors']): MillpondError {
  const title = errors.length === 1 ? 'a profile is wrong' : `${errors.length} profile errors`;
  const lines = errors.map(
    ({ file, line, column, message }) => `  ${shorten(file)}:${line}:${column}: ${message}`,
  );
  return new MillpondError('PROFILE_INVALID', [`${title}:`, ...lines].join('\n'));
}

async function check(flags: ConfigFlags): Promise<void> {
  const { checkConfig } = await import('../config/load.ts');
  const { loadProfiles } = await import('../decode/load-profiles.ts');
  const { file, config, error } = checkConfig(configPlace(flags));
  const { profiles, errors } = loadProfiles({ folders: config.profiles });

  if (error !== null) process.exitCode = printError(error);
  else process.stdout.write(`config ${file ?? '(no file, all defaults)'}: ok\n`);

  if (errors.length > 0) process.exitCode = printError(asProfileError(errors));
  else process.stdout.write(`${profiles.length} profiles: ok\n`);
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('report every config and profile error, with file, line and what would be right')
    .addOption(configOption())
    .action(check);
}
