// One unit for each metric: known conversions to the digit, and no unit of a metric that loses a value.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  convert,
  findConversion,
  findMetric,
  metricTable,
  unitSpellings,
} from '../../../src/decode/units.ts';

function to(metric: string, value: number, unit: string): number {
  return convert(value, findConversion(findMetric(metric)!, unit)!);
}

test.each([
  ['temperature', 70.7, '°F', 21.5],
  ['temperature', 294.65, 'K', 21.5],
  ['temperature', -40, '[degF]', -40],
  ['voltage', 2995, 'mV', 2.995],
  ['pressure', 101_325, 'Pa', 1013.25],
  ['pressure', 101.325, 'kPa', 1013.25],
  ['pressure', 29.92, 'inHg', 1013.2075888],
  ['energy', 1234, 'Wh', 1.234],
  ['energy', 3.6, 'MJ', 1],
  ['power', 0.244, 'kW', 244],
  ['current', 480, 'mA', 0.48],
  ['battery', 0.4, '1', 40],
  ['humidity', 45, '%', 45],
  ['wind_speed', 36, 'km/h', 10],
])('%s: %d %s is %d', (metric, value, unit, expected) => {
  expect(to(metric, value, unit)).toBeCloseTo(expected, 9);
});

test('the names and units that the design fixes', () => {
  const fixed = [
    'temperature',
    'humidity',
    'pressure',
    'battery',
    'voltage',
    'power',
    'energy',
    'co2',
    'illuminance',
    'rssi',
  ];
  expect(fixed.map((metric) => findMetric(metric)!.unit)).toEqual([
    'Cel',
    '%RH',
    'hPa',
    '%',
    'V',
    'W',
    'kWh',
    'ppm',
    'lx',
    'dBm',
  ]);
});

test('milli and mega are told apart, and other cases are not', () => {
  expect(to('power', 1, 'mW')).toBe(0.001);
  expect(to('power', 1, 'MW')).toBe(1_000_000);
  expect(to('power', 1, 'KW')).toBe(1000);
  expect(findConversion(findMetric('temperature')!, 'V')).toBeUndefined();
  expect(findConversion(findMetric('temperature')!, 'constructor')).toBeUndefined();
});

describe.each(metricTable)('$metric', (kind) => {
  test('takes its canonical unit as it is, and keeps the order of values in every other one', () => {
    expect(convert(12.34, findConversion(kind, kind.unit)!)).toBe(12.34);
    for (const unit of unitSpellings(kind)) {
      const conversion = findConversion(kind, unit)!;
      fc.assert(
        fc.property(
          fc.integer({ min: -1e6, max: 1e6 }),
          fc.integer({ min: 1, max: 1e6 }),
          (low, more) => {
            expect(convert(low, conversion)).toBeLessThan(convert(low + more, conversion));
          },
        ),
        { numRuns: 20 },
      );
    }
  });
});
