// Numbers, sizes, ages and units as the dashboard writes them.
import { expect, test } from 'vitest';
import {
  bytesText,
  countOf,
  numberText,
  rateText,
} from '../../../dashboards/web/src/format/numbers.ts';
import { ageText, durationText } from '../../../dashboards/web/src/format/times.ts';
import { byInterest, seriesText, unitText } from '../../../dashboards/web/src/format/units.ts';

test.each([
  [0, '0'],
  [21.456, '21.46'],
  [-3.2, '−3.2'],
  [0.012345, '0.0123'],
  [1013.25, '1,013.3'],
  [123456.7, '123,457'],
  [1e12, '1E12'],
  [0.00001, '1E−5'],
  [Number.NaN, 'NaN'],
])('the value %s is %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [999_600, '1 MB'],
  [21_400_000_000, '21 GB'],
])('%s bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('rates have a decimal while they are small', () => {
  expect([0, 0.0123, 8.44, 1234.5].map(rateText)).toEqual(['0', '0.0123', '8.4', '1,235']);
});

test('one is singular, and every other number plural', () => {
  expect([0, 1, 1200].map((count) => countOf(count, 'device'))).toEqual([
    '0 devices',
    '1 device',
    '1,200 devices',
  ]);
});

test.each([
  [340, '340 ms'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
  [3 * 365 * 86_400_000, '3 years'],
])('%s milliseconds are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('what came within two seconds came just now, also by a clock that is behind', () => {
  expect([-5_000, 0, 1_999, 2_000].map(ageText)).toEqual([
    'just now',
    'just now',
    'just now',
    '2 s ago',
  ]);
});

test('units have the signs that people know, and metrics are words', () => {
  expect(['Cel', '%RH', 'hPa', ''].map(unitText)).toEqual(['°C', '% RH', 'hPa', '']);
  expect(seriesText('', 'battery_voltage')).toBe('battery voltage');
  expect(seriesText('outdoor', 'windSpeed')).toBe('wind speed · outdoor');
});

test('what a sensor is there for comes before its battery', () => {
  const names = ['battery', 'humidity', 'rain', 'linkquality', 'temperature', 'mode'];
  const series = names.map((metric) => ({ channel: '', metric }));
  expect(byInterest(series).map(({ metric }) => metric)).toEqual([
    'temperature',
    'humidity',
    'mode',
    'rain',
    'battery',
    'linkquality',
  ]);
});
