// Moments as text, in UTC.
import { expect, test } from 'vitest';
import { isCalendarDay, isoTime } from '../../../src/core/iso-time.ts';

test('ISO times keep their microseconds, before 1970 too', () => {
  expect(isoTime(1748779200123456n)).toBe('2025-06-01T12:00:00.123456Z');
  expect(isoTime(1748779200123456)).toBe('2025-06-01T12:00:00.123456Z');
  expect(isoTime(0n)).toBe('1970-01-01T00:00:00.000000Z');
  expect(isoTime(-1n)).toBe('1969-12-31T23:59:59.999999Z');
});

test('what is no date is shown as its number', () => {
  expect(isoTime(2n ** 63n - 1n)).toBe('9223372036854775807');
});

test('a day of the calendar is one that there is', () => {
  for (const day of ['2024-02-29', '2025-12-31', '0001-01-01'])
    expect(isCalendarDay(day)).toBe(true);
  for (const day of [
    '2025-02-29',
    '2025-02-30',
    '2025-04-31',
    '2025-13-01',
    '2025-00-10',
    'today',
  ]) {
    expect(isCalendarDay(day)).toBe(false);
  }
});
