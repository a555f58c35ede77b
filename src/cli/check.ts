// `millpond check`: everything that is wrong with config and profiles, at once, with its place.

import { relative } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { MillpondError } from '../core/errors.ts';
import type { Profile } from '../decode/compile-profile.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { printError } from './print-error.ts';

/** Files below the current folder are named from there, as the user would. */
function shorten(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') ? file : fromHere;
}

/** What is wrong with the files, then what their examples say otherwise than it comes out. */
async function findProfileFaults({
  profiles: folders,
  serial,
}: Pick<Config, 'profiles' | 'serial'>): Promise<{
  readonly profiles: readonly Profile[];
  readonly faults: readonly string[];
}> {
  const { loadProfiles } = await import('../decode/load-profiles.ts');
  const { formatProfileError } = await import('../decode/parse-profile.ts');
  const { runExamples } = await import('../decode/examples.ts');
  const { profiles, errors } = loadProfiles({ folders });
  const faults = errors.map((error) => formatProfileError({ ...error, file: shorten(error.file) }));
  for (const profile of profiles) {
    for (const { index, expected, actual } of runExamples(profile)) {
      const missing = expected.filter((line) => !actual.includes(line));
      const surplus = actual.filter((line) => !expected.includes(line));
      // Only the order may differ.
      const [says, is] =
        missing.length + surplus.length > 0 ? [missing, surplus] : [expected, actual];
      faults.push(
        [
          `${shorten(profile.file)}: example ${index + 1} comes out otherwise`,
          ...says.map((line) => `    says:  ${line}`),
          ...is.map((line) => `    is:    ${line}`),
        ].join('\n'),
      );
    }
  }
  const { decodePorts } = await import('../decode/serial-ports.ts');
  faults.push(...decodePorts(serial, profiles).problems);
  return { profiles, faults };
}

function asProfileError(faults: readonly string[]): MillpondError {
  const title = faults.length === 1 ? 'a profile is wrong' : `${faults.length} profile errors`;
  const lines = faults.map((fault) => `  ${fault}`);
  return new MillpondError('PROFILE_INVALID', [`${title}:`, ...lines].join('\n'));
}

async function check(flags: ConfigFlags): Promise<void> {
  const { checkConfig } = await import('../config/load.ts');
  const { file, config, error } = checkConfig(configPlace(flags));
  const { profiles, faults } = await findProfileFaults(config);

  if (error !== null) process.exitCode = printError(error);
  else process.stdout.write(`config ${file ?? '(no file, all defaults)'}: ok\n`);

  if (faults.length > 0) process.exitCode = printError(asProfileError(faults));
  else process.stdout.write(`${profiles.length} profiles and their examples: ok\n`);
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('report every config and profile error, with file, line and what would be right')
    .addOption(configOption())
    .addHelpText('after', '\nThe examples in the profiles are run, too.')
    .action(check);
}
