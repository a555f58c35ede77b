// A device's time is taken exactly, and never guessed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseTime,
  parseZone,
  timeUnusable,
  timeWithoutZone,
} from '../../../src/decode/device-time.ts';
import { parseTimePattern } from '../../../src/decode/time-pattern.ts';

const us = (iso: string) => Date.parse(iso) * 1000;
const instants = fc.date({
  min: new Date('2000-01-02'),
  max: new Date('2200-01-01'),
  noInvalidDate: true,
});

test('an epoch is told by its magnitude', () => {
  fc.assert(
    fc.property(instants, (date) => {
      const ms = date.getTime();
      const whole = Math.floor(ms / 1000) * 1000;
      expect(parseTime(whole / 1000, 'auto', null)).toBe(whole * 1000);
      expect(parseTime(ms * 1000, 'auto', null)).toBe(ms * 1000);
      // 1e11 ms is 1973, so every millisecond of this century is one.
      expect(parseTime(ms, 'auto', null)).toBe(ms * 1000);
      expect(parseTime(String(ms), 'auto', null)).toBe(ms * 1000);
    }),
  );
});

test('ISO texts with a zone are the instant they name', () => {
  fc.assert(
    fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
      const sign = offset < 0 ? '-' : '+';
      const pad = (value: number) => String(value).padStart(2, '0');
      const zone = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      expect(parseTime(date.toISOString(), 'iso', null)).toBe(date.getTime() * 1000);
      expect(parseTime(`${local}${zone}`, 'auto', null)).toBe(date.getTime() * 1000);
      expect(parseTime(local.replace('T', ' '), 'auto', offset)).toBe(date.getTime() * 1000);
      expect(parseTime(local, 'iso', null)).toBe(timeWithoutZone);
    }),
  );
});

test.each([
  [1_680_962_879.62, 's', '2023-04-08T14:07:59.620Z'],
  ['1602000000.0', 'auto', '2020-10-06T16:00:00.000Z'],
  [1_700_000_000_123_456_800, 'ns', '2023-11-14T22:13:20.123Z'],
  ['2022-07-18T09:34:15.775023242+00:00', 'auto', '2022-07-18T09:34:15.775Z'],
  ['2020-02-26T20:44:09+0100', 'iso', '2020-02-26T19:44:09.000Z'],
  ['2016-12-31T23:59:60Z', 'iso', '2017-01-01T00:00:00.000Z'],
  ['2024-02-29 12:00Z', 'iso', '2024-02-29T12:00:00.000Z'],
] as const)('%s as %s', (value, form, expected) => {
  expect(Math.floor(parseTime(value, form, null) / 1000) * 1000).toBe(us(expected));
});

test.each([
  0,
  -1,
  12_345,
  1e300,
  Number.NaN,
  true,
  null,
  {},
  '',
  'not a date',
  '@0.122324s',
  '2023-02-29T00:00:00Z',
  '2023-13-01T00:00:00Z',
  '2023-01-01T24:00:00Z',
  '2023-01-01',
  '1970-01-01T00:00:00Z',
  '9'.repeat(40),
])('%s is no usable time', (value) => {
  expect(parseTime(value, 'auto', null)).toBe(timeUnusable);
});

test('a form that is stated is not second-guessed', () => {
  expect(parseTime(1_700_000_000_123, 's', null)).toBe(timeUnusable);
  expect(parseTime('2024-01-01T00:00:00Z', 'ms', null)).toBe(timeUnusable);
  expect(parseTime(1_700_000_000, 'iso', null)).toBe(timeUnusable);
});

test('any text and any number end in a time or a code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.bigInt().map(String)), (value) => {
      const time = parseTime(value, 'auto', 0);
      expect(time === timeUnusable || (Number.isSafeInteger(time) && time > 0)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('zones', () => {
  expect([
    parseZone('UTC'),
    parseZone('Z'),
    parseZone('+02:00'),
    parseZone('-0330'),
    parseZone('CET'),
  ]).toEqual([0, 0, 120, -210, undefined]);
});

describe('a form of a device’s own', () => {
  const dst = new Map([
    ['W', 60],
    ['S', 120],
  ]);
  test.each([
    ['YYYY/MM/DD hh:mm:ss', null, '2024/01/01 00:00:00', 0, '2024-01-01T00:00:00.000Z'],
    ['DD.MM.YY hh:mm', null, '01.02.24 12:30', 60, '2024-02-01T11:30:00.000Z'],
    ['YYMMDDhhmmssz', dst, '240701120000S', null, '2024-07-01T10:00:00.000Z'],
    ['YYMMDDhhmmssz', dst, '240101120000W', 0, '2024-01-01T11:00:00.000Z'],
    ['DDMMYY hhmmss.f', null, '010224 123005.25', 0, '2024-02-01T12:30:05.250Z'],
    ['YYYY-MM-DD hh:mmz', null, '2024-01-01 00:00+01:00', null, '2023-12-31T23:00:00.000Z'],
  ])('%s', (source, zones, text, zone, expected) => {
    const us = parseTimePattern(source, zones).parse(text, zone);
    expect(new Date(us / 1000).toISOString()).toBe(expected);
  });

  test('is no time without a zone, and none at all when anything differs', () => {
    const pattern = parseTimePattern('DD.MM.YYYY hh:mm', null);
    expect(pattern.parse('01.02.2024 12:30', null)).toBe(timeWithoutZone);
    for (const text of [
      '1.2.2024 12:30',
      '30.02.2024 12:30',
      '01.02.2024 12:30:00',
      '01/02/2024 12:30',
      '',
    ]) {
      expect(pattern.parse(text, 0)).toBe(timeUnusable);
    }
    expect(parseTimePattern('YYMMDDhhmmssz', dst).parse('240701120000X', 0)).toBe(timeUnusable);
    expect(() => parseTimePattern('hh:mm', null)).toThrow();
  });
});
