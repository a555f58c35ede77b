// A long document, made piece by piece while it is sent. Whatever a thread does in one go, every device's
// acknowledgement waits for: so of all such documents together one slice is made in a turn of the event
// loop, and nothing ahead of what the client takes.

import { setImmediate } from 'node:timers/promises';
import type { QuerySink } from '../../core/query.ts';

/** A slice of a chart of this length takes about a fifth of a millisecond. */
const SLICE_CHARACTERS = 32 * 1024;

let lastTurn: Promise<void> = Promise.resolve();

/** Resolves once in a turn of the event loop, for the first who waits. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

/** A piece is asked for when it is due. Throws what `sink` throws. */
export async function writeSliced(pieces: Iterable<string>, sink: QuerySink): Promise<void> {
  let slice = '';
  await nextTurn();
  for (const piece of pieces) {
    slice += piece;
    if (slice.length < SLICE_CHARACTERS) continue;
    await sink.write([Buffer.from(slice)]);
    slice = '';
    await nextTurn();
  }
  await sink.write([Buffer.from(slice)]);
}
