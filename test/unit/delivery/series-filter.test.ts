// Globs as a yes or no for each series.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../../src/core/glob.ts';
import type { SeriesKey } from '../../../src/core/reading.ts';
import { SeriesFilters } from '../../../src/delivery/series-filter.ts';

function keyOf(device: string, metric: string): SeriesKey {
  return { device, channel: '', metric, unit: '', source: 'mqtt' };
}

const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 });

test('a series passes if any glob of each kind matches, or there is none of that kind', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 20 }),
      fc.array(glob, { maxLength: 3 }),
      fc.array(glob, { maxLength: 3 }),
      (names, devices, metrics) => {
        const keys: SeriesKey[] = [];
        const filters = new SeriesFilters(keys);
        const wants = filters.get({ devices, metrics });
        // The table grows while the filter is in use.
        for (const [series, [device, metric]] of names.entries()) {
          keys.push(keyOf(device, metric));
          const expected =
            (devices.length === 0 || devices.some((each) => matchesGlob(each, device))) &&
            (metrics.length === 0 || metrics.some((each) => matchesGlob(each, metric)));
          expect(wants?.(series) ?? true).toBe(expected);
          // Asked again, it is the same.
          expect(filters.get({ devices, metrics })?.(series) ?? true).toBe(expected);
        }
      },
    ),
  );
});

test('no filter lets everything through without asking', () => {
  const filters = new SeriesFilters([]);
  expect(filters.get(null)).toBeNull();
  expect(filters.get({ devices: [], metrics: [] })).toBeNull();
});

test('subscribers with the same globs share one answer table, and others do not', () => {
  const filters = new SeriesFilters([keyOf('a', 'b')]);
  const first = filters.get({ devices: ['a'], metrics: ['b'] });
  expect(filters.get({ devices: ['a'], metrics: ['b'] })).toBe(first);
  expect(filters.get({ devices: ['a', 'b'], metrics: [] })).not.toBe(first);
  expect(filters.get({ devices: [], metrics: ['a', 'b'] })?.(0)).toBe(true);
});

test('keeps the tables of the filters used last, and no more than so many', () => {
  const filters = new SeriesFilters([keyOf('a', 'b')]);
  const kept = filters.get({ devices: ['a'], metrics: [] });
  const gone = filters.get({ devices: ['b'], metrics: [] });
  for (let index = 0; index < 300; index++) {
    filters.get({ devices: [`device-${index}`], metrics: [] });
    filters.get({ devices: ['a'], metrics: [] });
  }
  expect(filters.get({ devices: ['a'], metrics: [] })).toBe(kept);
  expect(filters.get({ devices: ['b'], metrics: [] })).not.toBe(gone);
});

test('many filters over many series stay within their bytes, and answer all the same', () => {
  const keys = Array.from({ length: 50_000 }, (_, index) => keyOf(`d${index}`, 'm'));
  const bytesMax = 300_000;
  const filters = new SeriesFilters(keys, { filtersMax: 64, bytesMax });
  for (let index = 0; index < 200; index++) {
    const wants = filters.get({ devices: [`d${index}`], metrics: [] });
    for (let series = 0; series < keys.length; series += 1000) wants?.(series);
    expect(wants?.(index)).toBe(true);
    expect(wants?.(index + 1)).toBe(false);
    expect(filters.bytes).toBeLessThanOrEqual(bytesMax);
  }
  expect(filters.count).toBeGreaterThan(1);
});

test('one filter over more series than the bytes allow is kept alone', () => {
  const keys = Array.from({ length: 5000 }, (_, index) => keyOf(`d${index}`, 'm'));
  const filters = new SeriesFilters(keys, { filtersMax: 64, bytesMax: 3000 });
  const small = filters.get({ devices: ['d1'], metrics: [] });
  const large = filters.get({ devices: ['d4999'], metrics: [] });
  expect(large?.(4999)).toBe(true);
  expect(filters.count).toBe(1);
  expect(filters.get({ devices: ['d4999'], metrics: [] })).toBe(large);
  // One that went while it was in use still answers, and counts no more.
  const { bytes } = filters;
  expect(small?.(4999)).toBe(false);
  expect(filters.bytes).toBe(bytes);
});
