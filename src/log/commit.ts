// What one group commit writes, in one transaction: the rows of each stream, and all that goes with
// them.

import type { ReadingColumns, SeriesKey } from '../core/reading.ts';
import type { GroupWrite } from './groups/group-change.ts';
import type { Loss } from './loss-book.ts';
import type { DeadLetter } from './pending.ts';
import type { Position, Removal } from './position.ts';
import type { SeriesSnapshot } from './series-state.ts';

/** The rows of one stream in one commit. */
export interface CommitRows {
  readonly streamId: number;
  /** Where they go. */
  readonly table: string;
  /** Whether the table is made by this commit. */
  readonly isNewTable: boolean;
  readonly firstOffset: number;
  readonly columns: ReadingColumns;
}

export interface Commit {
  readonly rows: readonly CommitRows[];
  readonly newSeries: { readonly first: number; readonly keys: readonly SeriesKey[] };
  readonly deadLetters: readonly DeadLetter[];
  readonly firstDeadLetterId: number;
  /** Dead letters below this number go, with `losses` saying so; -1 for none. */
  readonly trimDeadLettersBelow: number;
  /** How many that are. */
  readonly trimmedDeadLetters: number;
  /** Numbers of letters that go for another reason. */
  readonly removedDeadLetters: ReadonlySet<number>;
  readonly losses: readonly Loss[];
  readonly positions: readonly Position[];
  /** Consumers that go, none of them among `positions`. */
  readonly removedPositions: readonly Removal[];
  readonly groups: readonly GroupWrite[];
  /** The highest sequence of each producer heard of. */
  readonly producers: ReadonlyMap<string, number>;
  readonly forgottenProducers: ReadonlySet<string>;
  readonly producersAtUs: number;
  /** New `devices` rows. Null when not due. */
  readonly snapshots: readonly SeriesSnapshot[] | null;
  /** By stream number the offset before which the snapshots hold everything. */
  readonly devicesAsOf: ReadonlyMap<number, number>;
}

export const emptyCommit: Commit = {
  rows: [],
  newSeries: { first: 0, keys: [] },
  deadLetters: [],
  firstDeadLetterId: 0,
  trimDeadLettersBelow: -1,
  trimmedDeadLetters: 0,
  removedDeadLetters: new Set(),
  losses: [],
  positions: [],
  removedPositions: [],
  groups: [],
  producers: new Map(),
  forgottenProducers: new Set(),
  producersAtUs: 0,
  snapshots: null,
  devicesAsOf: new Map(),
};
