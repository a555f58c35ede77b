// One Subscribe call: fetches encoded messages from the log and writes them as fast as the client
// reads and no faster. While one fetch is written the next is under way; nothing more is held, so
// a client that stops reading costs the bytes of two fetches and slows nobody.

import type { FetchResult, LogReader, ReadingFilter } from '../../core/contracts.ts';
import { SubscribeResponse } from '../../generated/millpond/v1/telemetry_service.ts';
import { FETCH_BYTES_MIN, type ReadAheadBudget } from './read-ahead-budget.ts';

/** Where messages go. `write` resolves when the client's flow control let the bytes out. */
export interface MessageSink {
  write(message: Uint8Array): Promise<void>;
}

export interface SubscriptionParts {
  readonly log: LogReader;
  readonly sink: MessageSink;
  readonly budget: ReadAheadBudget;
  readonly signal: AbortSignal;
  readonly progressIntervalMs: number;
  readonly fetchBytesMax: number;
  /** Microseconds since the Unix epoch. */
  readonly clock: () => number;
}

export interface SubscriptionRange {
  readonly stream: string;
  readonly from: number;
  /** Null to follow. */
  readonly until: number | null;
  readonly filter: ReadingFilter | null;
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

  constructor(parts: SubscriptionParts, range: SubscriptionRange) {
    this.#parts = parts;
    this.#range = range;
  }

  /** Resolves when the range is delivered or the signal aborts. Throws what the log throws. */
  async run(): Promise<void> {
    const { signal } = this.#parts;
    const { until } = this.#range;
    let toldNext = this.#range.from;
    let ahead: Promise<Fetched> | null = this.#fetch(this.#range.from);
    try {
      while (ahead !== null) {
        const fetched: Fetched = await ahead;
        const { result, grantedBytes } = fetched;
        const isLast = signal.aborted || (until !== null && result.next >= until);
        ahead = isLast ? null : this.#fetch(result.next);
        // It is awaited in the next round; until then its failure is nobody's to report.
        ahead?.catch(() => undefined);
        try {
          if (signal.aborted) return;
          if (await this.#deliver(result, toldNext, isLast)) toldNext = result.next;
        } finally {
          this.#parts.budget.release(grantedBytes);
        }
        if (signal.aborted) return;
      }
    } finally {
      const abandoned = await ahead?.catch(() => null);
      if (abandoned) this.#parts.budget.release(abandoned.grantedBytes);
    }
  }

  /** Whether the client was told of `result.next`. */
  async #deliver(result: FetchResult, toldNext: number, isLast: boolean): Promise<boolean> {
    const startedMs = performance.now();
    const { sink } = this.#parts;
    if (result.gap !== null) await sink.write(encodeGap(result.gap));
    // Not one after the other: the transport is kept filled while it drains.
    await Promise.all(result.messages.map((message) => sink.write(message)));
    const isSilent = result.messages.length === 0 && result.gap === null;
    if (isSilent && (!isLast || result.next > toldNext)) {
      await sink.write(encodeProgress(result, this.#parts.clock()));
    }
    this.#adapt(performance.now() - startedMs);
    return true;
  }

  async #fetch(from: number): Promise<Fetched> {
    const { log, budget, signal, progressIntervalMs } = this.#parts;
    const grantedBytes = budget.take(this.#wantedBytes);
    try {
      const result = await log.fetch(
        { ...this.#range, from, bytesMax: grantedBytes, waitMs: progressIntervalMs },
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

function encodeGap(gap: { first: number; next: number; reason: string }): Uint8Array {
  return SubscribeResponse.encode({
    event: {
      $case: 'gap',
      value: { firstOffset: BigInt(gap.first), nextOffset: BigInt(gap.next), reason: gap.reason },
    },
  }).finish();
}

function encodeProgress(result: FetchResult, nowUs: number): Uint8Array {
  return SubscribeResponse.encode({
    event: {
      $case: 'progress',
      value: {
        nextOffset: BigInt(result.next),
        highWatermark: BigInt(result.highWatermark),
        timeUs: BigInt(nowUs),
      },
    },
  }).finish();
}
