// Arrow messages against Apache's own reader: whatever the rows hold, it says the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SeriesKey } from '../../../../../src/core/reading.ts';
import type { Encoded } from '../../../../../src/delivery/encoder.ts';
import { ArrowEncoder } from '../../../../../src/delivery/grpc/arrow/arrow-encoder.ts';
import {
  type ArrowBatch,
  SubscribeResponse,
} from '../../../../../src/generated/millpond/v1/telemetry_service.ts';
import { type ArrowRow, arrowRows, readArrow } from '../../../../support/arrow-rows.ts';
import {
  anyRow,
  columnsOf,
  numbered,
  plainRows,
  type Row,
} from '../../../../support/reading-rows.ts';

/** The reader takes a byte order mark at the beginning of a text for one, and leaves it out. */
const withoutMark = (text: string): string => text.replace(/^\ufeff+/, '');

const name = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', 'x'.repeat(127), 'é'.repeat(64), '😀'.repeat(300)),
  )
  .map(withoutMark);
const anyKey: fc.Arbitrary<SeriesKey> = fc.record({
  device: name,
  channel: name,
  metric: name,
  unit: name,
  source: name,
});
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('', '0', 'null', '語'.repeat(5000), '\u0000', 'x\ufeff'),
  )
  .map(withoutMark);
const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 0, 5e-324, 2 ** 53 + 2) },
  { weight: 2, arbitrary: text },
);
const firstOffset = fc.oneof(
  fc.nat({ max: 300 }),
  fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 }),
  fc.integer({ min: 2 ** 53 - 200, max: 2 ** 53 - 101 }),
);
const SERIES = 40;

function batchesOf({ buffer, ranges }: Pick<Encoded, 'buffer' | 'ranges'>): ArrowBatch[] {
  const batches: ArrowBatch[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    const [start = 0, end = 0] = ranges.slice(index, index + 2);
    const { event } = SubscribeResponse.decode(new Uint8Array(buffer, start, end - start));
    if (event?.$case !== 'arrow') throw new Error('not an Arrow batch');
    batches.push(event.value);
  }
  return batches;
}

function expectedRow(row: Row, keys: readonly SeriesKey[]): ArrowRow {
  const isText = typeof row.value === 'string';
  return {
    ...(keys[row.series] as SeriesKey),
    offset: BigInt(row.offset),
    measuredAtUs: BigInt(row.measuredAtUs),
    receivedAtUs: BigInt(row.receivedAtUs),
    number: isText ? null : (row.value as number),
    text: isText ? (row.value as string) : null,
    quality: row.quality,
  };
}

/** Runs as commits are: any number of rows each, with texts or without. */
const anyRuns = fc
  .tuple(
    firstOffset,
    fc.array(
      fc.oneof(
        fc.array(anyRow(SERIES, anyValue), { maxLength: 40 }),
        fc.array(anyRow(SERIES, fc.double({ noNaN: true })), { maxLength: 40 }),
      ),
      { maxLength: 5 },
    ),
  )
  .map(([first, parts]) => {
    let next = first;
    const runs = parts.map((part) => {
      const rows = numbered(next, part);
      next += rows.length;
      return rows;
    });
    return { first, runs, rows: runs.flat(), end: next };
  });

const key: SeriesKey = { device: 'd', channel: '', metric: 'm', unit: '', source: 'mqtt' };

function encodeOnce(
  encoder: ArrowEncoder,
  rows: readonly Row[],
  limits: { batchReadingsMax?: number; bytesMax?: number } = {},
) {
  return encoder.encode({
    stream: 'readings',
    runs: [columnsOf(rows)],
    from: rows[0]?.offset ?? 0,
    batchReadingsMax: 100_000,
    bytesMax: 10_000_000,
    highWatermark: 2 ** 40,
    wants: null,
    ...limits,
  });
}

describe("what Apache's reader reads", () => {
  test('is every wanted row exactly once, over as many calls as it takes', () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { minLength: SERIES, maxLength: SERIES }),
        anyRuns,
        fc.integer({ min: 1, max: 60 }),
        fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.constant(512 * 1024)),
        fc.option(fc.uniqueArray(fc.nat({ max: SERIES - 1 }))),
        (keys, { first, rows, runs, end }, batchReadingsMax, bytesMax, wanted) => {
          const encoder = new ArrowEncoder(keys);
          const wants = wanted === null ? null : (series: number) => wanted.includes(series);
          const expected = rows.filter(({ series }) => wants === null || wants(series));
          const highWatermark = end + 7;
          const found: ArrowRow[] = [];
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
            let told = from;
            let readings = 0;
            for (const batch of batchesOf(encoded)) {
              const read = arrowRows(batch.data);
              expect(read.length).toBeGreaterThan(0);
              expect(read.length).toBeLessThanOrEqual(batchReadingsMax);
              expect(batch.highWatermark).toBe(BigInt(highWatermark));
              // All readings of a batch are before its next offset, those of later ones are not.
              expect(read[0]?.offset).toBeGreaterThanOrEqual(BigInt(told));
              expect(read.at(-1)?.offset).toBeLessThan(batch.nextOffset);
              told = Number(batch.nextOffset);
              readings += read.length;
              found.push(...read);
            }
            expect(told).toBeLessThanOrEqual(encoded.next);
            expect(encoded.next).toBeGreaterThan(from);
            expect(encoded.readings).toBe(readings);
            from = encoded.next;
          }
          expect(found).toEqual(expected.map((row) => expectedRow(row, keys)));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('has the same schema whatever the rows hold, with the names and types of the sealed files', () => {
    const numbers = plainRows(0, 3);
    const texts = numbers.map((row) => ({ ...row, value: 'open' }));
    const [schema, same] = [numbers, texts].map((rows) => {
      const [batch] = batchesOf(encodeOnce(new ArrowEncoder([key]), rows));
      const { schema: read } = readArrow((batch as ArrowBatch).data);
      return read.fields.map(({ name: column, type, nullable }) => [
        column,
        // The number of a dictionary is the message's own.
        String(type).replace(/, -?\d+>/, '>'),
        nullable,
      ]);
    });
    expect(schema).toEqual(same);
    expect(schema?.map(([column]) => column)).toEqual(
      'offset device channel metric unit source measured_at received_at number text quality'.split(
        ' ',
      ),
    );
    expect(schema?.[0]).toEqual(['offset', 'Uint64', false]);
    expect(schema?.slice(6)).toEqual([
      ['measured_at', 'Timestamp<MICROSECOND, UTC>', false],
      ['received_at', 'Timestamp<MICROSECOND, UTC>', false],
      ['number', 'Float64', true],
      ['text', 'Utf8', true],
      ['quality', 'Uint8', false],
    ]);
  });

  test('names each device once, however many rows and series it has', () => {
    const keys = Array.from({ length: 6 }, (_, index) => ({
      ...key,
      device: `d${index % 2}`,
      metric: `m${index}`,
    }));
    const rows = plainRows(0, 600).map((row, index) => ({ ...row, series: 5 - (index % 6) }));
    const [batch] = batchesOf(encodeOnce(new ArrowEncoder(keys), rows));
    const table = readArrow((batch as ArrowBatch).data);
    const sizes = ['device', 'channel', 'metric', 'unit', 'source'].map(
      (column) => table.getChild(column)?.data[0]?.dictionary?.length,
    );
    expect(sizes).toEqual([2, 1, 6, 1, 1]);
  });
});

