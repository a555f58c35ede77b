// Rows cross as one buffer and come out as they went in.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packReadings, unpackReadings } from '../../../src/core/packed-readings.ts';
import type { ReadingColumns } from '../../../src/core/reading.ts';

const row = fc.record({
  offset: fc.bigInt({ min: 0n, max: 2n ** 53n }),
  series: fc.nat(),
  measuredAtUs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  receivedAtUs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  number: fc.double(),
  quality: fc.nat(4),
});
const run = fc.tuple(fc.array(row), fc.option(fc.string())).map(([rows, text]): ReadingColumns => {
  return {
    count: rows.length,
    offset: BigInt64Array.from(rows, (each) => each.offset),
    series: Int32Array.from(rows, (each) => each.series),
    measuredAtUs: BigInt64Array.from(rows, (each) => each.measuredAtUs),
    receivedAtUs: BigInt64Array.from(rows, (each) => each.receivedAtUs),
    number: Float64Array.from(rows, (each) => each.number),
    quality: Uint8Array.from(rows, (each) => each.quality),
    text: text === null ? null : rows.map((_, index) => (index % 2 === 0 ? text : null)),
  };
});

test('what is packed comes out again, run behind run', () => {
  fc.assert(
    fc.property(fc.array(run), (runs) => {
      const { text, ...columns } = unpackReadings(packReadings(runs));
      const all = (
        name: 'offset' | 'series' | 'measuredAtUs' | 'receivedAtUs' | 'number' | 'quality',
      ) => runs.flatMap((each) => [...each[name]]);
      expect(columns.count).toBe(all('offset').length);
      for (const name of [
        'offset',
        'series',
        'measuredAtUs',
        'receivedAtUs',
        'number',
        'quality',
      ] as const) {
        expect([...columns[name]]).toEqual(all(name));
      }
      const texts = runs.flatMap((each) => each.text ?? new Array(each.count).fill(null));
      expect(text ?? texts.map(() => null)).toEqual(texts);
    }),
  );
});
