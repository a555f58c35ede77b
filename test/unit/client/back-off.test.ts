// How long to wait before the next attempt to connect.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOffMs } from '../../../src/client/back-off.ts';

test('doubles up to five seconds', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6].map((attempt) => backOffMs(attempt, 0));
  expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('is never longer than five seconds, and chance takes off a third at most', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const wait = backOffMs(attempt, random);
      expect(wait).toBeLessThanOrEqual(5000);
      expect(wait).toBeGreaterThanOrEqual(Math.floor((backOffMs(attempt, 0) * 2) / 3));
    }),
  );
});
