// One subscription, over gRPC or HTTP: encoded messages written as fast as the client reads and no faster. Behind the
// end of the stream it fetches for itself: while one fetch is written the next is under way, and
// nothing more is held, so a client that stops reading costs the bytes of two fetches and slows
// nobody. At the end it takes a place in the feed that all followers there share.

import type { DeliveryFormat, FetchResult, LogReader, ReadingFilter } from '../core/contracts.ts';
import { FETCH_BYTES_MIN, type ReadAheadBudget } from './read-ahead-budget.ts';
import { type EventWriters, isSilent, messagesOf } from './stream-events.ts';
import type { FeedPlace } from './tail-feed.ts';
import type { TailFeeds } from './tail-feeds.ts';

/** Where messages go. `write` resolves when the client's flow control let the bytes out. */
export interface MessageSink {
  write(messages: readonly Uint8Array[]): Promise<void>;
}

export interface SubscriptionParts {
  readonly log: Pick<LogReader, 'fetch'>;
  readonly feeds: Pick<TailFeeds, 'join'>;
  readonly sink: MessageSink;
  readonly budget: ReadAheadBudget;
  readonly signal: AbortSignal;
  readonly progressIntervalMs: number;
  readonly fetchBytesMax: number;
  readonly events: EventWriters;
  /** So many readings went out. */
  readonly delivered: (readings: number) => void;
  /** Microseconds since the Unix epoch. */
  readonly clock: () => number;
}

export interface SubscriptionRange {
  readonly stream: string;
  readonly from: number;
  /** Null to follow. */
  readonly until: number | null;
  /** Where the stream ended when the subscription began. */
  readonly highWatermark: number;
  readonly filter: ReadingFilter | null;
  readonly format: DeliveryFormat;
  readonly batchReadingsMax: number;
}

/** Written within this time, the next fetch may be twice as large; slower, half. */
const BRISK_MS = 50;

interface Fetched {
  readonly result: FetchResult;
  readonly grantedBytes: number;
}

export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #range: SubscriptionRange;
  #wantedBytes = FETCH_BYTES_MIN;
  /** Everything before it is delivered or gone. */
  #next: number;
  #place: FeedPlace | null = null;

  constructor(parts: SubscriptionParts, range: SubscriptionRange) {
    this.#parts = parts;
    this.#range = range;
    this.#next = range.from;
  }

  /** Resolves when the range is delivered or the signal aborts. Throws what the log throws. */
  async run(): Promise<void> {
    const { signal } = this.#parts;
    const { until, highWatermark } = this.#range;
    const leave = (): void => this.#place?.leave();
    signal.addEventListener('abort', leave);
    try {
      if (this.#next >= highWatermark) this.#joinFeed(this.#next);
      while (!signal.aborted) {
        if (this.#place === null) await this.#read(until);
        if (this.#place === null) return;
        await this.#follow(this.#place);
        this.#place = null;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  /** Follows the feed until the place in it is lost or left. */
  async #follow(place: FeedPlace): Promise<void> {
    try {
      for (;;) {
        const result = await place.take();
        if (result === null || this.#parts.signal.aborted) return;
        if (result.from > this.#next) await this.#read(result.from);
        if (result.from === this.#next || (result.isSilent && result.next >= this.#next)) {
          await this.#parts.sink.write(result.messages);
          if (!this.#parts.signal.aborted) this.#parts.delivered(result.readings);
          this.#next = result.next;
        } else if (result.next > this.#next) {
          // Its messages cannot be cut: what is new in them is fetched.
          await this.#read(result.next);
        }
      }
    } finally {
      place.leave();
    }
  }

  /** Reads on to `until`; without one to the end of the stream, where it takes a place in the feed. */
  async #read(until: number | null): Promise<void> {
    const { signal, budget } = this.#parts;
    let ahead: Promise<Fetched> | null = this.#fetch(this.#next, until);
    try {
      while (ahead !== null) {
        const fetched: Fetched = await ahead;
        const { result, grantedBytes } = fetched;
        const isOver = signal.aborted || (until !== null && result.next >= until);
        const isAtTail = until === null && result.next >= result.highWatermark;
        if (!isOver && isAtTail) this.#joinFeed(result.next);
        ahead = isOver || isAtTail ? null : this.#fetch(result.next, until);
        // It is awaited in the next round; until then its failure is nobody's to report.
        ahead?.catch(() => undefined);
        try {
          if (signal.aborted) return;
          await this.#deliver(result, isOver);
        } finally {
          budget.release(grantedBytes);
        }
        if (signal.aborted) return;
      }
    } finally {
      const abandoned = await ahead?.catch(() => null);
      if (abandoned) budget.release(abandoned.grantedBytes);
    }
  }

  #joinFeed(from: number): void {
    const { until, stream, filter, format, batchReadingsMax } = this.#range;
    if (until !== null || this.#parts.signal.aborted) return;
    this.#place = this.#parts.feeds.join({ stream, filter, format, batchReadingsMax }, from);
  }

  async #deliver(result: FetchResult, isLast: boolean): Promise<void> {
    const startedMs = performance.now();
    const { sink, clock, events, delivered, signal } = this.#parts;
    const { stream, format } = this.#range;
    if (!isSilent(result) || !isLast || result.next > this.#next) {
      await sink.write(messagesOf(result, events[format], { stream, nowUs: clock() }));
      if (!signal.aborted) delivered(result.readings);
    }
    this.#next = result.next;
    this.#adapt(performance.now() - startedMs);
  }

  async #fetch(from: number, until: number | null): Promise<Fetched> {
    const { log, budget, signal, progressIntervalMs } = this.#parts;
    const { stream, filter, format, batchReadingsMax } = this.#range;
    const grantedBytes = budget.take(this.#wantedBytes);
    try {
      const result = await log.fetch(
        {
          ...{ stream, filter, format, batchReadingsMax, from, until },
          bytesMax: grantedBytes,
          waitMs: progressIntervalMs,
        },
        signal,
      );
      return { result, grantedBytes };
    } catch (error) {
      budget.release(grantedBytes);
      throw error;
    }
  }

  #adapt(writingMs: number): void {
    const { fetchBytesMax } = this.#parts;
    const next = writingMs < BRISK_MS ? this.#wantedBytes * 2 : this.#wantedBytes / 2;
    this.#wantedBytes = Math.max(FETCH_BYTES_MIN, Math.min(next, fetchBytesMax));
  }
}
