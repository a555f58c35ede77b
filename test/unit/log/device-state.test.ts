// How often a device speaks, and when its silence is longer than usual.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeviceState } from '../../../src/log/device-state.ts';
import { type SeriesSnapshot, SeriesState } from '../../../src/log/series-state.ts';
import { SeriesTable } from '../../../src/log/series-table.ts';
import { columnsOf, plainRows, readingOf } from '../../support/reading-rows.ts';

const startUs = 1_700_000_000_000_000;
const seconds = (count: number): number => Math.round(count * 1_000_000);

/** Two series of the first device and one of the second. */
function tableOf(): SeriesTable {
  const table = new SeriesTable(100);
  table.idOf(readingOf({ device: 'attic', metric: 'temperature' }), 'mqtt');
  table.idOf(readingOf({ device: 'attic', metric: 'humidity' }), 'mqtt');
  table.idOf(readingOf({ device: 'cellar', metric: 'temperature' }), 'mqtt');
  return table;
}

const attic = 0;
const cellar = 1;

/** A reading of each series at each of the times, in seconds from the start. */
function note(state: DeviceState, series: readonly number[], times: readonly number[]): void {
  const [row] = plainRows(0, 1);
  const rows = times.flatMap((time) =>
    series.map((id) => ({ ...row!, series: id, receivedAtUs: startUs + seconds(time) })),
  );
  state.note(columnsOf(rows.map((each, offset) => ({ ...each, offset }))));
}

function every(interval: number, count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index * interval);
}

test('a device has no habit before it has spoken three times', () => {
  const state = new DeviceState(tableOf());
  note(state, [0, 1], [0, 0.4, 10, 10.2]);
  const later = startUs + seconds(100_000);
  expect(state.activity(attic, later)).toEqual({
    lastSeenUs: startUs + seconds(10.2),
    usualIntervalUs: null,
    readingsPerMinute: null,
    isStale: false,
  });
  expect(state.activity(cellar, later).isStale).toBe(false);
  expect(state.staleCount(later)).toBe(0);
  note(state, [0, 1], [20]);
  expect(state.activity(attic, later)).toMatchObject({
    usualIntervalUs: seconds(10),
    isStale: true,
  });
  expect(state.staleCount(later)).toBe(1);
});

test('what comes within a second is one turn, and all of it counts for the rate', () => {
  const state = new DeviceState(tableOf());
  note(
    state,
    [0, 1],
    every(30, 20).flatMap((time) => [time, time + 0.2, time + 0.9]),
  );
  const { usualIntervalUs, readingsPerMinute } = state.activity(attic, startUs + seconds(571));
  expect(usualIntervalUs).toBe(seconds(30));
  expect(readingsPerMinute).toBeCloseTo(12, 5);
});

test('a device that speaks many times a second has its true rate', () => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(0.05, 1000));
  const { usualIntervalUs, readingsPerMinute } = state.activity(cellar, startUs + seconds(49.95));
  expect(usualIntervalUs).toBe(seconds(1));
  expect(readingsPerMinute).toBeCloseTo(1200, 5);
});

test.each([
  { interval: 10, silent: 60, isStale: false },
  { interval: 10, silent: 61, isStale: true },
  { interval: 100, silent: 300, isStale: false },
  { interval: 100, silent: 301, isStale: true },
])('every $interval s, silent for $silent s: stale is $isStale', (each) => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(each.interval, 10));
  const nowUs = startUs + seconds(each.interval * 9 + each.silent);
  expect(state.activity(cellar, nowUs).isStale).toBe(each.isStale);
  expect(state.staleCount(nowUs)).toBe(each.isStale ? 1 : 0);
});

test('the rate falls while a device is late', () => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(60, 10));
  const rateAfter = (silent: number): number | null =>
    state.activity(cellar, startUs + seconds(540 + silent)).readingsPerMinute;
  expect(rateAfter(30)).toBeCloseTo(1, 5);
  expect(rateAfter(600)).toBeCloseTo(0.1, 5);
});

