// Globs as a yes or no for each series.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../../../src/core/glob.ts';
import type { SeriesKey } from '../../../../src/core/reading.ts';
import { SeriesFilters } from '../../../../src/delivery/grpc/series-filter.ts';

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
