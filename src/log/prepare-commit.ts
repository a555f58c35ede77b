// From what is pending to what is written: pure, so that a commit tried again is the same commit.

import type { ReadingColumns, SeriesKey } from '../core/reading.ts';
import type { Commit, Loss } from './commit-writer.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { Pending } from './pending.ts';
import type { SeriesSnapshot } from './series-state.ts';

export interface Prepared {
  readonly commit: Commit;
  /** The first offset of its rows. */
  readonly firstOffset: number;
}

export interface CommitContext {
  readonly highWatermark: number;
  readonly newSeries: { readonly first: number; readonly keys: readonly SeriesKey[] };
  readonly deadLetters: Pick<DeadLetterStore, 'firstId' | 'nextId' | 'trimBelow'>;
  readonly positions: Pick<ConsumerPositions, 'isBehind'>;
  readonly snapshots: readonly SeriesSnapshot[] | null;
  readonly nowUs: number;
}

export const emptyCommit: Commit = {
  rows: [],
  newSeries: { first: 0, keys: [] },
  deadLetters: [],
  firstDeadLetterId: 0,
  trimDeadLettersBelow: -1,
  losses: [],
  positions: [],
  snapshots: null,
  devicesAsOf: 0,
};

/** Takes the rows out of `pending`. */
export function prepareCommit(pending: Pending, context: CommitContext): Prepared {
  const { deadLetters, highWatermark } = context;
  const rows: { streamId: number; columns: ReadingColumns }[] = [];
  for (const [streamId, builder] of pending.rows) {
    if (builder.count > 0) rows.push({ streamId, columns: builder.take() });
  }
  const deadLetterBytes = pending.deadLetters.reduce((sum, { payload }) => sum + payload.length, 0);
  const trimBelow = deadLetters.trimBelow(pending.deadLetters.length, deadLetterBytes);
  const trimCount = trimBelow < 0 ? 0 : trimBelow - deadLetters.firstId;
  return {
    firstOffset: highWatermark,
    commit: {
      rows,
      newSeries: context.newSeries,
      deadLetters: pending.deadLetters,
      firstDeadLetterId: deadLetters.nextId,
      trimDeadLettersBelow: trimBelow,
      losses: trimCount === 0 ? [] : [trimmedLoss(trimCount, context.nowUs)],
      positions: [...pending.positions.values()].filter(
        (each) => !context.positions.isBehind(each),
      ),
      snapshots: context.snapshots,
      devicesAsOf: highWatermark,
    },
  };
}

function trimmedLoss(count: number, atUs: number): Loss {
  return {
    stream: '',
    firstOffset: -1,
    lastOffset: -1,
    count,
    reason: 'dead_letters_full',
    detail: 'the oldest dead letters went to make room',
    atUs,
  };
}
