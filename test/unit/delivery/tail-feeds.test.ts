// Followers that share a feed: whatever they do, each gets every reading once and in order, and
// those at the end of the stream cost one fetch.
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FetchRequest, FetchResult, ReadingFilter } from '../../../src/core/contracts.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import { grpcEvents } from '../../../src/delivery/grpc/stream-events.ts';
import { liveEvents } from '../../../src/delivery/http/live/live-text.ts';
import { FETCH_BYTES_MIN, ReadAheadBudget } from '../../../src/delivery/read-ahead-budget.ts';
import { Subscription } from '../../../src/delivery/subscription.ts';
import { TailFeeds } from '../../../src/delivery/tail-feeds.ts';
import { SubscribeResponse } from '../../../src/generated/millpond/v1/telemetry_service.ts';

/** Four readings fill the smallest fetch. */
const READING_BYTES = FETCH_BYTES_MIN / 4;
const FETCH_BYTES_MAX = 8 * FETCH_BYTES_MIN;
const BATCH_READINGS_MAX = 3;
/** A filter of this test's log: every third reading. */
const thirds: ReadingFilter = { devices: ['third'], metrics: [] };

function wants(filter: ReadingFilter | null, offset: number): boolean {
  return filter === null || offset % 3 === 0;
}

/** A stream of numbered readings, asked for as the log is. */
class CountingLog {
  low = 0;
  high = 0;
  fetches = 0;
  failure: MillpondError | null = null;
  readonly #waiting = new Set<() => void>();

  publish(count: number): void {
    this.high += count;
    this.#wake();
  }

  /** The readings below it are dropped. */
  expire(low: number): void {
    this.low = Math.min(low, this.high);
    this.#wake();
  }

  fail(): void {
    this.failure = new MillpondError('LOG_STOPPING', 'over');
    this.#wake();
  }

  /** The time to wait is over for everybody who waits. */
  silence(): void {
    this.#wake(true);
  }

  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchResult> {
    this.fetches += 1;
    const { filter, until, bytesMax } = request;
    let { from } = request;
    for (let isLate = false; ; ) {
      await Promise.resolve();
      if (this.failure !== null) throw this.failure;
      const end = Math.min(until ?? this.high, this.high);
      const isOver = until !== null && from >= until;
      if (isOver || (from >= end && (isLate || signal.aborted)))
        return this.#result(from, from, filter);
      if (from < this.low) return this.#result(from, from, filter);
      const next = Math.min(end, from + Math.max(1, Math.floor(bytesMax / READING_BYTES)));
      const result = this.#result(from, next, filter);
      if (result.messages.length > 0) return result;
      from = next;
      if (from < end) continue;
      isLate = await this.#change(signal);
    }
  }

  #result(from: number, next: number, filter: ReadingFilter | null): FetchResult {
    const gone = from < this.low ? { first: from, next: this.low, reason: 'retention' } : null;
    const wanted = [];
    for (let offset = from; offset < next; offset++) {
      if (wants(filter, offset)) wanted.push(offset);
    }
    const messages: Uint8Array[] = [];
    for (let at = 0; gone === null && at < wanted.length; at += BATCH_READINGS_MAX) {
      messages.push(batchOf(wanted.slice(at, at + BATCH_READINGS_MAX), wanted.length));
    }
    const readings = messages.length === 0 ? 0 : wanted.length;
    return { messages, readings, gap: gone, next: gone?.next ?? next, highWatermark: this.high };
  }

  #change(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve(this.#isSilent);
      };
      this.#waiting.add(end);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  }

  #isSilent = false;

  #wake(isSilent = false): void {
    this.#isSilent = isSilent;
    for (const end of [...this.#waiting]) end();
    this.#isSilent = false;
  }
}

function batchOf(offsets: readonly number[], readings: number): Uint8Array {
  const message = SubscribeResponse.encode(
    SubscribeResponse.fromPartial({
      event: {
        $case: 'batch',
        value: { readings: offsets.map((offset) => ({ offset: BigInt(offset) })) },
      },
    }),
  ).finish();
  const buffer = Buffer.from(new ArrayBuffer(readings * READING_BYTES));
  buffer.set(message);
  return buffer.subarray(0, message.length);
}

