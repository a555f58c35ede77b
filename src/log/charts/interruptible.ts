// Ends what a DuckDB connection does when a signal says so.

import type { DuckDBConnection } from '@duckdb/node-api';

/** An interrupt that comes before DuckDB has begun is forgotten: it is sent again. */
const INTERRUPT_EVERY_MS = 20;

/** Throws the signal's reason once `use` has ended for it. */
export async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  use: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const timer = setInterval(() => {
    if (signal.aborted) connection.interrupt();
  }, INTERRUPT_EVERY_MS);
  try {
    return await use();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
  }
}
