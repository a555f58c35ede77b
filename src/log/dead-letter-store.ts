// How many dead letters are kept and what goes when there are too many: the oldest, in one sweep,
// recorded as a loss.

import type { Database } from './database.ts';

/** The share of all that goes at once, so that a full store is not trimmed at every commit. */
const TRIM_SHARE = 0.1;

export interface DeadLetterLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** In place of the size of a letter that is no longer there. */
const GONE = -1;

export class DeadLetterStore {
  readonly #limits: DeadLetterLimits;
  /** Bytes of each letter kept, the oldest first; GONE for a number that is no longer there. */
  #sizes: number[] = [];
  #firstId = 0;
  #count = 0;
  #bytes = 0;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
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
    this.#sizes.fill(GONE);
    this.#count = ids.length;
    this.#bytes = 0;
    for (const [row, id] of ids.entries()) {
      const size = Number(sizes[row]);
      this.#sizes[Number(id) - this.#firstId] = size;
      this.#bytes += size;
    }
  }

  /** The id below which letters must go so that `count` more of `bytes` fit; -1 if they fit. */
  trimBelow(count: number, bytes: number): number {
    const countOver = this.#count + count - this.#limits.countMax;
    const bytesOver = this.#bytes + bytes - this.#limits.bytesMax;
    if (countOver <= 0 && bytesOver <= 0) return -1;
    const wanted = Math.max(countOver, Math.ceil(this.#count * TRIM_SHARE));
    let trimmed = 0;
    let freed = 0;
    let at = 0;
    for (; at < this.#sizes.length && (trimmed < wanted || freed < bytesOver); at += 1) {
      const size = this.#sizes[at] as number;
      if (size === GONE) continue;
      trimmed += 1;
      freed += size;
    }
    return this.#firstId + at;
  }

  /** How many letters there are below the id. */
  countBelow(id: number): number {
    let count = 0;
    for (let at = 0; at < id - this.#firstId; at += 1) if (this.#sizes[at] !== GONE) count += 1;
    return count;
  }

  /** Takes note of a durable commit: letters below `trimBelow` went (-1 for none), these came and went. */
  committed(sizes: readonly number[], trimBelow: number, removed: Iterable<number> = []): void {
    for (const size of sizes) {
      this.#sizes.push(size);
      this.#count += 1;
      this.#bytes += size;
    }
    for (const id of removed) this.#remove(id - this.#firstId);
    if (trimBelow <= this.#firstId) return;
    for (let at = 0; at < trimBelow - this.#firstId; at += 1) this.#remove(at);
    this.#sizes.splice(0, trimBelow - this.#firstId);
    this.#firstId = trimBelow;
  }

  #remove(at: number): void {
    const size = this.#sizes[at];
    if (size === undefined || size === GONE) return;
    this.#sizes[at] = GONE;
    this.#count -= 1;
    this.#bytes -= size;
  }
}
