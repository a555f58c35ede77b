// Why a read failed, as whoever asked is told.

import { MillpondError } from '../core/errors.ts';

/** After a failed commit DuckDB may refuse to read for a while: the disk's fault, and it passes. */
export function readFailure(cause: unknown, problem: MillpondError | null): unknown {
  if (cause instanceof MillpondError || problem === null) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const text = `The log cannot be read until the disk is well again: ${why}`;
  return new MillpondError('LOG_WRITE_FAILED', text, { cause });
}
