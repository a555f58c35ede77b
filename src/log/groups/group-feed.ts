// Looks at the log for a group, a chunk at a time, as long as there is room and somebody may want more;
// at the end it waits for the next commit.

import type { ReadResult } from '../stream-reader.ts';
import type { StreamState } from '../stream-state.ts';
import type { GroupState } from './group-state.ts';
import { type RecentRows, runOf } from './recent-rows.ts';

export interface GroupFeedParts {
  readonly stream: StreamState;
  readonly recent: RecentRows;
  readonly read: (from: number, rowsMax: number) => Promise<ReadResult>;
  readonly waitBeyond: (offset: number, ms: number, signal: AbortSignal) => Promise<void>;
  readonly deviceOf: (series: number) => number;
  /** Null for all series. For one chunk: not to be kept. */
  readonly wants: () => ((series: number) => boolean) | null;
  /** Whether what was read for this state is still wanted. */
  readonly isCurrent: (state: GroupState) => boolean;
  readonly gap: (first: number, next: number, reason: string) => void;
  /** There is more to give out, or to look at. */
  readonly again: () => void;
  readonly failed: () => void;
}

const CHUNK_ROWS = 4096;
/** Readings that wait for members are looked for ahead up to here. */
const READ_AHEAD_READINGS = 4096;
const WAIT_MS = 3_600_000;

export class GroupFeed {
  readonly #parts: GroupFeedParts;
  #isRunning = false;
  #waiting: AbortController | null = null;
  /** Up to where members were told what is gone. */
  #told: { readonly state: GroupState | null; readonly next: number } = { state: null, next: 0 };

  constructor(parts: GroupFeedParts) {
    this.#parts = parts;
  }

  /** Looks on, unless it does already or has no reason to. */
  go(state: GroupState): void {
    if (this.#isRunning || state.room === 0) return;
    // What waits may be of devices that nobody can be given now: whoever has nothing gets others.
    if (state.waitingCount >= READ_AHEAD_READINGS && !state.isHungry) return;
    this.#isRunning = true;
    this.#look(state).then(
      () => {
        this.#isRunning = false;
        this.#parts.again();
      },
      () => {
        this.#isRunning = false;
        this.#parts.failed();
      },
    );
  }

  /** Waits for nothing more. */
  stop(): void {
    this.#waiting?.abort();
  }

  async #look(state: GroupState): Promise<void> {
    const { stream, read, waitBeyond } = this.#parts;
    const { end } = state;
    if (end < stream.highWatermark) {
      this.#take(state, await read(end, Math.min(state.room, CHUNK_ROWS)));
      return;
    }
    this.#waiting = new AbortController();
    await waitBeyond(end, WAIT_MS, this.#waiting.signal);
  }

  // What is gone may reach beyond the window, and is met again when there is room.
  #tellGap(state: GroupState, { first, next, reason }: NonNullable<ReadResult['gap']>): void {
    const from = this.#told.state === state ? Math.max(first, this.#told.next) : first;
    if (from < next) this.#parts.gap(from, next, reason);
    this.#told = { state, next };
  }

  #take(state: GroupState, { gap, runs }: ReadResult): void {
    const { isCurrent, recent, deviceOf } = this.#parts;
    if (!isCurrent(state)) return;
    if (gap !== null) {
      this.#tellGap(state, gap);
      const count = gap.next - state.end;
      state.skip(state.floor === state.end ? count : Math.min(count, state.room));
    }
    const wants = this.#parts.wants();
    for (const columns of runs) {
      const run = runOf(columns);
      if (run.first !== state.end) return;
      recent.push(run);
      const { series, count } = columns;
      for (let row = 0; row < count; row += 1) {
        const each = series[row] as number;
        if (wants === null || wants(each)) state.add(deviceOf(each));
        else state.skip(1);
      }
    }
  }
}
