// Which buckets a chart gets: aligned, few enough, and the range within them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MillpondError } from '../../../../src/core/errors.ts';
import { coarsestUnit, planBuckets } from '../../../../src/log/charts/bucket-plan.ts';

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
const NOW = Date.UTC(2026, 10, 21, 17, 31, 7) * 1000;

const anyAsk = fc
  .record({
    fromUs: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
    length: fc.oneof(fc.integer({ min: 1, max: 2 ** 51 }), fc.integer({ min: 1, max: 10 * DAY })),
    pointsMax: fc.integer({ min: 2, max: 10_000 }),
  })
  .map(({ fromUs, length, pointsMax }) => {
    return { fromUs, toUs: fromUs + length, bucketUs: null, pointsMax };
  });

describe('buckets the gateway chooses', () => {
  test('hold the whole range, begin at multiples of their length, and are few enough', () => {
    fc.assert(
      fc.property(anyAsk, (ask) => {
        const { fromUs, toUs, bucketUs, count } = planBuckets(ask);
        expect(Math.abs(fromUs % bucketUs)).toBe(0);
        expect(toUs - fromUs).toBe(count * bucketUs);
        expect(count).toBeLessThanOrEqual(ask.pointsMax);
        expect(fromUs <= ask.fromUs && ask.fromUs < fromUs + bucketUs).toBe(true);
        expect(toUs >= ask.toUs && ask.toUs > toUs - bucketUs).toBe(true);
      }),
    );
  });

  test.each([
    [300 * SECOND, 1000, 0.5],
    [3600 * SECOND, 1000, 5],
    [DAY, 1000, 120],
    [7 * DAY, 1000, 900],
    [365 * DAY, 1000, 43_200],
    [3650 * DAY, 1000, 7 * 86_400],
    [DAY, 10_000, 10],
  ])('of %i us in %i points are %d s long', (length, pointsMax, seconds) => {
    const plan = planBuckets({ fromUs: NOW - length, toUs: NOW, bucketUs: null, pointsMax });
    expect(plan.bucketUs).toBe(seconds * SECOND);
  });
});

test('a chart of ten years in seconds is refused with what is allowed', () => {
  const ask = { fromUs: NOW - 3650 * DAY, toUs: NOW, bucketUs: SECOND, pointsMax: 10_000 };
  expect(() => planBuckets(ask)).toThrow(
    new MillpondError(
      'REQUEST_INVALID',
      'bucket: 315360000 buckets of 1000 ms are more than 10000: ask for 43200000 ms or more, or for a shorter range.',
    ),
  );
});

test('a range without a length is refused', () => {
  for (const fromUs of [NOW, NOW + 1]) {
    const ask = { fromUs, toUs: NOW, bucketUs: null, pointsMax: 100 };
    expect(() => planBuckets(ask)).toThrow('from: must be before to.');
  }
});

test('rollups serve buckets of whole minutes and hours alone', () => {
  expect(coarsestUnit(SECOND)).toBeNull();
  expect(coarsestUnit(90 * SECOND)).toBeNull();
  expect(coarsestUnit(60 * SECOND)).toBe('minutes');
  expect(coarsestUnit(5400 * SECOND)).toBe('minutes');
  expect(coarsestUnit(7 * DAY)).toBe('hours');
});
