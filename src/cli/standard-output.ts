// Standard output for commands that print without end: no faster than it is read.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Resolves when more may be written, or at once after the signal aborts. */
export async function print(
  text: string,
  signal: AbortSignal,
  stream: Writable = process.stdout,
): Promise<void> {
  if (signal.aborted || text === '' || stream.write(text)) return;
  await once(stream, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
