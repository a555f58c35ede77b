// How every command tells of an error: what happened and to what, what to do, and the code to look
// up in docs/errors.md.

import { asMillpondError } from '../core/errors.ts';
import { printableLines } from '../observability/printable.ts';
import { exitCodeOf } from './exit-codes.ts';

/** Several lines without a final line break. The stack is shown for faults of Millpond alone. */
export function formatError(thrown: unknown): string {
  const error = asMillpondError(thrown);
  const lines = [
    `error: ${error.message}`,
    `  what to do: ${error.remedy}`,
    `  code: ${error.code}`,
  ];
  if (error.code === 'INTERNAL') {
    const cause = error.cause instanceof Error ? error.cause : error;
    lines.push(`  at: ${cause.stack ?? cause.message}`);
  }
  return printableLines(lines.join('\n'));
}

/** Writes to standard error and returns the exit code that goes with the error. */
export function printError(thrown: unknown): number {
  process.stderr.write(`${formatError(thrown)}\n`);
  return exitCodeOf(asMillpondError(thrown).code);
}