/** Notes what it is told, and fails when that is not what must come next. */
class Client {
  readonly controller = new AbortController();
  readonly running: Promise<void>;
  readonly writes: (readonly Uint8Array[])[] = [];
  next: number;
  progress = 0;
  gaps = 0;
  isStalled = false;
  readonly #filter: ReadingFilter | null;
  #resume: (() => void) | null = null;

  constructor(rig: Rig, from: number, filter: ReadingFilter | null = null) {
    this.next = from;
    this.#filter = filter;
    const { signal } = this.controller;
    signal.addEventListener('abort', () => this.resume());
    this.running = new Subscription(
      {
        ...rig.parts,
        feeds: rig.feeds,
        sink: { write: (messages) => this.#write(messages) },
        signal,
      },
      {
        stream: 'readings',
        from,
        until: null,
        highWatermark: rig.log.high,
        filter,
        format: 'rows',
        batchReadingsMax: BATCH_READINGS_MAX,
      },
    ).run();
  }

  resume(): void {
    this.isStalled = false;
    this.#resume?.();
  }

  async leave(): Promise<void> {
    this.controller.abort();
    await this.running;
  }

  async #write(messages: readonly Uint8Array[]): Promise<void> {
    this.writes.push(messages);
    for (const message of messages) this.#take(SubscribeResponse.decode(message));
    if (!this.isStalled) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  #take({ event }: SubscribeResponse): void {
    switch (event?.$case) {
      case 'batch':
        for (const { offset } of event.value.readings) {
          while (!wants(this.#filter, this.next)) this.next += 1;
          expect(Number(offset)).toBe(this.next);
          this.next += 1;
        }
        break;
      case 'gap':
        // Readings that were not wanted may lie before it.
        for (; this.next < event.value.firstOffset; this.next++) {
          expect(wants(this.#filter, this.next)).toBe(false);
        }
        expect(Number(event.value.firstOffset)).toBeLessThanOrEqual(this.next);
        this.next = Math.max(this.next, Number(event.value.nextOffset));
        this.gaps += 1;
        break;
      case 'progress':
        for (; this.next < event.value.nextOffset; this.next++) {
          expect(wants(this.#filter, this.next)).toBe(false);
        }
        this.progress += 1;
        break;
    }
  }
}

class Rig {
  delivered = 0;
  readonly log = new CountingLog();
  readonly budget = new ReadAheadBudget(FETCH_BYTES_MAX * 4);
  readonly parts = {
    log: this.log,
    budget: this.budget,
    clock: () => 0,
    progressIntervalMs: 5000,
    fetchBytesMax: FETCH_BYTES_MAX,
    events: { rows: grpcEvents, arrow: grpcEvents, sse: liveEvents },
    delivered: (readings: number) => {
      this.delivered += readings;
    },
  };
  readonly feeds = new TailFeeds({
    ...this.parts,
    fetchBytesMax: { rows: FETCH_BYTES_MAX, arrow: FETCH_BYTES_MAX, sse: FETCH_BYTES_MAX },
  });
  readonly clients: Client[] = [];

  join(from: number, filter: ReadingFilter | null = null): Client {
    const client = new Client(this, from, filter);
    this.clients.push(client);
    return client;
  }

  /** Everything was given back. */
  async end(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.leave()));
    await idle();
    expect(this.budget.heldBytes).toBe(0);
    expect(this.feeds.count).toBe(0);
    expect(this.feeds.followers).toBe(0);
  }
}

/** Everything that can happen without the test has happened. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(() => {
  vi.useRealTimers();
});

test('followers at the end of a stream cost one fetch, and are given the same bytes', async () => {
  const rig = new Rig();
  const clients = Array.from({ length: 8 }, () => rig.join(0));
  await idle();
  expect(rig.feeds).toMatchObject({ count: 1, followers: 8 });
  expect(rig.log.fetches).toBe(1);
  for (let round = 1; round <= 5; round++) {
    rig.log.publish(2);
    await idle();
    expect(clients.map(({ next }) => next)).toEqual(clients.map(() => 2 * round));
    expect(rig.log.fetches).toBe(1 + round);
    expect(rig.delivered).toBe(8 * 2 * round);
  }
  const [first, ...others] = clients.map(({ writes }) => writes);
  for (const writes of others) {
    for (const [index, messages] of writes.entries()) expect(messages).toBe(first?.[index]);
  }
  await rig.end();
});

test('who comes later shares it from the end of what was there', async () => {
  const rig = new Rig();
  rig.log.publish(100);
  rig.join(100);
  const late = [0, 50, 99].map((from) => rig.join(from));
  await idle();
  expect(late.map(({ next }) => next)).toEqual([100, 100, 100]);
  expect(rig.feeds).toMatchObject({ count: 1, followers: 4 });
  await rig.end();
});

test('another filter is another feed', async () => {
  const rig = new Rig();
  const all = rig.join(0);
  const some = rig.join(0, thirds);
  rig.log.publish(9);
  await idle();
  expect(rig.feeds.count).toBe(2);
  expect([all.next, some.next]).toEqual([9, 7]);
  rig.log.silence();
  await idle();
  expect([all.progress, some.progress]).toEqual([1, 1]);
  expect(some.next).toBe(9);
  await rig.end();
});

test('a follower that comes while nothing matches is told of progress and of the next match', async () => {
  const rig = new Rig();
  const first = rig.join(0, thirds);
  rig.log.publish(1);
  await idle();
  rig.log.publish(1);
  await idle();
  // The feed waits at 1, the end of the stream is 2.
  const second = rig.join(2, thirds);
  const fetches = rig.log.fetches;
  rig.log.silence();
  await idle();
  expect([first.progress, second.progress]).toEqual([1, 1]);
  rig.log.publish(1);
  await idle();
  const third = rig.join(3, thirds);
  rig.log.publish(1);
  await idle();
  expect([first.next, second.next, third.next]).toEqual([4, 4, 4]);
  // Three rounds of the feed, and the third follower's own look at what it could not share.
  expect(rig.log.fetches).toBe(fetches + 3);
  await rig.end();
});

test('a stalled follower holds nobody up, loses its place, and then gets everything', async () => {
  const rig = new Rig();
  const slow = rig.join(0);
  const brisk = rig.join(0);
  slow.isStalled = true;
  for (let round = 1; round <= 50; round++) {
    rig.log.publish(4);
    await idle();
    expect(brisk.next).toBe(4 * round);
  }
  expect(slow.next).toBe(4);
  expect(rig.feeds.followers).toBe(1);
  expect(rig.budget.heldBytes).toBeLessThan(3 * FETCH_BYTES_MAX);
  slow.resume();
  await idle();
  await idle();
  expect(slow.next).toBe(200);
  expect(rig.feeds.followers).toBe(2);
  await rig.end();
});

test('nothing is fetched for followers of whom none reads, but one result ahead', async () => {
  const rig = new Rig();
  const clients = [rig.join(0), rig.join(0)];
  for (const client of clients) client.isStalled = true;
  for (let round = 0; round < 5; round++) {
    rig.log.publish(4);
    await idle();
  }
  expect(rig.log.fetches).toBe(2);
  for (const client of clients) client.resume();
  await idle();
  expect(clients.map(({ next }) => next)).toEqual([20, 20]);
  await rig.end();
});

test('a follower at the end does not wait for a feed that others hold back', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const rig = new Rig();
  const slow = rig.join(0);
  slow.isStalled = true;
  for (let round = 0; round < 5; round++) {
    rig.log.publish(100);
    await idle();
  }
  vi.advanceTimersByTime(2000);
  const fetches = rig.log.fetches;
  const brisk = rig.join(500);
  rig.log.publish(4);
  await idle();
  expect(brisk.next).toBe(504);
  expect(rig.log.fetches).toBe(fetches + 2);
  slow.resume();
  await idle();
  await idle();
  expect(slow.next).toBe(504);
  expect(rig.feeds).toMatchObject({ count: 1, followers: 2 });
  await rig.end();
});

test('a gap is told to each of them', async () => {
  const rig = new Rig();
  const clients = [rig.join(0), rig.join(0), rig.join(0)];
  for (const client of clients) client.isStalled = true;
  rig.log.publish(4);
  await idle();
  rig.log.publish(50);
  await idle();
  rig.log.publish(100);
  rig.log.expire(154);
  for (const client of clients) client.resume();
  rig.log.publish(1);
  await idle();
  expect(clients.map(({ next, gaps }) => [next, gaps])).toEqual(clients.map(() => [155, 1]));
  await rig.end();
});

test('readings are gathered the longer the more followers there are, and none waits for a first', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  const rig = new Rig();
  const clients = Array.from({ length: 200 }, () => rig.join(0));
  await idle();
  rig.log.publish(1);
  await idle();
  expect(clients.every(({ next }) => next === 1)).toBe(true);
  rig.log.publish(1);
  await idle();
  expect(clients.every(({ next }) => next === 1)).toBe(true);
  rig.log.publish(1);
  await vi.advanceTimersByTimeAsync(20);
  await idle();
  expect(clients.every(({ next }) => next === 3)).toBe(true);
  expect(rig.log.fetches).toBe(2);
  vi.useRealTimers();
  await rig.end();
});

describe('a failure of the log', () => {
  test('ends every follower, after what came before it', async () => {
    const rig = new Rig();
    const clients = [rig.join(0), rig.join(0)];
    const endings = Promise.allSettled(clients.map(({ running }) => running));
    const [slow] = clients;
    if (slow !== undefined) slow.isStalled = true;
    rig.log.publish(3);
    await idle();
    rig.log.publish(3);
    await idle();
    rig.log.fail();
    await idle();
    slow?.resume();
    for (const ending of await endings) {
      expect(ending).toMatchObject({ status: 'rejected', reason: { code: 'LOG_STOPPING' } });
    }
    expect(clients.map(({ next }) => next)).toEqual([6, 6]);
    expect(rig.budget.heldBytes).toBe(0);
    expect(rig.feeds).toMatchObject({ count: 0, followers: 0 });
  });
});

type Step =
  | { readonly kind: 'publish'; readonly count: number }
  | { readonly kind: 'join'; readonly share: number; readonly isFiltered: boolean }
  | { readonly kind: 'stall' | 'resume' | 'leave'; readonly index: number }
  | { readonly kind: 'expire'; readonly share: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'turn'; readonly count: number };

const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
const index = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turn' as const), count: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('join' as const), share, isFiltered: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('stall' as const, 'resume' as const), index }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), share }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('silence' as const) }) },
);

async function take(rig: Rig, present: Set<Client>, step: Step): Promise<void> {
  switch (step.kind) {
    case 'publish':
      return rig.log.publish(step.count);
    case 'expire':
      return rig.log.expire(rig.log.low + Math.floor(step.share * (rig.log.high - rig.log.low)));
    case 'silence':
      return rig.log.silence();
    case 'turn':
      for (let turn = 0; turn < step.count; turn++) await new Promise(setImmediate);
      return;
    case 'join': {
      if (rig.clients.length >= 10) return;
      const from = Math.round(step.share * rig.log.high);
      present.add(rig.join(from, step.isFiltered ? thirds : null));
      return;
    }
  }
  const client = rig.clients[step.index];
  if (client === undefined) return;
  if (step.kind === 'stall') client.isStalled = true;
  if (step.kind === 'resume') client.resume();
  if (step.kind === 'leave') {
    present.delete(client);
    await client.leave();
  }
}

test('whatever followers do, each gets each reading once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
      async (steps) => {
        const rig = new Rig();
        const present = new Set<Client>();
        // A write that fails a check rejects its subscription.
        for (const step of steps) await take(rig, present, step);
        for (const client of present) client.resume();
        await idle();
        rig.log.publish(3);
        for (let round = 0; round < 100; round++) {
          if ([...present].every(({ next }) => next >= rig.log.high - 2)) break;
          await idle();
        }
        rig.log.silence();
        await idle();
        for (const { next } of present) expect(next).toBeGreaterThanOrEqual(rig.log.high - 2);
        await rig.end();
      },
    ),
    { numRuns: 60 },
  );
});
