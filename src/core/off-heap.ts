// Memory that JavaScript's collector holds on to without knowing its size: DuckDB's results and the
// buffers that cross between the threads are freed only when the small objects that own them are
// collected, and nothing makes the collector hurry for them. Whoever takes such memory says so here.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A young collection takes about a millisecond. V8 counts these bytes as growth of the heap: with more
 * of them than HEAP_GROWING_PERCENT allows it collects the whole heap, which takes twenty times that.
 */
const COLLECT_EVERY_BYTES = 8 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;

// There is no public way to ask for a collection of the young generation; `--expose-gc` is the one
// that Node.js documents, and it may be set while running.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as Collect;

let takenBytes = 0;

/** Says that `bytes` outside of the heap were taken and will soon be garbage. */
export function noteOffHeap(bytes: number): void {
  takenBytes += bytes;
  if (takenBytes < COLLECT_EVERY_BYTES) return;
  takenBytes = 0;
  collect({ type: 'minor' });
}
