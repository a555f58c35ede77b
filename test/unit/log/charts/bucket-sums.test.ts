// Parts of a bucket add up to the whole, however its readings were cut.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSums,
  type BucketSum,
  meanOf,
  pointsOf,
} from '../../../../src/log/charts/bucket-sums.ts';

interface Said {
  readonly value: number | string;
  readonly atUs: number;
}

/** What a query says of these readings; `offset` is the first one's. */
function sumOf(said: readonly Said[], offset: number): BucketSum {
  const numbers = said.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  const texts = said
    .map(({ value, atUs }, index) => ({ value, atUs, offset: offset + index }))
    .filter(({ value }) => typeof value === 'string')
    .sort((a, b) => a.atUs - b.atUs || a.offset - b.offset);
  const last = texts.at(-1);
  return {
    count: numbers.length,
    min: numbers.length === 0 ? 0 : Math.min(...numbers),
    max: numbers.length === 0 ? 0 : Math.max(...numbers),
    sum: numbers.reduce((sum, each) => sum + each, 0),
    texts: texts.length,
    last: (last?.value as string | undefined) ?? null,
    lastUs: last?.atUs ?? 0,
    lastOffset: last?.offset ?? 0,
  };
}

const anySaid = fc.record({
  value: fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom('on', 'off')),
  atUs: fc.nat(5),
});

test('parts add up to the whole, cut anywhere and added in any order', () => {
  const property = fc.property(
    fc.array(anySaid, { minLength: 1, maxLength: 30 }),
    fc.array(fc.nat(30), { maxLength: 5 }),
    fc.boolean(),
    (said, cuts, isBackward) => {
      const ends = [...new Set([...cuts, said.length])].sort((a, b) => a - b);
      const parts = ends.map((end, index) => {
        const from = ends[index - 1] ?? 0;
        return sumOf(said.slice(from, end), from);
      });
      if (isBackward) parts.reverse();
      const empty = sumOf([], 0);
      const { min, max, ...added } = parts.reduce(addSums, empty);
      const { min: least, max: greatest, ...whole } = sumOf(said, 0);
      expect(added).toEqual(whole);
      if (whole.count > 0) expect([min, max]).toEqual([least, greatest]);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('a mean is between the least and the greatest, whatever a double makes of the sum', () => {
  const few = { texts: 0, last: null, lastUs: 0, lastOffset: 0 };
  const huge = { ...few, count: 2, min: 1.7e308, max: 1.7e308, sum: Number.POSITIVE_INFINITY };
  expect(meanOf(huge)).toBe(1.7e308);
  expect(meanOf({ ...huge, min: -1e308, max: 1e308, sum: Number.NaN })).toBe(0);
  expect(meanOf({ ...few, count: 3, min: 0.1, max: 0.1, sum: 0.1 + 0.1 + 0.1 })).toBe(0.1);
});

test('points come by time; one without a number has none', () => {
  const key = { device: 'd', channel: '', metric: 'm', unit: '' };
  const text = sumOf([{ value: 'on', atUs: 1 }], 0);
  const number = sumOf([{ value: 4, atUs: 1 }], 0);
  const buckets = new Map([
    [10, number],
    [-2, text],
    [9, addSums(number, text)],
  ]);
  const points = pointsOf(key, buckets, 1000);
  expect([...points.timeUs]).toEqual([-2000, 9000, 10_000]);
  expect([...points.count]).toEqual([1, 2, 1]);
  expect([...points.mean]).toEqual([Number.NaN, 4, 4]);
  expect(points.last).toEqual(['on', 'on', null]);
  expect(pointsOf(key, new Map([[1, number]]), 1).last).toBeNull();
});
