// What recovery asks of the ledger and of the watermarks: the parts of them that say what there was.

import type { SeriesKey } from '../../core/reading.ts';
import type { Loss } from '../loss-book.ts';
import type { Position, Removal } from '../position.ts';

export interface LedgerEvidence {
  readonly streams: readonly {
    readonly id: number;
    readonly name: string;
    readonly reserve: number;
  }[];
  readonly positions: readonly Position[];
  /** Of consumers that were deleted. */
  readonly removals: readonly Removal[];
  readonly losses: readonly Loss[];
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
