// Durations and sizes as they are written.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDurationMs, parseSizeBytes } from '../../../src/config/units.ts';

test.each([
  ['200ms', 200],
  ['5s', 5000],
  ['1.5s', 1500],
  ['10m', 600_000],
  ['24h', 86_400_000],
  ['30d', 2_592_000_000],
  ['5 s', 5000],
  [750, 750],
])('reads the duration %s', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  ['64KiB', 65_536],
  ['10MB', 10_000_000],
  ['10 MiB', 10_485_760],
  ['1.5kB', 1500],
  ['1024B', 1024],
  [4096, 4096],
])('reads the size %s', (text, bytes) => {
  expect(parseSizeBytes(text)).toBe(bytes);
});

test.each(['', '5', 's', '-5s', '5 parsecs', '5S', '1e3s', '5s5s', '.5s', ' 5s', '٥s'])(
  'does not read %j as a duration',
  (text) => {
    expect(parseDurationMs(text)).toBeNull();
  },
);

test.each(['', '5', 'KiB', '-5B', '5 bytes', '5kib', '5mb', 'toString'])(
  'does not read %j as a size',
  (text) => {
    expect(parseSizeBytes(text)).toBeNull();
  },
);

test('any text is read as a whole number or not at all', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^\d{1,6}(\.\d{1,3})? ?[a-zA-Z]{1,3}$/)),
      (text) => {
        for (const value of [parseDurationMs(text), parseSizeBytes(text)]) {
          if (value !== null) expect(Number.isSafeInteger(value)).toBe(true);
        }
      },
    ),
  );
});
