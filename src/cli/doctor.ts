// `millpond doctor`: looks through a data directory while no gateway has it, says what is wrong, and
// puts it right as a start would.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Finding } from '../log/recovery/finding.ts';
import { printableLines } from '../observability/printable.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { exitCodes } from './exit-codes.ts';

interface DoctorFlags extends ConfigFlags {
  readonly data?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const { loadConfig } = await import('../config/load.ts');
  const { examineDirectory } = await import('../log/recovery/examine.ts');
  const { QuarantineLimit } = await import('../log/recovery/quarantine-limit.ts');
  const { Progress } = await import('./terminal/progress.ts');
  const { dataDir, log } = loadConfig(configPlace(flags));
  const directory = flags.data === undefined ? dataDir : resolve(flags.data);
  const isDryRun = flags.dryRun ?? false;
  const progress = new Progress({
    title: 'looking through',
    amountText: String,
    total: null,
    hasLines: false,
  });
  const findings = await examineDirectory(
    {
      directory,
      database: {
        memoryBytesMax: log.duckdbMemoryBytesMax,
        checkpointBytes: log.checkpointBytes,
      },
      lossesMax: log.lossesMax,
      quarantine: new QuarantineLimit(directory, log.quarantineBytesMax),
      nowUs: Date.now() * 1000,
    },
    { isDryRun },
  ).finally(() => progress.end());
  const text = flags.json
    ? JSON.stringify({ directory, isDryRun, findings }, null, 2)
    : await describe(directory, findings, isDryRun);
  process.stdout.write(`${text}\n`);
  if (findings.length > 0) process.exitCode = exitCodes.failed.code;
}

async function describe(
  directory: string,
  findings: readonly Finding[],
  isDryRun: boolean,
): Promise<string> {
  const { findingText } = await import('../log/recovery/finding.ts');
  if (findings.length === 0) return `${directory}: in order`;
  const lines = findings.map((finding) => `  ${findingText(finding, !isDryRun)}`);
  return printableLines([`${directory}: ${findings.length} found`, ...lines].join('\n'));
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look through a data directory that no gateway has, and put right what is wrong')
    .addOption(configOption())
    .option('-d, --data <dir>', 'the data directory (default: dataDir of the config)')
    .option('-n, --dry-run', 'say what would be done, and do nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A start does the same, but for reading every sealed file whole. Nothing is deleted that could be
read: what cannot be read goes to quarantine/, as it was found, and what is missing is recorded as a
loss. Beyond log.quarantineBytesMax the oldest of an earlier start goes from there. The exit code is 0 if nothing was found, else 1.`,
    )
    .action(doctor);
}
