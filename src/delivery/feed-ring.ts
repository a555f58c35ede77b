// The newest results of a feed, numbered, for followers who are a little behind. A result counts
// against the read-ahead budget until it has left the ring and nobody writes it any more.

import type { ReadAheadBudget } from './read-ahead-budget.ts';

/** Offsets [from, next) of a stream, as they go to every follower. */
export interface FeedResult {
  readonly from: number;
  readonly next: number;
  /** No reading and no gap: its one message tells how far the log was read. */
  readonly isSilent: boolean;
  readonly messages: readonly Uint8Array[];
  /** Number of readings in the messages. */
  readonly readings: number;
}

export interface RingEntry {
  readonly result: FeedResult;
  readonly bytes: number;
  /** Followers that write it, and one for the ring itself. */
  holders: number;
}

export class FeedRing {
  readonly #budget: ReadAheadBudget;
  readonly #entries: RingEntry[] = [];
  #first = 0;
  #bytes = 0;

  constructor(budget: ReadAheadBudget) {
    this.#budget = budget;
  }

  /** The oldest result's number. */
  get first(): number {
    return this.#first;
  }

  /** One past the newest result's number. */
  get end(): number {
    return this.#first + this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` are those that the budget holds for it already. */
  push(result: FeedResult, bytes: number): void {
    this.#entries.push({ result, bytes, holders: 1 });
    this.#bytes += bytes;
  }

  /** The result of that number for one more holder, who releases it; undefined when it is not here. */
  hold(number: number): RingEntry | undefined {
    const entry = this.#entries[number - this.#first];
    if (entry !== undefined) entry.holders += 1;
    return entry;
  }

  release(entry: RingEntry): void {
    entry.holders -= 1;
    if (entry.holders === 0) this.#budget.release(entry.bytes);
  }

  /** The number of the newest result that begins at the offset, or of the one to come. */
  numberOf(from: number): number {
    const index = this.#entries.findLastIndex(({ result }) => result.from === from);
    return index < 0 ? this.end : this.#first + index;
  }

  dropFirst(): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#first += 1;
    this.#bytes -= entry.bytes;
    this.release(entry);
  }
}
