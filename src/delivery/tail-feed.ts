// What followers at the end of a stream have in common: one fetch after the other, whose encoded
// messages go to each of them. The newest results are kept for those who are a little behind; who
// falls off them loses its place and reads on by itself. The feed is one result ahead of its fastest
// follower and no more, so it waits when nobody reads, as a single reader does.

import type { FetchRequest, LogReader } from '../core/contracts.ts';
import { type FeedResult, FeedRing, type RingEntry } from './feed-ring.ts';
import { FETCH_BYTES_MIN, type ReadAheadBudget } from './read-ahead-budget.ts';
import { type EventWriters, isSilent, messagesOf } from './stream-events.ts';

/** What a feed is of: followers with the same share it. */
export type FeedSubject = Omit<FetchRequest, 'from' | 'until' | 'bytesMax' | 'waitMs'>;

export interface FeedParts {
  readonly log: Pick<LogReader, 'fetch'>;
  readonly budget: ReadAheadBudget;
  readonly progressIntervalMs: number;
  readonly fetchBytesMax: number;
  readonly events: EventWriters;
  /** Microseconds since the Unix epoch. */
  readonly clock: () => number;
  /** How long readings are gathered from one result to the next. */
  readonly gatherMs: () => number;
  /** A follower came or went; with `isEmpty` it was the last one, and the feed is over. */
  readonly changed: (by: 1 | -1, isEmpty: boolean) => void;
}

/** A follower's place in a feed. */
export interface FeedPlace {
  /**
   * The result after the last one taken, when there is one; it is held until the next `take` or
   * `leave`. Null when the place is lost or left. Rejects as the log's fetch.
   */
  take(): Promise<FeedResult | null>;
  leave(): void;
}

/** Behind the end of the stream for so long, a feed is left to those who are as slow as it is. */
const STALE_MS = 1000;
/** Taken within this time, the next fetch may be twice as large; later, half. */
const BRISK_MS = 50;
/** So many followers are written to before the other sockets get a turn. */
const TURN_FOLLOWERS = 64;

export class TailFeed {
  readonly #parts: FeedParts;
  readonly #subject: FeedSubject;
  readonly #ring: FeedRing;
  readonly #places = new Set<Place>();
  readonly #controller = new AbortController();
  #next: number;
  #wantedBytes = FETCH_BYTES_MIN;
  #behindSinceMs: number | null = null;
  #failure: unknown = null;
  #isRunning = false;
  /** Ends the wait for somebody who is ready for the next result. */
  #goOn: () => void = () => undefined;

  /** `from`: the end of the stream. Reads nothing before somebody joins. */
  constructor(parts: FeedParts, subject: FeedSubject, from: number) {
    this.#parts = parts;
    this.#subject = subject;
    this.#next = from;
    this.#ring = new FeedRing(parts.budget);
  }

