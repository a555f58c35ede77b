// One subscription between a fake log and a fake client: what it holds, in which order it tells,
// and that it gives everything back.
import { beforeEach, describe, expect, test } from 'vitest';
import type { FetchRequest, FetchResult, LogReader } from '../../../src/core/contracts.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import { grpcEvents } from '../../../src/delivery/grpc/stream-events.ts';
import { liveEvents } from '../../../src/delivery/http/live/live-text.ts';
import { ReadAheadBudget } from '../../../src/delivery/read-ahead-budget.ts';
import { Subscription } from '../../../src/delivery/subscription.ts';
import { TailFeeds } from '../../../src/delivery/tail-feeds.ts';
import { SubscribeResponse } from '../../../src/generated/millpond/v1/telemetry_service.ts';

interface Held<T> {
  readonly value: T;
  resolve(result: never): void;
  reject(error: Error): void;
}

/** Calls that wait for the test, which can wait for them. */
class Calls<T, R> {
  readonly all: Held<T>[] = [];
  #waiting: (() => void)[] = [];

  add(value: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.all.push({ value, resolve: resolve as (result: never) => void, reject });
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async nth(count: number): Promise<Held<T>> {
    while (this.all.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.all[count - 1] as Held<T>;
  }
}

const nowUs = 1_700_000_000_000_000;
let fetches = new Calls<FetchRequest, FetchResult>();
let writes = new Calls<Uint8Array, void>();
let controller = new AbortController();
let budget = new ReadAheadBudget(1024 * 1024);
let delivered = 0;

beforeEach(() => {
  delivered = 0;
  fetches = new Calls();
  writes = new Calls();
  controller = new AbortController();
  budget = new ReadAheadBudget(1024 * 1024);
});

function start(until: number | null = null, from = 0, highWatermark = 1000): Promise<void> {
  const { signal } = controller;
  const log = {
    fetch: (request: FetchRequest) => fetches.add(request),
  } as unknown as LogReader;
  // The transport takes them in order, so the last one is waited for.
  const sink = {
    write: async (messages: readonly Uint8Array[]) => {
      await Promise.all(messages.map((message) => writes.add(message)));
    },
  };
  // As the log does: an abort ends the wait with what there is.
  signal.addEventListener('abort', () => {
    for (const { value, resolve } of fetches.all) resolve(nothing(value.from) as never);
    for (const { resolve } of writes.all) resolve(undefined as never);
  });
  const fetchBytesMax = 512 * 1024;
  const events = { rows: grpcEvents, arrow: grpcEvents, sse: liveEvents };
  const reading = {
    ...{ log, budget, clock: () => nowUs, progressIntervalMs: 5000, events },
    delivered: (readings: number) => {
      delivered += readings;
    },
  };
  const feeds = new TailFeeds({
    ...reading,
    fetchBytesMax: { rows: fetchBytesMax, arrow: fetchBytesMax, sse: fetchBytesMax },
  });
  return new Subscription(
    { ...reading, fetchBytesMax, feeds, sink, signal },
    {
      stream: 'readings',
      from,
      until,
      highWatermark,
      filter: null,
      format: 'rows',
      batchReadingsMax: 100,
    },
  ).run();
}

function nothing(next: number): FetchResult {
  return { messages: [], gap: null, readings: 0, next, highWatermark: next };
}

function messages(next: number, ...texts: string[]): FetchResult {
  return {
    messages: texts.map((text) => Buffer.from(text)),
    gap: null,
    readings: texts.length,
    next,
    highWatermark: next,
  };
}

async function answer(count: number, result: FetchResult): Promise<FetchRequest> {
  const fetch = await fetches.nth(count);
  fetch.resolve(result as never);
  return fetch.value;
}

async function takeWrite(count: number): Promise<Uint8Array> {
  const write = await writes.nth(count);
  write.resolve(undefined as never);
  return write.value;
}

function eventOf(message: Uint8Array): SubscribeResponse['event'] {
  return SubscribeResponse.decode(message).event;
}

/** Everything that can happen without the test has happened. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('writes what it fetched, in order, and reads on from where each fetch ended', async () => {
  const running = start(9);
  expect(await answer(1, messages(4, 'a', 'b'))).toMatchObject({
    from: 0,
    until: 9,
    waitMs: 5000,
  });
  expect(await answer(2, messages(9, 'c'))).toMatchObject({ from: 4 });
  for (const [index, expected] of ['a', 'b', 'c'].entries()) {
    expect(Buffer.from(await takeWrite(index + 1)).toString()).toBe(expected);
  }
  await running;
  expect(fetches.all).toHaveLength(2);
  expect(writes.all).toHaveLength(3);
  expect(delivered).toBe(3);
  expect(budget.heldBytes).toBe(0);
});

test('holds two fetches and no more while the client does not read', async () => {
  const running = start();
  await answer(1, { ...messages(1, 'a'), highWatermark: 9 });
  await answer(2, { ...messages(2, 'b'), highWatermark: 9 });
  await idle();
  expect(fetches.all).toHaveLength(2);
  expect(writes.all).toHaveLength(1);
  const held = fetches.all.reduce((sum, { value }) => sum + value.bytesMax, 0);
  expect(budget.heldBytes).toBe(held);
  // The client reads one message: one more fetch.
  await takeWrite(1);
  await fetches.nth(3);
  await idle();
  expect(fetches.all).toHaveLength(3);
  expect(writes.all).toHaveLength(2);
  controller.abort();
  await running;
  expect(budget.heldBytes).toBe(0);
});

test('asks for more at a time as the client keeps up', async () => {
  const running = start();
  for (let count = 1; count <= 8; count++) {
    await answer(count, messages(count, 'a'));
    await takeWrite(count);
  }
  await fetches.nth(9);
  const asked = fetches.all.map(({ value }) => value.bytesMax);
  expect(asked[0]).toBe(32 * 1024);
  expect(Math.max(...asked)).toBe(512 * 1024);
  controller.abort();
  await running;
});

test('tells of a gap before what comes after it', async () => {
  const running = start(8);
  const gap = { first: 0, next: 5, reason: 'retention' };
  await answer(1, { ...messages(8, 'batch'), gap });
  expect(eventOf(await takeWrite(1))).toEqual({
    $case: 'gap',
    value: { firstOffset: 0n, nextOffset: 5n, reason: 'retention' },
  });
  expect(Buffer.from(await takeWrite(2)).toString()).toBe('batch');
  await running;
});

describe('progress', () => {
  test('is told after a silence', async () => {
    const running = start();
    await answer(1, { ...nothing(70), highWatermark: 90 });
    expect(eventOf(await takeWrite(1))).toEqual({
      $case: 'progress',
      value: { nextOffset: 70n, highWatermark: 90n, timeUs: BigInt(nowUs) },
    });
    expect(await answer(2, nothing(70))).toMatchObject({ from: 70 });
    // Still silent: told again, so that it can be told from a dead connection.
    expect(eventOf(await takeWrite(2))).toMatchObject({ $case: 'progress' });
    controller.abort();
    await running;
  });

  test('is not told beside readings or a gap', async () => {
    const running = start(3);
    await answer(1, messages(2, 'a'));
    await takeWrite(1);
    await answer(2, { ...nothing(3), gap: { first: 2, next: 3, reason: 'x' } });
    expect(eventOf(await takeWrite(2))).toMatchObject({ $case: 'gap' });
    await running;
    expect(writes.all).toHaveLength(2);
  });

  test('ends a stop_at_end whose last rows were not wanted', async () => {
    const running = start(10);
    await answer(1, messages(4, 'a'));
    await takeWrite(1);
    await answer(2, nothing(10));
    expect(eventOf(await takeWrite(2))).toMatchObject({
      $case: 'progress',
      value: { nextOffset: 10n },
    });
    await running;
    expect(budget.heldBytes).toBe(0);
  });
});

describe('an abort gives everything back', () => {
  test('while the first fetch waits', async () => {
    const running = start();
    await fetches.nth(1);
    controller.abort();
    await running;
    expect(budget.heldBytes).toBe(0);
    expect(writes.all).toEqual([]);
  });

  test('while the client does not read and the next fetch waits', async () => {
    const running = start();
    await answer(1, messages(1, 'a', 'b'));
    await fetches.nth(2);
    await writes.nth(2);
    controller.abort();
    await running;
    expect(budget.heldBytes).toBe(0);
    expect(fetches.all).toHaveLength(2);
  });

  test('while the client does not read and the next fetch failed', async () => {
    const running = start();
    await answer(1, messages(1, 'a'));
    (await fetches.nth(2)).reject(new MillpondError('LOG_STOPPING', 'over'));
    await writes.nth(1);
    controller.abort();
    await running;
    expect(budget.heldBytes).toBe(0);
  });
});

describe('a failure of the log', () => {
  test('ends it, and gives everything back', async () => {
    const running = start();
    (await fetches.nth(1)).reject(new MillpondError('LOG_STOPPING', 'over'));
    await expect(running).rejects.toMatchObject({ code: 'LOG_STOPPING' });
    expect(budget.heldBytes).toBe(0);
  });

  test('ends it after what was fetched before is written', async () => {
    const running = start();
    const failed = expect(running).rejects.toMatchObject({ code: 'INTERNAL' });
    await answer(1, messages(1, 'a'));
    (await fetches.nth(2)).reject(new MillpondError('INTERNAL', 'a fault'));
    await idle();
    expect(Buffer.from(await takeWrite(1)).toString()).toBe('a');
    await failed;
    expect(budget.heldBytes).toBe(0);
  });
});

test('a client that cannot be written to ends it, and everything is given back', async () => {
  const running = start();
  await answer(1, messages(1, 'a'));
  await answer(2, messages(2, 'b'));
  (await writes.nth(1)).reject(new Error('gone'));
  await expect(running).rejects.toThrow('gone');
  await idle();
  expect(budget.heldBytes).toBe(0);
});
