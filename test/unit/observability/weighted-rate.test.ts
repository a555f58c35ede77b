// A rate as a weighted mean: right from the beginning, and soon right again after a change.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WeightedRate } from '../../../src/observability/weighted-rate.ts';

const SECOND = 1_000_000;

function rateAt(clock: { us: number }): WeightedRate {
  return new WeightedRate({ clock: () => clock.us, meanUs: 60 * SECOND });
}

test('nothing is known before two totals', () => {
  const clock = { us: 0 };
  const rate = rateAt(clock);
  expect(rate.perSecond).toBeNull();
  rate.observe(5);
  expect(rate.perSecond).toBeNull();
  clock.us += SECOND;
  rate.observe(15);
  expect(rate.perSecond).toBeCloseTo(10);
});

test('a steady growth is its rate, however it is looked at', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 1000 * SECOND }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 100_000 }), (elapsed, perSecond) => {
      const clock = { us: 0 };
      const rate = rateAt(clock);
      rate.observe(0);
      for (const us of elapsed) {
        clock.us += us;
        rate.observe((clock.us / SECOND) * perSecond);
      }
      expect(rate.perSecond).toBeCloseTo(perSecond, 3);
    }),
  );
});

test('a change shows after its time, and lies between the old rate and the new', () => {
  const clock = { us: 0 };
  const rate = rateAt(clock);
  let total = 0;
  const run = (seconds: number, perSecond: number): void => {
    for (let second = 0; second < seconds; second += 10) {
      clock.us += 10 * SECOND;
      total += 10 * perSecond;
      rate.observe(total);
    }
  };
  rate.observe(0);
  run(600, 100);
  run(60, 0);
  expect(rate.perSecond).toBeGreaterThan(30);
  expect(rate.perSecond).toBeLessThan(45);
  run(600, 0);
  expect(rate.perSecond).toBeLessThan(1);
});

test('a total that begins anew, and a clock that stands, change nothing', () => {
  const clock = { us: 0 };
  const rate = rateAt(clock);
  rate.observe(0);
  clock.us = 10 * SECOND;
  rate.observe(100);
  rate.observe(1_000_000);
  clock.us = 20 * SECOND;
  rate.observe(0);
  expect(rate.perSecond).toBeCloseTo(10);
});
