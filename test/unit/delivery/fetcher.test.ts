// One fetch over a fake stream: when it waits, what ends it, how much it looks at.
import { beforeEach, describe, expect, test } from 'vitest';
import type { EncodedFetch, FetchRequest } from '../../../src/core/contracts.ts';
import type { SeriesKey } from '../../../src/core/reading.ts';
import { Fetcher, type RowSource } from '../../../src/delivery/fetcher.ts';
import { ArrowEncoder } from '../../../src/delivery/grpc/arrow/arrow-encoder.ts';
import { BatchEncoder } from '../../../src/delivery/grpc/batch-encoder.ts';
import { LiveEncoder } from '../../../src/delivery/http/live/live-encoder.ts';
import { SubscribeResponse } from '../../../src/generated/millpond/v1/telemetry_service.ts';
import { columnsOf, plainRows, type Row } from '../../support/reading-rows.ts';

interface Wait {
  readonly offset: number;
  readonly ms: number;
  end(): void;
}

/** Rows in an array; every wait is held until the test ends it. */
class FakeRows implements RowSource {
  rows: Row[] = [];
  /** Offsets [first, next) that are gone. */
  gone = { first: 0, next: 0 };
  highWatermark = 0;
  readonly reads: { from: number; rowsMax: number }[] = [];
  readonly waits: Wait[] = [];
  #onWait: (() => void)[] = [];

  add(rows: readonly Row[]): void {
    this.rows.push(...rows);
    this.highWatermark = (rows.at(-1)?.offset ?? -1) + 1;
  }

  async read(from: number, rowsMax: number) {
    this.reads.push({ from, rowsMax });
    const isGone = from >= this.gone.first && from < this.gone.next;
    const start = isGone ? this.gone.next : from;
    const found = this.rows.filter((row) => row.offset >= start).slice(0, rowsMax);
    return {
      gap: isGone ? { first: from, next: this.gone.next, reason: 'retention' } : null,
      runs: found.length === 0 ? [] : [columnsOf(found)],
      next: start + found.length,
    };
  }

  waitBeyond(offset: number, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.waits.push({ offset, ms, end: resolve });
      signal.addEventListener('abort', () => resolve());
      for (const wake of this.#onWait.splice(0)) wake();
    });
  }

  async nextWait(count: number): Promise<Wait> {
    while (this.waits.length < count) {
      await new Promise<void>((resolve) => this.#onWait.push(resolve));
    }
    return this.waits[count - 1] as Wait;
  }
}

const keys: SeriesKey[] = ['a', 'b'].map((device) => ({
  device,
  channel: '',
  metric: 'm',
  unit: '',
  source: 'mqtt',
}));
const never = new AbortController().signal;

let rows = new FakeRows();
let nowMs = 0;
const encoders = {
  rows: new BatchEncoder(keys),
  arrow: new ArrowEncoder(keys),
  sse: new LiveEncoder(keys),
};
let fetcher = new Fetcher(keys, encoders, () => nowMs);

beforeEach(() => {
  rows = new FakeRows();
  nowMs = 0;
  fetcher = new Fetcher(keys, encoders, () => nowMs);
});

function requestOf(part: Partial<FetchRequest> = {}): FetchRequest {
  return {
    stream: '',
    from: 0,
    until: null,
    filter: null,
    format: 'rows',
    batchReadingsMax: 100,
    bytesMax: 64 * 1024,
    waitMs: 1000,
    ...part,
  };
}

const onlyB = { devices: ['b'], metrics: [] };

function offsetsOf({ buffer, ranges }: EncodedFetch): number[] {
  const offsets: number[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    const [start = 0, end = 0] = ranges.slice(index, index + 2);
    const { event } = SubscribeResponse.decode(new Uint8Array(buffer, start, end - start));
    if (event?.$case !== 'batch') throw new Error('not a batch');
    offsets.push(...event.value.readings.map(({ offset }) => Number(offset)));
  }
  return offsets;
}

/** The next offset that the last message says. */
function toldBy({ buffer, ranges }: EncodedFetch): number {
  const [start = 0, end = 0] = ranges.slice(-2);
  const { event } = SubscribeResponse.decode(new Uint8Array(buffer, start, end - start));
  return event?.$case === 'batch' ? Number(event.value.nextOffset) : -1;
}

