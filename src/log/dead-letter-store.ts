// How many dead letters are kept and what goes when there are too many: the oldest, in one sweep,
// recorded as a loss.

import type { Database } from './database.ts';

/** The share of all that goes at once, so that a full store is not trimmed at every commit. */
const TRIM_SHARE = 0.1;

export interface DeadLetterLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

export class DeadLetterStore {
  readonly #limits: DeadLetterLimits;
  #firstId = 0;
  #nextId = 0;
  #bytes = 0;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#nextId - this.#firstId;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get firstId(): number {
    return this.#firstId;
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Reads the totals from the database. */
  async load(database: Database): Promise<void> {
    const [row] = await database.rows(
      `select coalesce(min(id), 0) as first, coalesce(max(id) + 1, 0) as next,
         coalesce(sum(octet_length(payload)), 0)::bigint as bytes from dead_letters`,
    );
    this.#firstId = Number(row?.first ?? 0);
    this.#nextId = Math.max(this.#nextId, Number(row?.next ?? 0));
    this.#bytes = Number(row?.bytes ?? 0);
    if (Number(row?.next ?? 0) === 0) this.#firstId = this.#nextId;
  }

  /** The id below which letters must go so that `count` more of `bytes` fit; -1 if they fit. */
  trimBelow(count: number, bytes: number): number {
    const { countMax, bytesMax } = this.#limits;
    if (this.count + count <= countMax && this.#bytes + bytes <= bytesMax) return -1;
    const overCount = this.count + count - countMax;
    const share = Math.ceil(this.count * TRIM_SHARE);
    return this.#firstId + Math.min(this.count, Math.max(overCount, share, 0));
  }

  /** Takes note of a durable commit that trimmed nothing. */
  committed(count: number, bytes: number): void {
    this.#nextId += count;
    this.#bytes += bytes;
  }
}
