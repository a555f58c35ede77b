// Readings for tests: one at a time, as rows, as columns, and at random.
import fc from 'fast-check';
import { readInt64, wordsOf } from '../../src/core/int64.ts';
import { type DecodedReading, Quality, type ReadingColumns } from '../../src/core/reading.ts';
import { ColumnBuilder } from '../../src/log/column-builder.ts';

/** One row of `ReadingColumns`, as a test compares it. */
export interface Row {
  readonly offset: number;
  readonly series: number;
  readonly measuredAtUs: number;
  readonly receivedAtUs: number;
  readonly value: number | string;
  readonly quality: Quality;
}

export function readingOf(part: Partial<DecodedReading> = {}): DecodedReading {
  return {
    device: 'attic',
    channel: '',
    metric: 'temperature',
    unit: 'Cel',
    value: 21.5,
    measuredAtUs: 1_700_000_000_000_000,
    quality: Quality.good,
    ...part,
  };
}

export function columnsOf(rows: readonly Row[]): ReadingColumns {
  const builder = new ColumnBuilder();
  for (const { offset, series, receivedAtUs, ...rest } of rows) {
    builder.add(offset, series, readingOf(rest), receivedAtUs);
  }
  return builder.take();
}

export function rowsOf(columns: ReadingColumns): Row[] {
  const offset = wordsOf(columns.offset);
  const measured = wordsOf(columns.measuredAtUs);
  const received = wordsOf(columns.receivedAtUs);
  return Array.from({ length: columns.count }, (_, row) => ({
    offset: readInt64(offset, row),
    series: columns.series[row] as number,
    measuredAtUs: readInt64(measured, row),
    receivedAtUs: readInt64(received, row),
    value: columns.text?.[row] ?? (columns.number[row] as number),
    quality: columns.quality[row] as Quality,
  }));
}

/** `count` numbers of series 0 from `first` on, each its own offset. */
export function plainRows(first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    offset: first + index,
    series: 0,
    measuredAtUs: 1_700_000_000_000_000 + first + index,
    receivedAtUs: 1_700_000_000_000_500 + first + index,
    value: first + index,
    quality: Quality.good,
  }));
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
/** Before 1970 as well: a device's clock may say anything. */
const timeUs = fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 1 });

export const anyValue = fc.oneof({ weight: 3, arbitrary: finite }, { weight: 1, arbitrary: text });

/** Rows without their offset, over series numbers below `seriesCount`. */
export function anyRow(
  seriesCount: number,
  value: fc.Arbitrary<number | string> = anyValue,
): fc.Arbitrary<Omit<Row, 'offset'>> {
  return fc.record({
    series: fc.nat({ max: seriesCount - 1 }),
    measuredAtUs: timeUs,
    receivedAtUs: timeUs,
    value,
    quality: fc.constantFrom(...Object.values(Quality)),
  });
}

export function numbered(first: number, rows: readonly Omit<Row, 'offset'>[]): Row[] {
  return rows.map((row, index) => ({ offset: first + index, ...row }));
}