describe('a fetch', () => {
  test('answers at once with what there is', async () => {
    rows.add(plainRows(0, 5));
    const answer = await fetcher.fetch(requestOf({ from: 2 }), rows, never);
    expect(offsetsOf(answer)).toEqual([2, 3, 4]);
    expect(answer).toMatchObject({ readings: 3, next: 5, highWatermark: 5, gap: null });
    expect(rows.waits).toEqual([]);
  });

  test('waits at the end until there is more', async () => {
    rows.add(plainRows(0, 5));
    const fetching = fetcher.fetch(requestOf({ from: 5 }), rows, never);
    const wait = await rows.nextWait(1);
    expect(wait).toMatchObject({ offset: 5, ms: 1000 });
    rows.add(plainRows(5, 2));
    wait.end();
    expect(offsetsOf(await fetching)).toEqual([5, 6]);
  });

  test('that waits in vain says so when its time is over', async () => {
    rows.add(plainRows(0, 5));
    const fetching = fetcher.fetch(requestOf({ from: 5 }), rows, never);
    const first = await rows.nextWait(1);
    nowMs = 400;
    first.end();
    const second = await rows.nextWait(2);
    expect(second.ms).toBe(600);
    nowMs = 1000;
    second.end();
    expect(await fetching).toMatchObject({ ranges: [], next: 5, highWatermark: 5, gap: null });
    expect(rows.reads).toEqual([]);
  });

  test('waits until something passes its filter, and never looks at a row twice', async () => {
    rows.add(plainRows(0, 3));
    const fetching = fetcher.fetch(requestOf({ filter: onlyB }), rows, never);
    const first = await rows.nextWait(1);
    expect(first.offset).toBe(3);
    rows.add([...plainRows(3, 1), { ...(plainRows(4, 1)[0] as Row), series: 1 }]);
    first.end();
    const answer = await fetching;
    expect(offsetsOf(answer)).toEqual([4]);
    expect(answer.next).toBe(5);
    expect(rows.reads.map(({ from }) => from)).toEqual([0, 3]);
  });

  test('ends when it is aborted, with nothing', async () => {
    const controller = new AbortController();
    const fetching = fetcher.fetch(requestOf(), rows, controller.signal);
    await rows.nextWait(1);
    controller.abort();
    expect(await fetching).toMatchObject({ ranges: [], next: 0 });
    const later = await fetcher.fetch(requestOf(), rows, controller.signal);
    expect(later).toMatchObject({ ranges: [], next: 0 });
  });

  test('gives a gap with the rows behind it', async () => {
    rows.add(plainRows(0, 10));
    rows.gone = { first: 0, next: 4 };
    const answer = await fetcher.fetch(requestOf({ from: 1 }), rows, never);
    expect(answer.gap).toEqual({ first: 1, next: 4, reason: 'retention' });
    expect(offsetsOf(answer)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(answer.next).toBe(10);
  });

  test('gives a gap at once though nothing behind it passes its filter', async () => {
    rows.add(plainRows(0, 10));
    rows.gone = { first: 0, next: 4 };
    const answer = await fetcher.fetch(requestOf({ filter: onlyB }), rows, never);
    // The gap tells of itself alone; the next answer tells of the rows behind it.
    expect(answer).toMatchObject({ gap: { first: 0, next: 4 }, ranges: [], next: 4 });
    const behind = await fetcher.fetch(
      requestOf({ from: 4, until: 10, filter: onlyB }),
      rows,
      never,
    );
    expect(behind).toMatchObject({ gap: null, ranges: [], next: 10 });
  });

  test.each([1, 2, 3, 100])(
    'tells how far it looked, or goes on from what it told, at batches of %i',
    async (batchReadingsMax) => {
      // Two wanted rows between others.
      rows.add(
        plainRows(0, 12).map((row) => ({ ...row, series: [3, 7].includes(row.offset) ? 1 : 0 })),
      );
      let from = 0;
      let told = 0;
      const found: number[] = [];
      for (let fetches = 0; from < 12; fetches++) {
        expect(fetches).toBeLessThan(5);
        const answer = await fetcher.fetch(
          requestOf({ from, until: 12, filter: onlyB, batchReadingsMax }),
          rows,
          never,
        );
        found.push(...offsetsOf(answer));
        const isSilent = answer.ranges.length === 0;
        told = isSilent ? answer.next : toldBy(answer);
        from = answer.next;
      }
      expect(found).toEqual([3, 7]);
      // What the client was told last is the end, to which it can commit.
      expect(told).toBe(12);
    },
  );
});

describe('until an offset', () => {
  test('a fetch reads no further, though there is more', async () => {
    rows.add(plainRows(0, 10));
    const answer = await fetcher.fetch(requestOf({ from: 2, until: 6 }), rows, never);
    expect(offsetsOf(answer)).toEqual([2, 3, 4, 5]);
    expect(answer).toMatchObject({ next: 6, highWatermark: 10 });
  });

  test('a fetch at it or beyond ends without waiting', async () => {
    rows.add(plainRows(0, 10));
    for (const from of [6, 7]) {
      const answer = await fetcher.fetch(requestOf({ from, until: 6 }), rows, never);
      expect(answer).toMatchObject({ next: from, ranges: [] });
    }
    expect(rows.waits).toEqual([]);
    expect(rows.reads).toEqual([]);
  });

  test('a filtered fetch ends there without waiting', async () => {
    rows.add(plainRows(0, 10));
    const answer = await fetcher.fetch(requestOf({ until: 8, filter: onlyB }), rows, never);
    expect(answer).toMatchObject({ next: 8, ranges: [] });
    expect(rows.waits).toEqual([]);
  });
});

describe('how much is looked at', () => {
  test('is bounded when the filter lets nothing through', async () => {
    const many = plainRows(0, 200_000);
    rows.highWatermark = many.length;
    rows.read = async (from, rowsMax) => {
      rows.reads.push({ from, rowsMax });
      const found = many.slice(from, from + rowsMax);
      return { gap: null, runs: [columnsOf(found)], next: from + found.length };
    };
    let from = 0;
    for (let calls = 0; from < many.length; calls++) {
      expect(calls).toBeLessThan(4);
      const answer = await fetcher.fetch(requestOf({ from, filter: onlyB }), rows, never);
      if (answer.next === many.length) break;
      expect(answer).toMatchObject({ ranges: [], gap: null });
      expect(answer.next - from).toBeGreaterThanOrEqual(65_536);
      expect(answer.next - from).toBeLessThan(2 * 65_536);
      from = answer.next;
      if (many.length - from < 65_536) break;
    }
    const total = rows.reads.reduce((sum, each) => sum + each.rowsMax, 0);
    expect(total).toBe(from);
  });

  test('is about what fits into bytesMax', async () => {
    rows.add(plainRows(0, 20_000));
    const answer = await fetcher.fetch(requestOf({ bytesMax: 32 * 1024 }), rows, never);
    expect(rows.reads).toHaveLength(1);
    expect(rows.reads[0]?.rowsMax).toBeLessThan(2000);
    expect(answer.ranges.at(-1)).toBeLessThanOrEqual(33 * 1024);
    expect(answer.next).toBe(offsetsOf(answer).length);
  });
});
