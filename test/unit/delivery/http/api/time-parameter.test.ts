// Moments and lengths of time as they come in a URL.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  lengthOfTime,
  moment,
  momentUs,
} from '../../../../../src/delivery/http/api/time-parameter.ts';

const NOW_US = Date.UTC(2026, 0, 2) * 1000;
const parameter = moment('', { hasEarliest: true });
const read = (text: string) => momentUs(parameter.parse(text), NOW_US);

test.each([
  ['now', NOW_US],
  ['-0s', NOW_US],
  ['-1h', NOW_US - 3_600_000_000],
  ['-1.5d', NOW_US - 129_600_000_000],
  ['-2w', NOW_US - 1_209_600_000_000],
  ['0', 0],
  ['1767312000000', NOW_US],
  ['2026-01-02', NOW_US],
  ['2026-01-02T00:00Z', NOW_US],
  ['2026-01-02T00:00:00.123456789Z', NOW_US + 123_456],
  ['2026-01-02T02:30:00+02:30', NOW_US],
  // As it arrives when the plus was not encoded.
  ['2026-01-02T02:30:00 02:30', NOW_US],
  ['earliest', null],
])('%s', (text, us) => {
  expect(read(text)).toBe(us);
});

test.each([
  ...['', 'NaN', 'Infinity', '-', 'yesterday', '1e9', '0x10', ' 1', '-1', '-1y', '--1h', '-1h30m'],
  ...['2026-02-31', '2026-13-01', '2026-01-02T25:00Z', '2026-01-02T00:00', '2026-01-02 00:00Z'],
  ...['9999-01-01', '0001-01-01T00:00Z', '999999999999999', '-99999999w', '+12026-01-01'],
])('%j is no moment', (text) => {
  expect(parameter.safeParse(text).success).toBe(false);
});

test('earliest is one only where it may be', () => {
  expect(moment('').safeParse('earliest').success).toBe(false);
});

test('whatever is taken is a moment that a double holds exactly', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?[\dTZ:.+smhdw-]{1,24}$/)), (text) => {
      const found = parameter.safeParse(text);
      if (!found.success || found.data.kind === 'earliest') return;
      expect(Number.isSafeInteger(momentUs(found.data, NOW_US))).toBe(true);
    }),
  );
});

test.each([
  ['1', 1000],
  ['500ms', 500_000],
  ['1.5s', 1_500_000],
  ['5m', 300_000_000],
  ['1w', 604_800_000_000],
])('a bucket of %s', (text, us) => {
  expect(lengthOfTime('').parse(text)).toBe(us);
});

test.each(['', '0', '0s', '-1h', '1y', 'auto', '0.0001ms', '1e3', '99999999w'])(
  '%j is no length of time',
  (text) => {
    expect(lengthOfTime('').safeParse(text).success).toBe(false);
  },
);
