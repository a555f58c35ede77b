// A chart says of each bucket what all of its readings say, whatever of them is hot, sealed, rolled up
// once or several times, came late, or went: it is held against every reading, one by one.
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { SeriesRequest } from '../../src/core/series-points.ts';
import { ChartReader } from '../../src/log/charts/chart-reader.ts';
import type { Log } from '../../src/log/log.ts';
import { decodedOf, messageOf, settled } from '../contract/log.ts';
import {
  chartRig,
  naiveSeries,
  type PlainSeries,
  plainSeries,
  requestOf,
} from '../support/charts.ts';
import { openLog } from '../support/duckdb-log.ts';
import { readingOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const START_US = 1_700_000_000_000_000;
const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openRig(sealRows: number, folder = tempFolder()) {
  const log = await openLog(folder, { sealRows, tailBytesMax: 0 });
  const rig = chartRig(log, folder);
  closing.push(
    () => log.close(),
    () => rig.rollups.close(),
  );
  return { log, folder, ...rig };
}

interface Said {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly value: number | string;
  readonly measuredAtUs: number;
}

async function store(log: Log, said: readonly Said[]): Promise<void> {
  for (let at = 0; at < said.length; at += 50) {
    const readings = said.slice(at, at + 50).map((each) => readingOf(each));
    log.append(messageOf(), decodedOf(readings));
    await settled(log);
  }
}

async function expectTrue(log: Log, charts: ChartReader, request: SeriesRequest) {
  const answer = await charts.read(request, new AbortController().signal);
  const wanted = await naiveSeries(log, request, answer);
  const found = plainSeries(answer);
  expect(withoutMeans(found)).toEqual(withoutMeans(wanted));
  for (const [line, points] of Object.entries(wanted)) {
    for (const [at, { mean, min, max }] of points.entries()) {
      if (mean === null || min === null || max === null) continue;
      // Sums of the same numbers in another order differ in the last digits of the largest.
      const tolerance = 1e-9 * Math.max(Math.abs(min), Math.abs(max));
      const difference = Math.abs((found[line]?.[at]?.mean ?? Number.NaN) - mean);
      expect(difference).toBeLessThanOrEqual(tolerance);
    }
  }
  for (const points of Object.values(found)) {
    for (const { min, mean, max } of points) {
      if (min === null || mean === null || max === null) continue;
      expect(min <= mean && mean <= max).toBe(true);
    }
  }
  return answer;
}

function withoutMeans(series: PlainSeries) {
  return Object.fromEntries(
    Object.entries(series)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([line, points]) => [
        line,
        points.map(({ mean, ...point }) => ({ ...point, hasMean: mean !== null })),
      ]),
  );
}

const anySaid = fc.record({
  device: fc.constantFrom('attic', 'attic', 'attic', 'cellar'),
  channel: fc.constantFrom('', '', '1'),
  metric: fc.constantFrom('temperature', 'state'),
  value: fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
    { weight: 2, arbitrary: fc.constantFrom('on', 'off', '') },
  ),
  // Mostly one after the other, now and then far behind or ahead.
  measuredAtUs: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 6 * 3600 }) },
    { weight: 1, arbitrary: fc.integer({ min: -500_000, max: 500_000 }) },
  ),
});

const anyChart = fc.record({
  metric: fc.constantFrom(null, 'temperature'),
  channel: fc.constantFrom(null, ''),
  from: fc.integer({ min: -600_000, max: 6 * 3600 }),
  length: fc.integer({ min: 1, max: 900_000 }),
  bucketS: fc.constantFrom(null, 7, 60, 90, 600, 3600, 5400, 86_400),
  pointsMax: fc.integer({ min: 2, max: 500 }),
});

test('any chart over any log says what its readings say', { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySaid, { minLength: 200, maxLength: 900 }),
      fc.array(fc.nat(2), { minLength: 3, maxLength: 3 }),
      fc.array(anyChart, { minLength: 4, maxLength: 8 }),
      async (said, steps, chartsAsked) => {
        const { log, rollups, charts, failures } = await openRig(10);
        const part = Math.ceil(said.length / steps.length);
        for (const [index, step] of steps.entries()) {
          const some = said.slice(index * part, (index + 1) * part);
          await store(
            log,
            some.map((each, at) => ({
              ...each,
              measuredAtUs: START_US + each.measuredAtUs * SECOND_US + at,
            })),
          );
          if (step > 0) await log.keep();
          if (step > 1) await rollups.settle();
        }
        for (const { from, length, bucketS, ...rest } of chartsAsked) {
          const fromUs = START_US + from * SECOND_US;
          const toUs = fromUs + length * SECOND_US;
          const bucketUs = bucketS === null || length / bucketS > 9000 ? null : bucketS * SECOND_US;
          const pointsMax = bucketUs === null ? rest.pointsMax : 10_000;
          const request = requestOf({ ...rest, fromUs, toUs, bucketUs, pointsMax });
          await expectTrue(log, charts, request);
        }
        expect(failures).toEqual([]);
        await rollups.close();
        await log.close();
        closing.splice(0);
      },
    ),
    // Making hundreds of readings smaller takes longer than anyone waits; the seed gives them back.
    { numRuns: Number(process.env.TEST_CHART_RUNS ?? 6), endOnFailure: true },
  );
});