test('one long silence is no habit, many are', () => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(10, 20));
  note(state, [2], [100_000]);
  const intervalNow = (): number => state.activity(cellar, startUs).usualIntervalUs ?? 0;
  expect(intervalNow()).toBeLessThan(seconds(30));
  note(state, [2], every(1000, 40, 101_000));
  expect(intervalNow()).toBeGreaterThan(seconds(900));
  expect(intervalNow()).toBeLessThanOrEqual(seconds(1000));
});

test('what came earlier and is stored later changes nothing', () => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(10, 20));
  const nowUs = startUs + seconds(200);
  const before = state.activity(cellar, nowUs);
  note(state, [2], [-50_000, -40_000, 5]);
  expect(state.activity(cellar, nowUs)).toEqual(before);
});

test('the time in which nobody listened is no silence and no gap', () => {
  const state = new DeviceState(tableOf());
  note(state, [2], every(10, 20));
  state.listen(startUs + seconds(50_000));
  expect(state.activity(cellar, startUs + seconds(50_060)).isStale).toBe(false);
  expect(state.activity(cellar, startUs + seconds(50_061)).isStale).toBe(true);
  note(state, [2], every(10, 3, 50_070));
  const { isStale, usualIntervalUs } = state.activity(cellar, startUs + seconds(50_095));
  expect({ isStale, usualIntervalUs }).toEqual({ isStale: false, usualIntervalUs: seconds(10) });
});

test('begins with the mean over what was stored', () => {
  const table = tableOf();
  const state = new DeviceState(table);
  const stored = (series: number, span: number, readings: number): SeriesSnapshot => ({
    series,
    firstSeenUs: startUs,
    lastSeenUs: startUs + seconds(span),
    readings,
    value: 1,
    measuredAtUs: startUs,
  });
  state.restore([stored(0, 600, 61), stored(1, 600, 11), stored(2, 600, 2)]);
  const nowUs = startUs + seconds(600);
  const { usualIntervalUs, readingsPerMinute } = state.activity(attic, nowUs);
  expect(usualIntervalUs).toBe(seconds(10));
  expect(readingsPerMinute).toBeCloseTo(7, 5);
  expect(state.activity(cellar, nowUs)).toMatchObject({
    lastSeenUs: nowUs,
    usualIntervalUs: null,
  });
});

test('the profile is that of the last message, by device', () => {
  const state = new DeviceState(tableOf());
  expect(state.profileOf(attic)).toBe('');
  state.setProfile(0, 'tasmota');
  expect(state.profileOf(attic)).toBe('tasmota');
  state.setProfile(1, 'acme');
  expect(state.profileOf(attic)).toBe('acme');
  expect(state.profileOf(cellar)).toBe('');
});

test('for any times the means stay within what was seen', () => {
  const times = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(times, (unsorted) => {
      const sorted = [...unsorted].sort((a, b) => a - b);
      const state = new DeviceState(tableOf());
      note(state, [2], sorted);
      const nowUs = startUs + seconds(sorted.at(-1)!);
      const { lastSeenUs, usualIntervalUs, readingsPerMinute } = state.activity(cellar, nowUs);
      expect(lastSeenUs).toBe(nowUs);
      const turns = new Set(sorted).size;
      expect(usualIntervalUs === null).toBe(turns < 3);
      if (usualIntervalUs === null) return;
      expect(usualIntervalUs).toBeGreaterThanOrEqual(seconds(1));
      expect(usualIntervalUs).toBeLessThanOrEqual(seconds(sorted.at(-1)! - sorted[0]!));
      expect(readingsPerMinute).toBeGreaterThan(0);
    }),
  );
});

test('devices beyond the first room are kept like the others', () => {
  const table = new SeriesTable(1000);
  const state = new DeviceState(table);
  for (let id = 0; id < 300; id++) table.idOf(readingOf({ device: `d${id}` }), 'mqtt');
  note(state, [0, 299], every(10, 5));
  const nowUs = startUs + seconds(1000);
  expect(state.staleCount(nowUs)).toBe(2);
  expect(state.activity(299, nowUs)).toEqual(state.activity(0, nowUs));
});

test('a series that nothing was noted of has no state', () => {
  const state = new SeriesState();
  expect(state.get(0)).toBeNull();
  expect(state.get(10_000)).toBeNull();
  state.note(columnsOf(plainRows(0, 3)));
  expect(state.get(0)).toMatchObject({ series: 0, readings: 3, value: 2 });
});
