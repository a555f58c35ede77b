// Sets of offsets as ranges and bytes: what goes in comes out, whatever order and overlap it had.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeRanges,
  encodeRanges,
  joinRanges,
  RangeCursor,
  rangesOf,
} from '../../../../src/log/groups/offset-ranges.ts';

const offset = fc.oneof(fc.nat(40), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 40 }));
const offsets = fc.array(offset, { maxLength: 60 });

function listOf(ranges: readonly number[]): number[] {
  const list: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let each = ranges[i]!; each < ranges[i + 1]!; each += 1) list.push(each);
  }
  return list;
}

const setOf = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);

test('ranges have exactly the offsets given, each once and in order', () => {
  fc.assert(
    fc.property(offsets, (list) => {
      expect(listOf(rangesOf(list))).toEqual(setOf(list));
    }),
  );
});

test('sets add up, and what is below the floor is left out', () => {
  fc.assert(
    fc.property(fc.array(offsets, { maxLength: 5 }), fc.nat(40), (lists, floor) => {
      const joined = joinRanges(lists.map(rangesOf), floor);
      expect(listOf(joined)).toEqual(setOf(lists.flat().filter((each) => each >= floor)));
    }),
  );
});

test('bytes give back the ranges; of bytes that are cut, what is whole', () => {
  fc.assert(
    fc.property(offsets, fc.nat(100), (list, cut) => {
      const ranges = rangesOf(list);
      const bytes = encodeRanges(ranges);
      expect(decodeRanges(bytes)).toEqual(ranges);
      const part = decodeRanges(bytes.subarray(0, cut));
      expect(part.length % 2).toBe(0);
      expect(ranges.slice(0, part.length)).toEqual(part);
    }),
  );
});

test('a run of offsets is a few bytes, however long', () => {
  const run = Array.from({ length: 10_000 }, (_, index) => 2 ** 45 + index);
  expect(encodeRanges(rangesOf(run)).length).toBeLessThan(12);
});

test('a cursor knows what is in the ranges, and what is left of them', () => {
  fc.assert(
    fc.property(offsets, fc.array(fc.nat(45), { maxLength: 20 }), (list, asked) => {
      const cursor = new RangeCursor(rangesOf(list));
      let last = 0;
      for (const each of setOf(asked)) {
        expect(cursor.has(each)).toBe(list.includes(each));
        expect(cursor.contains(each + 3)).toBe(list.includes(each + 3));
        last = each;
      }
      expect(listOf(cursor.from(last))).toEqual(setOf(list.filter((each) => each >= last)));
    }),
  );
});
