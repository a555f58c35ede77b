// Counts and bytes as people read them.
import { expect, test } from 'vitest';
import { bytesText, countText } from '../../../src/cli/amount-text.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [18446744073709551615n, '18,446,744,073,709,551,615'],
])('a count of %s', (count, text) => {
  expect(countText(count)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024n, '1.0 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [4_404_019, '4.2 MiB'],
  [2 ** 60, '1048576.0 TiB'],
])('%s bytes', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
