// `millpond check`: everything that is wrong with config and profiles, at once, with its place.

import type { Command } from 'commander';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { exitCodes } from './exit-codes.ts';
import { printError } from './print-error.ts';

async function check(flags: ConfigFlags): Promise<void> {
  const { checkConfig } = await import('../config/load.ts');
  const { file, error } = checkConfig(configPlace(flags));
  if (error !== null) {
    process.exitCode = printError(error);
    return;
  }
  process.stdout.write(`config: ${file ?? 'defaults, no file'}: ok\n`);
  process.exitCode = exitCodes.ok.code;
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('report every config error, with file, line and what would be right')
    .addOption(configOption())
    .action(check);
}
