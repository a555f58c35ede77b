// From what is pending to what is written: pure, so that a commit tried again is the same commit.

import type { SeriesKey } from '../core/reading.ts';
import type { Commit, CommitRows } from './commit.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { Loss } from './loss-book.ts';
import { bytesOf, type Pending } from './pending.ts';
import { hotTable } from './schema.ts';
import type { SeriesSnapshot } from './series-state.ts';

/** Where a stream's next rows go. */
export interface RowTarget {
  readonly firstOffset: number;
  /** The hot table that is open; null when the commit must make one. */
  readonly table: string | null;
}

export interface CommitContext {
  readonly targetOf: (streamId: number) => RowTarget;
  readonly newSeries: { readonly first: number; readonly keys: readonly SeriesKey[] };
  readonly deadLetters: Pick<DeadLetterStore, 'nextId' | 'trimBelow' | 'takeBelow'>;
  readonly positions: Pick<ConsumerPositions, 'isBehind'>;
  readonly snapshots: readonly SeriesSnapshot[] | null;
  /** The durable end of each stream: what the snapshots hold. By number. */
  readonly devicesAsOf: ReadonlyMap<number, number>;
  readonly nowUs: number;
}

/** Takes the rows out of `pending`, and the letters that must go out of the store. */
export function prepareCommit(pending: Pending, context: CommitContext): Commit {
  const { deadLetters } = context;
  const rows: CommitRows[] = [];
  for (const [streamId, builder] of pending.rows) {
    if (builder.count === 0) continue;
    const { firstOffset, table } = context.targetOf(streamId);
    rows.push({
      streamId,
      table: table ?? hotTable(streamId, firstOffset),
      isNewTable: table === null,
      firstOffset,
      columns: builder.take(),
    });
  }
  const deadLetterBytes = pending.deadLetters.reduce((sum, letter) => sum + bytesOf(letter), 0);
  const trimBelow = deadLetters.trimBelow(pending.deadLetters.length, deadLetterBytes);
  const trimCount = trimBelow < 0 ? 0 : deadLetters.takeBelow(trimBelow);
  const trimmed = trimCount === 0 ? [] : [trimmedLoss(trimCount, context.nowUs)];
  return {
    rows,
    newSeries: context.newSeries,
    deadLetters: pending.deadLetters,
    firstDeadLetterId: deadLetters.nextId,
    trimDeadLettersBelow: trimBelow,
    trimmedDeadLetters: trimCount,
    removedDeadLetters: pending.removedDeadLetters,
    losses: [...pending.losses, ...trimmed],
    positions: [...pending.positions.values()].filter((each) => !context.positions.isBehind(each)),
    removedPositions: [...pending.removedPositions.values()],
    groups: [...pending.groups.values()].map((group) => group.write()),
    producers: pending.producers,
    forgottenProducers: pending.forgottenProducers,
    producersAtUs: context.nowUs,
    snapshots: context.snapshots,
    devicesAsOf: context.devicesAsOf,
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
