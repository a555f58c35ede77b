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
  /** Bytes of each letter kept, the oldest first; 0 for a number that is no longer there. */
  #sizes: number[] = [];
  #firstId = 0;
  #bytes = 0;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#sizes.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get firstId(): number {
    return this.#firstId;
  }

  get nextId(): number {
    return this.#firstId + this.#sizes.length;
  }

  /** Reads the sizes from the database, once. An empty store goes on with number `nextId`. */
  async load(database: Database, nextId: number): Promise<void> {
    const found = await database.reader.runAndReadAll(
      'select id, octet_length(payload) from dead_letters order by id',
    );
    const [ids = [], sizes = []] = found.getColumns();
    this.#firstId = Number(ids[0] ?? nextId);
    this.#sizes = new Array<number>(ids.length === 0 ? 0 : Number(ids.at(-1)) + 1 - this.#firstId);
    this.#sizes.fill(0);
    for (const [row, id] of ids.entries()) {
      this.#sizes[Number(id) - this.#firstId] = Number(sizes[row]);
    }
    this.#bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The id below which letters must go so that `count` more of `bytes` fit; -1 if they fit. */
  trimBelow(count: number, bytes: number): number {
    const countOver = this.count + count - this.#limits.countMax;
    const bytesOver = this.#bytes + bytes - this.#limits.bytesMax;
    if (countOver <= 0 && bytesOver <= 0) return -1;
    let trimmed = Math.min(this.count, Math.max(countOver, Math.ceil(this.count * TRIM_SHARE)));
    let freed = 0;
    for (let index = 0; index < trimmed; index++) freed += this.#sizes[index] as number;
    while (freed < bytesOver && trimmed < this.count) freed += this.#sizes[trimmed++] as number;
    return this.#firstId + trimmed;
  }

  /** Takes note of a durable commit: letters below `trimBelow` went (-1 for none), these came. */
  committed(sizes: readonly number[], trimBelow: number): void {
    if (trimBelow > this.#firstId) {
      const gone = this.#sizes.splice(0, trimBelow - this.#firstId);
      this.#firstId = trimBelow;
      this.#bytes -= gone.reduce((sum, size) => sum + size, 0);
    }
    for (const size of sizes) {
      this.#sizes.push(size);
      this.#bytes += size;
    }
  }
}