test('a spike of one reading is in every chart, of minutes, hours and days', async () => {
  const { log, rollups, charts } = await openRig(100);
  const said = Array.from({ length: 7000 }, (_, at) => ({
    device: 'attic',
    channel: '',
    metric: 'temperature',
    value: at === 4321 ? 999 : at === 1234 ? -999 : 20,
    measuredAtUs: START_US + at * 10 * SECOND_US,
  }));
  await store(log, said);
  await log.keep();
  await rollups.settle();
  expect(rollups.setOf(log.stream('')).all.map(({ tier }) => tier)).toContain(1);
  const toUs = START_US + 7000 * 10 * SECOND_US;
  for (const pointsMax of [2, 10, 100, 1000]) {
    const request = requestOf({ fromUs: START_US, toUs, pointsMax });
    const { series } = await expectTrue(log, charts, request);
    expect(Math.max(...(series[0]?.max ?? []))).toBe(999);
    expect(Math.min(...(series[0]?.min ?? []))).toBe(-999);
  }
});

test('from the first reading on, whether it is hot, sealed or rolled up', async () => {
  const { log, rollups, charts } = await openRig(10);
  const at = (index: number) => START_US + index * HOUR_US + 1234;
  for (const step of [1, 5, 100, 200]) {
    const from = log.stream('').highWatermark;
    const said = Array.from({ length: step }, (_, index) => ({
      device: 'attic',
      channel: '',
      metric: 'temperature',
      value: from + index,
      measuredAtUs: at(from + index),
    }));
    await store(log, said);
    if (step > 1) await log.keep();
    if (step > 5) await rollups.settle();
    const request = requestOf({ fromUs: null, toUs: at(400) });
    const { fromUs, series } = await expectTrue(log, charts, request);
    expect(fromUs).toBeGreaterThan(START_US - 24 * HOUR_US);
    const readings = series[0]?.count.reduce((sum, count) => sum + count, 0);
    expect(readings).toBe(from + step);
  }
});

test('while table after table is sealed under it', async () => {
  const { log, charts } = await openRig(10);
  const toUs = START_US + 3000 * SECOND_US;
  let isStored = false;
  const storing = store(
    log,
    Array.from({ length: 3000 }, (_, at) => ({
      device: 'attic',
      channel: '',
      metric: 'temperature',
      value: at,
      measuredAtUs: START_US + at * SECOND_US,
    })),
  ).finally(() => {
    isStored = true;
  });
  await expect.poll(() => log.stream('').segments.all.length).toBeGreaterThan(0);
  let readings = 0;
  while (!isStored) {
    const request = requestOf({ fromUs: START_US, toUs, bucketUs: 600 * SECOND_US });
    const { series } = await charts.read(request, new AbortController().signal);
    const count = series[0]?.count.reduce((sum, each) => sum + each, 0) ?? 0;
    expect(count).toBeGreaterThanOrEqual(readings);
    // The first of them are there without a gap.
    expect(count % 50).toBe(0);
    readings = count;
  }
  await storing;
  await log.keep();
  expect(readings).toBeGreaterThan(0);
});

/** In front of DuckDB's own: files as good as endless. */
const ENDLESS_FILES = `create temp macro read_parquet(files) as table
  select 0 as series, make_timestamptz(${START_US}) as measured_at, 1::double as number,
    null::varchar as text, range as "offset"
  from range(1_000_000_000_000)`;

test('one that takes too long is ended within DuckDB, and the next is read on its connection', async () => {
  const { log, folder, rollups, charts } = await openRig(10);
  const said = Array.from({ length: 100 }, (_, at) => ({
    device: 'attic',
    channel: '',
    metric: 'temperature',
    value: at,
    measuredAtUs: START_US + at * SECOND_US,
  }));
  await store(log, said);
  await log.keep();
  expect(log.stream('').segments.all.length).toBeGreaterThan(0);
  const request = requestOf({ fromUs: START_US, toUs: START_US + 100 * SECOND_US });
  await rollups.database.chart((own) => own.run(ENDLESS_FILES));
  const hasty = new ChartReader({ log, rollups, directory: folder, timeLimitMs: 200 });
  const asked = hasty.read(request, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ code: 'SERIES_TIMEOUT' });
  // Has its turn once that one has ended.
  await rollups.database.chart((own) => own.run('drop macro table read_parquet'));
  const { series } = await expectTrue(log, charts, request);
  expect(series[0]?.count.reduce((sum, count) => sum + count, 0)).toBe(100);
});
