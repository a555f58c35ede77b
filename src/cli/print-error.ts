// How every command tells of an error: what happened and to what, what to do, and the code to look
// up in docs/errors.md.

import { asMillpondError } from '../core/errors.ts';
import { printableLines } from '../observability/printable.ts';
import { exitCodeOf } from './exit-codes.ts';
import { type Look, lookOf, plainLook } from './terminal/look.ts';

/** Several lines without a final line break. The stack is shown for faults of Millpond alone. */
export function formatError(thrown: unknown, look: Look = plainLook): string {
  const error = asMillpondError(thrown);
  const [title = '', ...others] = printableLines(error.message).split('\n');
  const lines = [
    ...[`${look.paint('problem', 'error:')} ${title}`, ...others],
    `  what to do: ${printableLines(error.remedy)}`,
    `  ${look.paint('faint', `code: ${error.code}`)}`,
  ];
  if (error.code === 'INTERNAL') {
    const cause = error.cause instanceof Error ? error.cause : error;
    lines.push(`  at: ${printableLines(cause.stack ?? cause.message)}`);
  }
  return lines.join('\n');
}

/** Writes to standard error and returns the exit code that goes with the error. */
export function printError(thrown: unknown): number {
  process.stderr.write(`${formatError(thrown, lookOf(process.stderr))}\n`);
  return exitCodeOf(asMillpondError(thrown).code);
}
