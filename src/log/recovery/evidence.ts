// What recovery asks of the ledger and of the watermarks: the parts of them that say what there was.

import type { SeriesKey } from '../../core/reading.ts';
import type { Position, Removal } from '../position.ts';

/** A loss as it is recorded, in the table and in the ledger. */
export interface RecordedLoss {
  readonly stream: string;
  /** -1 where the loss is not a range of offsets. */
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly count: number;
  readonly reason: string;
  readonly detail: string;
  readonly atUs: number;
}

export interface LedgerEvidence {
  readonly streams: readonly {
    readonly id: number;
    readonly name: string;
    readonly reserve: number;
  }[];
  readonly positions: readonly Position[];
  /** Of consumers that were deleted. */
  readonly removals: readonly Removal[];
  readonly losses: readonly RecordedLoss[];
  /** Whether every line of it could be read, and it is there. */
  readonly isWhole: boolean;
  readonly readSeries: (each: (id: number, key: SeriesKey) => void) => Promise<void>;
}

export interface WatermarkEvidence {
  /** Whether it was written in this boot of the machine, and so is exact. */
  readonly isThisBoot: boolean;
  readonly nextByStream: ReadonlyMap<number, number>;
  readonly deadLetters: { readonly first: number; readonly next: number } | null;
}

export const noLedger: LedgerEvidence = {
  streams: [],
  positions: [],
  removals: [],
  losses: [],
  isWhole: false,
  readSeries: async () => {},
};

export const noWatermarks: WatermarkEvidence = {
  isThisBoot: false,
  nextByStream: new Map(),
  deadLetters: null,
};
