// Times and ages as people read them.
import { expect, test } from 'vitest';
import { durationText, localTime } from '../../../src/cli/time-text.ts';

test('what is no date is shown as its number', () => {
  expect(localTime(2n ** 63n - 1n)).toBe('9223372036854775807');
});

test('local times say their offset from UTC', () => {
  process.env.TZ = 'Asia/Kolkata';
  expect(localTime(1748779200123456n)).toBe('2025-06-01 17:30:00.123+05:30');
  process.env.TZ = 'America/St_Johns';
  expect(localTime(1748779200123456n)).toBe('2025-06-01 09:30:00.123-02:30');
  process.env.TZ = 'UTC';
  expect(localTime(1748779200123456n)).toBe('2025-06-01 12:00:00.123+00:00');
});

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [45_000, '45 s'],
  [60_000, '1 min'],
  [11_532_000, '3 h 12 min'],
  [3_605_000, '1 h'],
  [90_000_000, '1 d 1 h'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
