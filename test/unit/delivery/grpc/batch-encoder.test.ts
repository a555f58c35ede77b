// The hand-written encoder against the generated decoder: whatever the rows hold, it says the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SeriesKey } from '../../../../src/core/reading.ts';
import type { Encoded } from '../../../../src/delivery/encoder.ts';
import { BatchEncoder } from '../../../../src/delivery/grpc/batch-encoder.ts';
import type { Reading } from '../../../../src/generated/millpond/v1/reading.ts';
import {
  type ReadingBatch,
  SubscribeResponse,
} from '../../../../src/generated/millpond/v1/telemetry_service.ts';
import { anyRow, columnsOf, numbered, plainRows, type Row } from '../../../support/reading-rows.ts';

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'x'.repeat(127), 'é'.repeat(64), '😀'.repeat(300)),
);
const anyKey: fc.Arbitrary<SeriesKey> = fc.record({
  device: name,
  channel: name,
  metric: name,
  unit: name,
  source: name,
});
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .tuple(fc.constantFrom('x', 'é', '語', '😀'), fc.integer({ min: 100, max: 20_000 }))
    .map(([character, count]) => character.repeat(count)),
);
const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true }) },
  { weight: 1, arbitrary: text },
);
const firstOffset = fc.oneof(
  fc.nat({ max: 300 }),
  fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 }),
  ...[35, 42, 49].map((bits) => fc.integer({ min: 2 ** bits - 40, max: 2 ** bits + 40 })),
  fc.integer({ min: 2 ** 53 - 200, max: 2 ** 53 - 101 }),
);

function batchesOf({ buffer, ranges }: Pick<Encoded, 'buffer' | 'ranges'>): ReadingBatch[] {
  const batches: ReadingBatch[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    const [start = 0, end = 0] = ranges.slice(index, index + 2);
    const { event } = SubscribeResponse.decode(new Uint8Array(buffer, start, end - start));
    if (event?.$case !== 'batch') throw new Error('not a batch');
    batches.push(event.value);
  }
  return batches;
}

function expectedReading(row: Row, keys: readonly SeriesKey[]): Reading {
  const { device, channel, metric, unit, source } = keys[row.series] as SeriesKey;
  return {
    offset: BigInt(row.offset),
    device,
    metric,
    value:
      typeof row.value === 'string'
        ? { $case: 'text', value: row.value }
        : { $case: 'number', value: row.value },
    unit,
    measuredAtUs: BigInt(row.measuredAtUs),
    receivedAtUs: BigInt(row.receivedAtUs),
    quality: row.quality,
    source,
    channel,
  };
}

/** The rows cut into runs at random places, as commits are. */
const anyRuns = fc
  .tuple(firstOffset, fc.array(fc.array(anyRow(5, anyValue), { maxLength: 12 }), { maxLength: 6 }))
  .map(([first, parts]) => {
    let next = first;
    const runs = parts.map((part) => {
      const rows = numbered(next, part);
      next += rows.length;
      return rows;
    });
    return { first, runs, rows: runs.flat(), end: next };
  });

