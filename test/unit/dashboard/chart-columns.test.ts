// What a device's charts draw: unbroken where it spoke, broken where it was silent, and live readings
// in the buckets where the next answer will have them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadingEvent } from '../../../dashboards/web/src/api/answers.ts';
import {
  chartColumns,
  type DrawnSeries,
  drawnSeries,
  type NumberPoint,
  withoutOld,
  withReading,
} from '../../../dashboards/web/src/pages/device/chart-columns.ts';

const point = (ms: number, value = 20): NumberPoint => {
  return { ms, min: value - 1, mean: value, max: value + 1, count: 2 };
};

const temperature: DrawnSeries = drawnSeries({
  device: 'hall',
  channel: '',
  metric: 'temperature',
  unit: 'Cel',
  points: [
    { time: '2026-11-21T10:00:00.000Z', min: 19, mean: 20, max: 21, count: 2 },
    { time: '2026-11-21T10:00:10.000Z', min: 20, mean: 20, max: 20, count: 1 },
  ],
});

function reading(measuredAt: string, value: number | string, metric = 'temperature'): ReadingEvent {
  return {
    stream: 'readings',
    offset: '1',
    device: 'hall',
    channel: '',
    metric,
    value,
    unit: 'Cel',
    measuredAt,
    receivedAt: measuredAt,
    quality: 'good',
  };
}

test('even points are one line', () => {
  const columns = chartColumns([point(0), point(60_000), point(120_000)], 1_000);
  expect(columns).toEqual([
    [0, 60, 120],
    [19, 19, 19],
    [21, 21, 21],
    [20, 20, 20],
  ]);
});

test('a silence breaks the line in its middle', () => {
  const points = [0, 1, 2, 3, 100, 101].map((second) => point(second * 1000));
  const [times, lows] = chartColumns(points, 1_000);
  expect(times).toEqual([0, 1, 2, 3, 51.5, 100, 101]);
  expect(lows[4]).toBeNull();
  expect(lows.filter((low) => low === null)).toHaveLength(1);
});

test('times ascend and no point is left out, whatever the distances', () => {
  const distances = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(distances, fc.integer({ min: 1, max: 100_000 }), (steps, bucketMs) => {
      let ms = 0;
      const points = steps.map((step) => {
        ms += step;
        return point(ms);
      });
      const [times, , , means] = chartColumns(points, bucketMs);
      expect([...times].sort((a, b) => a - b)).toEqual(times);
      expect(means.filter((mean) => mean !== null)).toHaveLength(points.length);
    }),
  );
});

test('a live reading widens the newest bucket, or begins one', () => {
  const within = withReading([temperature], reading('2026-11-21T10:00:12.500Z', 26), 10_000);
  expect(within[0]?.numbers.at(-1)).toMatchObject({ min: 20, mean: 23, max: 26, count: 2 });
  const behind = withReading(within, reading('2026-11-21T10:00:21.000Z', 5), 10_000);
  expect(behind[0]?.numbers).toHaveLength(3);
  expect(behind[0]?.numbers.at(-1)).toMatchObject({ min: 5, mean: 5, max: 5, count: 1 });
});

test('a late reading and one of another series change nothing', () => {
  const late = withReading([temperature], reading('2026-11-21T09:00:00.000Z', 99), 10_000);
  const other = withReading([temperature], reading('2026-11-21T10:00:15.000Z', 1, 'x'), 10_000);
  expect(late[0]?.numbers).toEqual(temperature.numbers);
  expect(other).toEqual([temperature]);
});

test('what the span has left behind is given up, but the state that still holds stays', () => {
  const series: DrawnSeries = {
    ...temperature,
    numbers: [point(0), point(1_000), point(2_000)],
    texts: [0, 1_000, 2_000].map((ms) => ({ ms, text: String(ms) })),
  };
  const [left] = withoutOld([series], 1_500);
  expect(left?.numbers.map(({ ms }) => ms)).toEqual([2_000]);
  expect(left?.texts.map(({ ms }) => ms)).toEqual([1_000, 2_000]);
});
