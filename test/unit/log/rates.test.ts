// How fast positions move: what a seek jumps over was not read.
import { expect, test } from 'vitest';
import { Rates } from '../../../src/log/rates.ts';

const SECOND = 1_000_000;

function subject() {
  const time = { us: 0 };
  const rates = new Rates(() => time.us);
  return {
    rates,
    after(seconds: number, total: number, revision: number): number {
      time.us += seconds * SECOND;
      rates.observe('a', total, revision);
      return rates.perSecond('a');
    },
  };
}

test('a total that grows has a rate, 0 while that is not known', () => {
  const { after } = subject();
  expect(after(0, 100, 1)).toBe(0);
  expect(after(5, 150, 1)).toBeCloseTo(10);
});

test('a jump from one revision to the next does not count, whichever way it goes', () => {
  const { after } = subject();
  after(0, 100, 1);
  after(5, 150, 1);
  expect(after(5, 1_000_000, 2)).toBe(0);
  expect(after(5, 1_000_010, 2)).toBeCloseTo(2);
  expect(after(5, 20, 3)).toBe(0);
  expect(after(5, 40, 3)).toBeCloseTo(4);
});

test('what is no longer there is forgotten', () => {
  const { rates, after } = subject();
  after(0, 100, 1);
  after(5, 150, 1);
  rates.keepOnly(new Set(['b']));
  expect(rates.perSecond('a')).toBe(0);
});