describe('encodes what the generated decoder reads', () => {
  test('every wanted row exactly once, over as many calls as it takes', () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { minLength: 5, maxLength: 5 }),
        anyRuns,
        fc.integer({ min: 1, max: 20 }),
        fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(512 * 1024)),
        fc.option(fc.uniqueArray(fc.nat({ max: 4 }))),
        (keys, { first, rows, runs, end }, batchReadingsMax, bytesMax, wanted) => {
          const encoder = new BatchEncoder(keys);
          const wants = wanted === null ? null : (series: number) => wanted.includes(series);
          const expected = rows.filter(({ series }) => wants === null || wants(series));
          const highWatermark = end + 7;
          const found: Reading[] = [];
          for (let from = first, calls = 0; from < end; calls++) {
            expect(calls).toBeLessThanOrEqual(rows.length);
            const left = runs
              .map((run) => run.filter(({ offset }) => offset >= from))
              .filter((run) => run.length > 0);
            const encoded = encoder.encode({
              stream: 'readings',
              runs: left.map(columnsOf),
              from,
              batchReadingsMax,
              bytesMax,
              highWatermark,
              wants,
            });
            const batches = batchesOf(encoded);
            let told = from;
            for (const batch of batches) {
              expect(batch.readings.length).toBeGreaterThan(0);
              expect(batch.readings.length).toBeLessThanOrEqual(batchReadingsMax);
              expect(batch.highWatermark).toBe(BigInt(highWatermark));
              // All readings of a batch are before its next offset, those of later ones are not.
              expect(batch.readings[0]?.offset).toBeGreaterThanOrEqual(BigInt(told));
              expect(batch.readings.at(-1)?.offset).toBeLessThan(batch.nextOffset);
              told = Number(batch.nextOffset);
            }
            expect(told).toBeLessThanOrEqual(encoded.next);
            expect(encoded.next).toBeGreaterThan(from);
            expect(encoded.readings).toBe(batches.flatMap((each) => each.readings).length);
            found.push(...batches.flatMap((each) => each.readings));
            from = encoded.next;
          }
          expect(found).toEqual(expected.map((row) => expectedReading(row, keys)));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('stops at bytesMax, but for one row that may be larger than that', () => {
    fc.assert(
      fc.property(anyRuns, fc.integer({ min: 1, max: 4000 }), ({ first, runs, rows }, bytesMax) => {
        const keys = Array<SeriesKey>(5).fill({
          device: 'a',
          channel: '',
          metric: 'b',
          unit: '',
          source: '',
        });
        const { ranges } = new BatchEncoder(keys).encode({
          stream: 'readings',
          runs: runs.map(columnsOf),
          from: first,
          batchReadingsMax: 10,
          bytesMax,
          highWatermark: 2 ** 53 - 1,
          wants: null,
        });
        // A few rows' slack, which is what "about" means here; room for the first row is made for
        // the longest that its text could be.
        const [row] = rows;
        const largest = typeof row?.value === 'string' ? 3 * row.value.length : 0;
        const most = Math.max(bytesMax, largest) + 256;
        expect(ranges.at(-1) ?? 0).toBeLessThanOrEqual(most);
      }),
      { numRuns: 300 },
    );
  });
});

const key: SeriesKey = { device: 'd', channel: '', metric: 'm', unit: '', source: 'mqtt' };

test('takes in series that came into the table after it was made', () => {
  const keys: SeriesKey[] = [];
  const encoder = new BatchEncoder(keys);
  keys.push(key, { ...key, device: 'late' });
  const rows = plainRows(0, 2).map((row, index) => ({ ...row, series: index }));
  const encoded = encoder.encode({
    stream: 'readings',
    runs: [columnsOf(rows)],
    from: 0,
    batchReadingsMax: 10,
    bytesMax: 1000,
    highWatermark: 2,
    wants: null,
  });
  expect(batchesOf(encoded)[0]?.readings.map(({ device }) => device)).toEqual(['d', 'late']);
});

test('two answers do not share their buffer, which is handed over', () => {
  const encoder = new BatchEncoder([key]);
  const request = {
    stream: 'readings',
    runs: [columnsOf(plainRows(0, 5))],
    from: 0,
    batchReadingsMax: 10,
    bytesMax: 1000,
    highWatermark: 5,
    wants: null,
  };
  const first = encoder.encode(request);
  structuredClone(first.buffer, { transfer: [first.buffer] });
  expect(first.buffer.byteLength).toBe(0);
  expect(batchesOf(encoder.encode(request))[0]?.readings).toHaveLength(5);
});

test('asks for about as many rows as bytesMax takes, by what rows took lately', () => {
  const encoder = new BatchEncoder([key]);
  const rows = plainRows(0, 1000);
  for (let round = 0; round < 50; round++) {
    encoder.encode({
      stream: 'readings',
      runs: [columnsOf(rows)],
      from: 0,
      batchReadingsMax: 2000,
      bytesMax: 10_000_000,
      highWatermark: 1000,
      wants: null,
    });
  }
  const asked = encoder.rowsFor(64 * 1024);
  const { ranges, readings } = encoder.encode({
    stream: 'readings',
    runs: [columnsOf(plainRows(0, asked))],
    from: 0,
    batchReadingsMax: 5000,
    bytesMax: 64 * 1024,
    highWatermark: asked,
    wants: null,
  });
  expect(readings).toBe(asked);
  expect(ranges.at(-1)).toBeGreaterThan(0.8 * 64 * 1024);
  expect(encoder.rowsFor(1)).toBe(1);
});
