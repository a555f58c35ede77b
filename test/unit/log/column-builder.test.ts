// Rows to columns and back, whatever they hold and however many there are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ColumnBuilder,
  columnBytes,
  rowAt,
  sliceColumns,
} from '../../../src/log/column-builder.ts';
import {
  anyRow,
  columnsOf,
  numbered,
  plainRows,
  readingOf,
  rowsOf,
} from '../../support/reading-rows.ts';

const anyRows = fc
  .tuple(fc.maxSafeNat(), fc.array(anyRow(1000), { maxLength: 60 }))
  .map(([first, rows]) => numbered(Math.max(0, first - rows.length), rows));

test('gives back the rows that were added', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const columns = columnsOf(rows);
      expect(rowsOf(columns)).toEqual(rows);
      for (const column of [
        columns.offset,
        columns.series,
        columns.measuredAtUs,
        columns.receivedAtUs,
        columns.number,
        columns.quality,
      ]) {
        expect(column).toHaveLength(rows.length);
      }
    }),
  );
});

test('a row has a text or a number: the number of a text is NaN, no text at all is null', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const { text, number } = columnsOf(rows);
      const texts = rows.map(({ value }) => (typeof value === 'string' ? value : null));
      if (texts.every((each) => each === null)) expect(text).toBeNull();
      else expect(text).toEqual(texts);
      for (const [row, each] of texts.entries()) {
        expect(Number.isNaN(number[row])).toBe(each !== null);
      }
    }),
  );
});

test('grows to any number of rows', () => {
  const rows = plainRows(2 ** 32 - 1500, 3000);
  expect(rowsOf(columnsOf(rows))).toEqual(rows);
});

test('is empty after its rows are taken, and what was taken stays as it was', () => {
  const builder = new ColumnBuilder();
  builder.add(0, 1, readingOf({ value: 'on' }), 10);
  const first = builder.take();
  expect(builder.count).toBe(0);
  builder.add(1, 2, readingOf({ value: 5 }), 20);
  const second = builder.take();
  expect(rowsOf(first)).toMatchObject([{ offset: 0, series: 1, value: 'on', receivedAtUs: 10 }]);
  expect(rowsOf(second)).toMatchObject([{ offset: 1, series: 2, value: 5, receivedAtUs: 20 }]);
  expect(second.text).toBeNull();
  expect(builder.take().count).toBe(0);
});

test('a slice has the rows between its ends', () => {
  fc.assert(
    fc.property(anyRows, fc.nat(), fc.nat(), (rows, a, b) => {
      const [first = 0, last = 0] = [a % (rows.length + 1), b % (rows.length + 1)].sort(
        (x, y) => x - y,
      );
      const slice = sliceColumns(columnsOf(rows), first, last);
      expect(rowsOf(slice)).toEqual(rows.slice(first, last));
    }),
  );
});

test('finds the first row at or after an offset, in rows with holes too', () => {
  const offset = fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 });
  fc.assert(
    fc.property(fc.uniqueArray(offset, { maxLength: 30 }), offset, (offsets, wanted) => {
      const rows = offsets
        .sort((a, b) => a - b)
        .map((each) => ({ ...(plainRows(0, 1)[0] as object), offset: each }));
      const expected = offsets.findIndex((each) => each >= wanted);
      const found = rowAt(columnsOf(rows as never), wanted);
      expect(found).toBe(expected < 0 ? offsets.length : expected);
    }),
  );
});

test('counts the bytes of the columns and of the texts', () => {
  const numbers = columnsOf(plainRows(0, 10));
  expect(columnBytes(numbers)).toBe(10 * 37);
  const texts = columnsOf(plainRows(0, 1).map((row) => ({ ...row, value: 'x'.repeat(1000) })));
  expect(columnBytes(texts)).toBeGreaterThanOrEqual(37 + 2000);
});

test('a row that cannot be written is not there, and those around it are', () => {
  const builder = new ColumnBuilder();
  builder.add(0, 0, readingOf({ value: 1 }), 5);
  const broken = { ...readingOf({ value: 2 }), measuredAtUs: 1n as unknown as number };
  expect(() => builder.add(1, 0, broken, 5)).toThrow(TypeError);
  builder.add(1, 0, readingOf({ value: 'three' }), 5);
  expect(rowsOf(builder.take()).map(({ offset, value }) => [offset, value])).toEqual([
    [0, 1],
    [1, 'three'],
  ]);
});
