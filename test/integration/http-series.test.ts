// GET /api/v1/series on a running gateway: a day of one-second readings, what is refused and how, and
// many charts while readings come in.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { seriesSchema } from '../../src/delivery/http/api/series.ts';
import type { Problem } from '../../src/delivery/http/problem.ts';
import type {
  PublishedReading,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import {
  type GatewayProcess,
  makeFolder,
  removeFolder,
  spawnGateway,
  startGateway,
} from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';

const SECONDS = 19_200;
/** Within a day of now, or the readings' clock would be in doubt; at an even minute. */
const endMs = Math.floor((Date.now() - 3_600_000) / 120_000) * 120_000;
const startMs = endMs - SECONDS * 1000;

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;

const valueAt = (second: number) => (second === 7777 ? 99 : 20 + (second % 10));

beforeAll(async () => {
  folder = makeFolder('series');
  gateway = await startGateway(folder, { MILLPOND_LOG_SEAL_ROWS: '1000' });
  client = connectTelemetry(gateway.addresses.grpc);
  const seconds = Array.from({ length: SECONDS }, (_, second) =>
    reading({}, second, valueAt(second)),
  );
  const door = ['open', 'closed', 'open'].map((state, at) =>
    reading({ device: 'door', metric: 'state' }, at * 60, state),
  );
  const channels = ['', '1'].map((channel) => reading({ device: 'pair', channel }, 5, 1));
  const wide = Array.from({ length: 10_000 }, (_, at) =>
    reading({ device: 'wide', metric: `m${at}` }, 5, at),
  );
  const odd = [reading({ device: '<script>alert(1)</script>/ü +%' }, 5, 3)];
  await publishAll(client, inThousands([...seconds, ...door, ...channels, ...wide, ...odd]));
}, 60_000);

afterAll(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

function reading(
  names: Partial<PublishedReading>,
  second: number,
  value: number | string,
): Partial<PublishedReading> {
  return {
    device: 'attic',
    metric: 'temperature',
    unit: 'Cel',
    measuredAtUs: BigInt(startMs + second * 1000) * 1000n,
    value: typeof value === 'number' ? { $case: 'number', value } : { $case: 'text', value },
    ...names,
  };
}

function* inThousands(readings: readonly Partial<PublishedReading>[]) {
  for (let at = 0; at < readings.length; at += 1000) {
    yield readingsRequest(readings.slice(at, at + 1000));
  }
}

type Chart = z.infer<typeof seriesSchema>;
type Point = Chart['series'][number]['points'][number];

/** A chart, or what the problem is. */
interface Answer {
  readonly status: number;
  readonly body: Chart & Problem;
}

function pointsOf({ body }: Answer): Point[] {
  return body.series[0]?.points ?? [];
}

function readingsOf(answer: Answer): number {
  return pointsOf(answer).reduce((sum, { count }) => sum + count, 0);
}

async function ask(parameters: Record<string, string | number>): Promise<Answer> {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await fetch(`http://${gateway.addresses.http}/api/v1/series?${query}`);
  const body = (await answer.json()) as Chart & Problem;
  if (answer.ok) seriesSchema.parse(body);
  else expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return { status: answer.status, body };
}

test('least, mean, greatest and count of each minute, and the spike in any of them', async () => {
  const range = { device: 'attic', from: startMs, to: endMs };
  const minutes = await ask({ ...range, bucket: '1m' });
  expect(minutes.body).toMatchObject({ bucketMs: 60_000 });
  const [line] = minutes.body.series;
  expect(line).toMatchObject({ device: 'attic', channel: '', metric: 'temperature', unit: 'Cel' });
  const points = pointsOf(minutes);
  for (const [minute, point] of points.entries()) {
    const from = minute * 60;
    const values = Array.from({ length: Math.min(60, SECONDS - from) }, (_, at) =>
      valueAt(from + at),
    );
    const sum = values.reduce((all, each) => all + each, 0);
    expect(point).toEqual({
      time: new Date(startMs + from * 1000).toISOString().replace('Z', '000Z'),
      count: values.length,
      min: Math.min(...values),
      mean: expect.closeTo(sum / values.length, 9),
      max: Math.max(...values),
    });
  }
  expect(points).toHaveLength(Math.ceil(SECONDS / 60));
  for (const points of [2, 10, 60, 400, 9999]) {
    const found = pointsOf(await ask({ ...range, points }));
    expect(found.length).toBeLessThanOrEqual(points);
    expect(Math.max(...found.map(({ max = 0 }) => max))).toBe(99);
    expect(found.reduce((all, { count }) => all + count, 0)).toBe(SECONDS);
  }
});

test('ages, earliest, channels, texts, and names as they come', async () => {
  const age = await ask({ device: 'attic', from: '-2d' });
  expect(age.body.series).toHaveLength(1);
  const all = await ask({ device: 'attic', from: 'earliest', points: 50 });
  expect(Date.parse(all.body.from)).toBeGreaterThan(startMs - 86_400_000);
  expect(readingsOf(all)).toBe(SECONDS);
  const pair = { device: 'pair', from: startMs, to: endMs };
  expect((await ask(pair)).body.series).toHaveLength(2);
  expect((await ask({ ...pair, channel: '1' })).body.series).toMatchObject([{ channel: '1' }]);
  expect((await ask({ ...pair, channel: '' })).body.series).toMatchObject([{ channel: '' }]);
  const door = await ask({ device: 'door', from: startMs, to: endMs, bucket: '2m' });
  expect(pointsOf(door)).toEqual([
    { time: expect.any(String), count: 2, last: 'closed' },
    { time: expect.any(String), count: 1, last: 'open' },
  ]);
  const odd = await ask({ device: '<script>alert(1)</script>/ü +%', from: startMs, to: endMs });
  expect(odd.body.series).toHaveLength(1);
  const none = await ask({ device: 'attic', metric: 'none', from: startMs });
  expect(none).toMatchObject({ status: 200, body: { series: [] } });
  expect((await ask({ device: 'attic', from: 0, to: 1000 })).body.series).toEqual([]);
});

describe('it refuses', () => {
  const day = { device: 'attic', from: '-1d' };
  test.each([
    ['a device that is not there', { device: 'nobody' }, 404, 'DEVICE_UNKNOWN', /"nobody"/],
    ['a stream that is not there', { ...day, stream: 'none' }, 404, 'STREAM_UNKNOWN', /none/],
    ['no device', { from: '-1d' }, 400, 'REQUEST_INVALID', /device/],
    [
      'ten years in seconds',
      { ...day, from: '-3650d', bucket: '1s' },
      400,
      'REQUEST_INVALID',
      /ask for 43200000 ms or more/,
    ],
    ['from after to', { ...day, to: '-2d' }, 400, 'REQUEST_INVALID', /from: must be before to/],
    ['no number', { ...day, from: 'NaN' }, 400, 'REQUEST_INVALID', /from/],
    ['an absurd year', { ...day, from: '123456789-01-01' }, 400, 'REQUEST_INVALID', /from/],
    ['a bucket of nothing', { ...day, bucket: '0s' }, 400, 'REQUEST_INVALID', /bucket/],
    ['too many points', { ...day, points: 10_001 }, 400, 'REQUEST_INVALID', /points/],
    ['one point', { ...day, points: 1 }, 400, 'REQUEST_INVALID', /points/],
    [
      'a device with too many series',
      { device: 'wide' },
      429,
      'SERIES_LIMIT',
      /10000 series.*at most 100/,
    ],
    ['an unknown parameter', { ...day, until: 'now' }, 400, 'REQUEST_INVALID', /until/],
  ])('%s', async (_, parameters, status, code, detail) => {
    const answer = await ask(parameters as Record<string, string>);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.body.detail).toMatch(detail);
  });

  test('and says of each parameter what it may be', async () => {
    const { body } = await ask({ ...day, until: 'now', points: 'many' });
    expect(body.errors).toContainEqual({
      parameter: 'points',
      problem: expect.stringContaining('a whole number from 2 to 10000'),
    });
    const unknown = await ask({ ...day, until: 'now' });
    expect(unknown.body.errors?.[0]?.problem).toMatch(
      /device, metric, channel, stream, from, to, bucket, points/,
    );
  });
});

test('ten years are charted in as many points as fit', async () => {
  const answer = await ask({ device: 'attic', from: '-3650d' });
  expect(answer.body.bucketMs).toBe(7 * 86_400_000);
  expect(readingsOf(answer)).toBe(SECONDS);
});

test('fifty charts at a time while readings come in: all are answered, all is stored', async () => {
  const charts = Array.from({ length: 50 }, (_, at) =>
    ask({ device: 'attic', from: startMs - at * 60_000, to: endMs, points: 500 }),
  );
  const stored = await publishAll(
    client,
    inThousands(
      Array.from({ length: 20_000 }, (_, at) => reading({ device: 'late' }, at % 3600, at)),
    ),
  );
  expect(stored).toBe(20);
  for (const answer of await Promise.all(charts)) {
    expect(answer.status).toBe(200);
    expect(readingsOf(answer)).toBe(SECONDS);
  }
  const late = await ask({ device: 'late', from: startMs, to: endMs });
  expect(readingsOf(late)).toBe(20_000);
});

test('rollups that cannot be made are told of, and charts go on without them', async () => {
  const other = makeFolder('no-rollups');
  writeFileSync(join(other, 'rollups'), 'in the way');
  const starting = spawnGateway(other, { MILLPOND_LOG_SEAL_ROWS: '100' });
  try {
    const { addresses } = await starting.ready;
    const telemetry = connectTelemetry(addresses.grpc);
    // Each call is a commit of its own, and so a segment.
    for (let part = 0; part < 10; part++) {
      const some = Array.from({ length: 300 }, (_, at) => reading({}, part * 300 + at, 1));
      await publishAll(telemetry, inThousands(some));
    }
    telemetry.close();
    const told = await starting.line(/ENOTDIR/);
    expect(told).toMatchObject({ code: 'ROLLUP_FAILED' });
    const query = `device=attic&from=${startMs}&to=${endMs}`;
    const answer = await fetch(`http://${addresses.http}/api/v1/series?${query}`);
    expect(readingsOf({ status: 200, body: (await answer.json()) as Chart & Problem })).toBe(3000);
  } finally {
    await starting.stop();
    removeFolder(other);
  }
});
