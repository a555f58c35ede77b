// The rows of the readings that a group gives out: from those it read last where they are among them,
// else out of the log again, a stretch at a time.

import type { ReadingColumns } from '../../core/reading.ts';
import type { ReadResult } from '../stream-reader.ts';
import { type RecentRows, type RowRun, runOf } from './recent-rows.ts';

/** Rows read again at once; offsets further apart are read on their own. */
const STRETCH_ROWS = 2048;

type Gap = NonNullable<ReadResult['gap']>;

export interface Gathered {
  /** In offset order; together they have all the offsets but those that are gone. */
  readonly runs: readonly ReadingColumns[];
  /** What was asked for and is not in the log any more, with all that is gone behind it. */
  readonly gone: readonly Gap[];
}

/** Null when something has to be read: then `gatherRows` does it. */
export function recentRows(offsets: readonly number[], recent: RecentRows): Gathered | null {
  const runs: ReadingColumns[] = [];
  let open: RowRun | null = null;
  for (const offset of offsets) {
    if (open !== null && offset < open.next) continue;
    open = recent.find(offset);
    if (open === null) return null;
    runs.push(open.columns);
  }
  return { runs, gone: [] };
}

/** `offsets` ascend. Throws as `read`. */
export async function gatherRows(
  offsets: readonly number[],
  recent: RecentRows,
  read: (from: number, rowsMax: number) => Promise<ReadResult>,
): Promise<Gathered> {
  const runs: ReadingColumns[] = [];
  const gone: Gap[] = [];
  /** Everything below it is had, or gone. */
  let had = 0;
  for (let at = 0; at < offsets.length; ) {
    const offset = offsets[at] as number;
    if (offset < had) {
      at += 1;
      continue;
    }
    const known = recent.find(offset);
    if (known !== null) {
      runs.push(known.columns);
      had = known.next;
      continue;
    }
    const found = await read(offset, stretchOf(offsets, at, recent));
    if (found.gap === null && found.runs.length === 0) {
      throw new Error(`there are no rows at offset ${offset}, and no gap`);
    }
    if (found.gap !== null) {
      gone.push(found.gap);
      had = found.gap.next;
    }
    for (const columns of found.runs) {
      runs.push(columns);
      had = runOf(columns).next;
    }
  }
  return { runs, gone };
}

/** How many rows from the offset at `at` on are worth reading for it and those that follow. */
function stretchOf(offsets: readonly number[], at: number, recent: RecentRows): number {
  const first = offsets[at] as number;
  let last = first;
  for (let i = at + 1; i < offsets.length; i += 1) {
    const offset = offsets[i] as number;
    if (offset - first >= STRETCH_ROWS || recent.find(offset) !== null) break;
    last = offset;
  }
  return last - first + 1;
}