  /** Whether a follower at the end of the stream should rather have a new feed. */
  get isStale(): boolean {
    if (this.#failure !== null) return true;
    return this.#behindSinceMs !== null && performance.now() - this.#behindSinceMs > STALE_MS;
  }

  /**
   * A place for who wants [from, ...) next. What it takes first may begin before `from` or behind
   * it: what lies between is then the follower's own to fetch.
   */
  join(from: number): FeedPlace {
    const number = from === this.#next ? this.#ring.end : this.#ring.numberOf(from);
    const place = new Place(this, number);
    this.#places.add(place);
    this.#parts.changed(1, false);
    if (!this.#isRunning) {
      this.#isRunning = true;
      void this.#run();
    }
    return place;
  }

  /** No more results: who has taken those that are there loses its place. */
  retire(): void {
    this.#controller.abort();
    this.#goOn();
    for (const place of this.#places) place.wake();
  }

  /** For places. Null when it has gone or will not come; undefined when it may come. */
  hold(number: number): RingEntry | null | undefined {
    const { first, end } = this.#ring;
    // The newest result is taken, or somebody who came later waits for the one behind it.
    if (number >= end - 1) this.#goOn();
    if (number < first) return null;
    if (number < end) return this.#ring.hold(number);
    if (this.#failure !== null) throw this.#failure;
    return this.#controller.signal.aborted ? null : undefined;
  }

  /** For places. */
  release(entry: RingEntry): void {
    this.#ring.release(entry);
  }

  /** For places. */
  leave(place: Place): void {
    if (!this.#places.delete(place)) return;
    const isEmpty = this.#places.size === 0;
    if (isEmpty) {
      this.#controller.abort();
      this.#goOn();
      while (this.#ring.first < this.#ring.end) this.#ring.dropFirst();
    }
    this.#parts.changed(-1, isEmpty);
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    try {
      while (!signal.aborted) {
        await this.#fetch();
        if (signal.aborted) return;
        const fetchedMs = performance.now();
        await this.#handOut();
        const restMs = this.#parts.gatherMs() - (performance.now() - fetchedMs);
        if (restMs >= 1) await new Promise((resolve) => setTimeout(resolve, restMs));
      }
    } catch (thrown) {
      this.#failure = thrown;
      for (const place of this.#places) place.wake();
    }
  }

  async #fetch(): Promise<void> {
    const { log, budget, progressIntervalMs, clock, events } = this.#parts;
    const { stream, format } = this.#subject;
    const { signal } = this.#controller;
    const from = this.#next;
    const grantedBytes = budget.take(this.#wantedBytes);
    let bytes = 0;
    try {
      const result = await log.fetch(
        { ...this.#subject, from, until: null, bytesMax: grantedBytes, waitMs: progressIntervalMs },
        signal,
      );
      if (signal.aborted) return;
      bytes = result.messages[0]?.buffer.byteLength ?? 0;
      const { next, readings } = result;
      const messages = messagesOf(result, events[format], { stream, nowUs: clock() });
      this.#ring.push({ from, next, isSilent: isSilent(result), messages, readings }, bytes);
      this.#next = next;
      this.#noteBehind(next < result.highWatermark);
    } finally {
      budget.release(grantedBytes - bytes);
    }
    this.#makeRoom();
  }

  /** Wakes those who wait for the newest result; resolves once somebody is ready for the next. */
  async #handOut(): Promise<void> {
    const waiting = [...this.#places].filter((place) => place.isWaiting);
    for (const [index, place] of waiting.entries()) {
      if (index > 0 && index % TURN_FOLLOWERS === 0) await new Promise(setImmediate);
      place.wake();
    }
    const fetchedMs = performance.now();
    if (waiting.length === 0) {
      const wasBehindSinceMs = this.#behindSinceMs;
      this.#noteBehind(true);
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
      this.#behindSinceMs = wasBehindSinceMs;
    }
    const isBrisk = performance.now() - fetchedMs < BRISK_MS;
    const wantedBytes = isBrisk ? this.#wantedBytes * 2 : this.#wantedBytes / 2;
    const { fetchBytesMax } = this.#parts;
    this.#wantedBytes = Math.max(FETCH_BYTES_MIN, Math.min(wantedBytes, fetchBytesMax));
  }

  #noteBehind(isBehind: boolean): void {
    if (isBehind) this.#behindSinceMs ??= performance.now();
    else this.#behindSinceMs = null;
  }

  // What nobody waits for is kept a little too: a follower that comes finds where to begin.
  #makeRoom(): void {
    const { budget, fetchBytesMax } = this.#parts;
    const bytesMax = budget.isUsedUp ? FETCH_BYTES_MIN : fetchBytesMax;
    let wanted = this.#ring.end;
    for (const { number } of this.#places) wanted = Math.min(wanted, number);
    while (this.#ring.end - this.#ring.first > 1) {
      const isWanted = wanted <= this.#ring.first;
      if (this.#ring.bytes <= (isWanted ? bytesMax : FETCH_BYTES_MIN)) break;
      this.#ring.dropFirst();
    }
    for (const place of this.#places) {
      if (place.number < this.#ring.first) this.leave(place);
    }
  }
}

class Place implements FeedPlace {
  readonly #feed: TailFeed;
  #held: RingEntry | null = null;
  #isLeft = false;
  #resolve: (() => void) | null = null;
  #number: number;

  constructor(feed: TailFeed, number: number) {
    this.#feed = feed;
    this.#number = number;
  }

  /** Of the result that it takes next. */
  get number(): number {
    return this.#number;
  }

  get isWaiting(): boolean {
    return this.#resolve !== null;
  }

  async take(): Promise<FeedResult | null> {
    this.#release();
    while (!this.#isLeft) {
      const entry = this.#feed.hold(this.#number);
      if (entry === null) return null;
      if (entry !== undefined) {
        this.#held = entry;
        this.#number += 1;
        return entry.result;
      }
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    return null;
  }

  wake(): void {
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.();
  }

  leave(): void {
    this.#isLeft = true;
    this.#release();
    this.#feed.leave(this);
    this.wake();
  }

  #release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#feed.release(held);
  }
}