describe('an answer', () => {
  test('stops at bytesMax, but for one row that may be larger than that', () => {
    fc.assert(
      fc.property(
        anyRuns,
        fc.integer({ min: 1, max: 12_000 }),
        ({ first, runs, rows }, bytesMax) => {
          const keys = Array.from({ length: SERIES }, (_, index) => ({
            ...key,
            device: `d${index}`,
          }));
          const { ranges } = new ArrowEncoder(keys).encode({
            stream: 'readings',
            runs: runs.map(columnsOf),
            from: first,
            batchReadingsMax: 25,
            bytesMax,
            highWatermark: 2 ** 53 - 1,
            wants: null,
          });
          const [row] = rows;
          const largest = typeof row?.value === 'string' ? 3 * row.value.length : 0;
          expect(ranges.at(-1) ?? 0).toBeLessThanOrEqual(Math.max(bytesMax, largest + 4096));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('has messages of batchReadingsMax rows', () => {
    const encoded = encodeOnce(new ArrowEncoder([key]), plainRows(0, 25), { batchReadingsMax: 10 });
    const batches = batchesOf(encoded);
    expect(batches.map(({ data }) => readArrow(data).numRows)).toEqual([10, 10, 5]);
    expect(batches.map(({ nextOffset }) => nextOffset)).toEqual([10n, 20n, 25n]);
    expect(encoded).toMatchObject({ next: 25, readings: 25 });
  });

  test('is told from the columns of the log, which stay as they were', () => {
    const columns = columnsOf(plainRows(0, 50));
    const before = structuredClone(columns);
    const encoder = new ArrowEncoder([key]);
    const request = {
      stream: 'readings',
      runs: [columns],
      from: 0,
      batchReadingsMax: 100,
      bytesMax: 100_000,
      highWatermark: 50,
      wants: null,
    };
    const first = encoder.encode(request);
    // It is handed over to the other thread.
    structuredClone(first.buffer, { transfer: [first.buffer] });
    expect(first.buffer.byteLength).toBe(0);
    expect(columns).toEqual(before);
    const [again] = batchesOf(encoder.encode(request));
    expect(readArrow((again as ArrowBatch).data).numRows).toBe(50);
  });

  test('of no rows has no message', () => {
    const encoded = encodeOnce(new ArrowEncoder([key]), []);
    expect(encoded).toMatchObject({ ranges: [], readings: 0, next: 0 });
  });
});

test('takes in series that came into the table after it was made', () => {
  const keys: SeriesKey[] = [];
  const encoder = new ArrowEncoder(keys);
  for (let index = 0; index < 5000; index++) keys.push({ ...key, device: `d${index}` });
  const rows = plainRows(0, 3).map((row, index) => ({ ...row, series: 4999 - 2000 * index }));
  const [batch] = batchesOf(encodeOnce(encoder, rows));
  const devices = arrowRows((batch as ArrowBatch).data).map(({ device }) => device);
  expect(devices).toEqual(['d4999', 'd2999', 'd999']);
});

test('a series that is not in the table is a fault', () => {
  expect(() => encodeOnce(new ArrowEncoder([]), plainRows(0, 1))).toThrow(RangeError);
});

test('asks for about as many rows as bytesMax takes, by what rows took lately', () => {
  const encoder = new ArrowEncoder([key]);
  const long = plainRows(0, 1000).map((row) => ({ ...row, value: 'x'.repeat(50) }));
  for (const rows of [plainRows(0, 1000), long]) {
    for (let round = 0; round < 60; round++) encodeOnce(encoder, rows);
    const asked = encoder.rowsFor(64 * 1024);
    const read = [...rows, ...rows].slice(0, asked);
    const { readings, ranges } = encodeOnce(encoder, read, { bytesMax: 64 * 1024 });
    expect(readings).toBe(asked);
    expect(ranges.at(-1)).toBeLessThanOrEqual(64 * 1024);
  }
  expect(encoder.rowsFor(1)).toBe(1);
});
