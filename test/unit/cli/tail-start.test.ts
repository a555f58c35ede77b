// What --from of `millpond tail` understands.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStart } from '../../../src/cli/tail/start.ts';

process.env.TZ = 'Asia/Kolkata';
const nowMs = Date.parse('2025-06-01T12:00:00Z');

function timeOf(text: string): string {
  const start = parseStart(text, nowMs);
  if (start.kind !== 'time') throw new Error(start.kind);
  return new Date(Number(start.timeUs / 1000n)).toISOString();
}

test('earliest, latest and whole numbers', () => {
  expect(parseStart('earliest', nowMs)).toEqual({ kind: 'earliest' });
  expect(parseStart('latest', nowMs)).toEqual({ kind: 'latest' });
  expect(parseStart('0', nowMs)).toEqual({ kind: 'offset', offset: 0n });
  const last = { kind: 'offset', offset: 18446744073709551615n };
  expect(parseStart('18446744073709551615', nowMs)).toEqual(last);
});

test('times with a zone are that moment, those without are of this machine', () => {
  expect(timeOf('2025-01-31T12:00:00Z')).toBe('2025-01-31T12:00:00.000Z');
  expect(timeOf('2025-01-31T12:00:00.250+02:00')).toBe('2025-01-31T10:00:00.250Z');
  expect(timeOf('2025-01-31 12:00')).toBe('2025-01-31T06:30:00.000Z');
  expect(timeOf('2025-01-31')).toBe('2025-01-30T18:30:00.000Z');
});

test('ages count back from now', () => {
  expect(timeOf('-10m')).toBe('2025-06-01T11:50:00.000Z');
  expect(timeOf('-1.5h')).toBe('2025-06-01T10:30:00.000Z');
  expect(timeOf('-7d')).toBe('2025-05-25T12:00:00.000Z');
});

test.each([
  '',
  '-',
  '-10',
  '-10x',
  '10m',
  'now',
  '1e3',
  '18446744073709551616',
  '2025-02-30',
  '2025-13-01',
  '2025-06-01T25:00Z',
  '2025-06-01T12:00:00 +02:00',
  '-99999999d',
])('"%s" is an error of usage', (text) => {
  expect(() => parseStart(text, nowMs)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('any text is a start or an error of usage', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseStart(text, nowMs);
      } catch (error) {
        expect(error).toMatchObject({ code: 'USAGE' });
      }
    }),
  );
});
