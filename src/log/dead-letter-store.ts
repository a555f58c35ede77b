// Which dead letters are kept and what goes: the oldest when there are too many, in one sweep, and those
// that are too old. Whoever wants a letter to go takes it out first, so that each goes for one reason.

import type { Database } from './database.ts';

/** The share of all that goes at once, so that a full store is not trimmed at every commit. */
const TRIM_SHARE = 0.1;
/** Numbers given at one time by `olderThan`. */
const OLD_AT_ONCE_MAX = 10_000;

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
  #receivedUs: number[] = [];
  #firstId = 0;
  #count = 0;
  #bytes = 0;
  /** Taken out, and on disk still. */
  #leaving = 0;
  /** No letter was received before it. */
  #oldestUs = Number.POSITIVE_INFINITY;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** On disk: those that were taken out count until their commit is durable. */
  get storedCount(): number {
    return this.#count + this.#leaving;
  }

  get firstId(): number {
    return this.#firstId;
  }

  get nextId(): number {
    return this.#firstId + this.#sizes.length;
  }

  /**
   * Reads what is there from the database, once. An empty store goes on with number `nextId`. Gives the
   * newest time at which a letter was received; 0 for none.
   */
  async load(database: Database, nextId: number): Promise<number> {
    const found = await database.reader.runAndReadAll(
      `select id, octet_length(payload) + coalesce(octet_length(parts), 0), epoch_us(received_at)
       from dead_letters left join dead_letter_parts using (id) order by id`,
    );
    const [ids = [], sizes = [], times = []] = found.getColumns();
    this.#firstId = Number(ids[0] ?? nextId);
    this.#sizes = new Array<number>(ids.length === 0 ? 0 : Number(ids.at(-1)) + 1 - this.#firstId);
    this.#sizes.fill(GONE);
    this.#receivedUs = this.#sizes.map(() => 0);
    this.#count = ids.length;
    this.#bytes = 0;
    let newestUs = 0;
    for (const [row, id] of ids.entries()) {
      const at = Number(id) - this.#firstId;
      const size = Number(sizes[row]);
      const receivedUs = Number(times[row]);
      this.#sizes[at] = size;
      this.#receivedUs[at] = receivedUs;
      this.#bytes += size;
      this.#oldestUs = Math.min(this.#oldestUs, receivedUs);
      newestUs = Math.max(newestUs, receivedUs);
    }
    return newestUs;
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

  /** The oldest letters received before the time, by number; not all of them where they are many. */
  olderThan(timeUs: number): number[] {
    if (timeUs <= this.#oldestUs) return [];
    const old: number[] = [];
    let oldestUs = Number.POSITIVE_INFINITY;
    for (const [at, size] of this.#sizes.entries()) {
      if (size === GONE) continue;
      const receivedUs = this.#receivedUs[at] as number;
      if (receivedUs >= timeUs) oldestUs = Math.min(oldestUs, receivedUs);
      else if (old.push(this.#firstId + at) === OLD_AT_ONCE_MAX) return old;
    }
    // The old ones are still there until somebody takes them.
    if (old.length === 0) this.#oldestUs = oldestUs;
    return old;
  }

  /** How many of those that are there came within so long of the time, by clocks that may be set. */
  newCount(timeUs: number, spanUs: number): number {
    let count = 0;
    for (let at = this.#sizes.length - 1; at >= 0; at--) {
      if (this.#sizes[at] === GONE) continue;
      const ageUs = timeUs - (this.#receivedUs[at] as number);
      if (ageUs >= spanUs) break;
      if (ageUs > -spanUs) count += 1;
    }
    return count;
  }

  has(id: number): boolean {
    return (this.#sizes[id - this.#firstId] ?? GONE) !== GONE;
  }

  /** Takes letters out, ahead of the commit in which they go. Gives those that were there. */
  take(ids: Iterable<number>): number[] {
    const taken: number[] = [];
    for (const id of ids) {
      if (!this.has(id)) continue;
      const at = id - this.#firstId;
      this.#count -= 1;
      this.#bytes -= this.#sizes[at] as number;
      this.#leaving += 1;
      this.#sizes[at] = GONE;
      taken.push(id);
    }
    return taken;
  }

  /** As `take`, with all below the id; gives how many there were. */
  takeBelow(id: number): number {
    const ids = Array.from(
      { length: Math.max(0, id - this.#firstId) },
      (_, at) => this.#firstId + at,
    );
    return this.take(ids).length;
  }

  /** Takes note of a durable commit: so many that were taken went, all below `trimBelow` (-1 for none), these came. */
  committed(
    letters: readonly { readonly bytes: number; readonly receivedAtUs: number }[],
    { trimBelow, gone }: { trimBelow: number; gone: number },
  ): void {
    for (const { bytes, receivedAtUs } of letters) {
      this.#sizes.push(bytes);
      this.#receivedUs.push(receivedAtUs);
      this.#count += 1;
      this.#bytes += bytes;
      this.#oldestUs = Math.min(this.#oldestUs, receivedAtUs);
    }
    this.#leaving -= gone;
    if (trimBelow <= this.#firstId) return;
    this.#sizes.splice(0, trimBelow - this.#firstId);
    this.#receivedUs.splice(0, trimBelow - this.#firstId);
    this.#firstId = trimBelow;
  }
}
