// 64-bit integers by two words against BigInt, which is the model.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInt64, wordsOf, writeInt64 } from '../../../src/core/int64.ts';

const edges = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(...edges, ...edges.map((edge) => -edge).slice(1)),
);

test('writes what BigInt64Array reads, and reads what it writes', () => {
  fc.assert(
    fc.property(fc.array(integer, { minLength: 1, maxLength: 20 }), (values) => {
      const written = new BigInt64Array(values.length);
      const words = wordsOf(written);
      for (const [index, value] of values.entries()) writeInt64(words, index, value);
      expect([...written]).toEqual(values.map(BigInt));

      const kept = wordsOf(BigInt64Array.from(values, BigInt));
      expect(values.map((_, index) => readInt64(kept, index))).toEqual(values);
    }),
    { numRuns: 1000 },
  );
});

test('the words are a view: they see a part of a larger array where it lies', () => {
  const whole = BigInt64Array.of(1n, -2n, 3n);
  const words = wordsOf(whole.subarray(1, 2));
  expect(words).toHaveLength(2);
  expect(readInt64(words, 0)).toBe(-2);
  writeInt64(words, 0, -(2 ** 40));
  expect([...whole]).toEqual([1n, -(2n ** 40n), 3n]);
});
