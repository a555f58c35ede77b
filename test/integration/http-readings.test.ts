// GET /api/v1/readings on a running gateway: pages of JSON, and files that others read: CSV by
// Python's pandas, Parquet by hyparquet.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { exactGlob } from '../../src/core/glob.ts';
import { nameLengthMax } from '../../src/core/name.ts';
import { readingsSchema } from '../../src/delivery/http/api/readings.ts';
import type { Problem } from '../../src/delivery/http/problem.ts';
import type {
  PublishedReading,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';

const COUNT = 3000;
const endMs = Math.floor(Date.now() / 1000) * 1000;
const startMs = endMs - COUNT * 1000;
const hostile = [
  '=HYPERLINK("http://evil")',
  '+1',
  '-1',
  '@SUM(A1)',
  'a,"b"\nc',
  '\t=1',
  'plain',
  '',
];

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;

beforeAll(async () => {
  folder = makeFolder('readings');
  gateway = await startGateway(folder, { MILLPOND_LOG_SEAL_ROWS: '500' });
  client = connectTelemetry(gateway.addresses.grpc);
  for (let first = 0; first < COUNT; first += 300) {
    const some = Array.from({ length: 300 }, (_, at) => numberAt(first + at));
    await publishAll(client, [readingsRequest(some)]);
  }
  const texts = hostile.map(
    (value, at): Partial<PublishedReading> => ({
      device: '=cmd|x',
      metric: 'state',
      measuredAtUs: BigInt(startMs + at) * 1000n,
      value: { $case: 'text', value },
    }),
  );
  await publishAll(client, [readingsRequest(texts)]);
}, 60_000);

afterAll(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

function numberAt(index: number): Partial<PublishedReading> {
  return {
    device: index % 3 === 0 ? 'attic' : 'cellar',
    metric: 'temperature',
    unit: 'Cel',
    measuredAtUs: BigInt(startMs + index * 1000) * 1000n,
    value: { $case: 'number', value: -5.5 + index / 10 },
  };
}

function urlOf(parameters: Record<string, string | number>): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `http://${gateway.addresses.http}/api/v1/readings?${query}`;
}

async function page(parameters: Record<string, string | number>) {
  const answer = await fetch(urlOf(parameters));
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  return readingsSchema.parse(await answer.json());
}

async function file(parameters: Record<string, string | number>): Promise<Buffer> {
  const answer = await fetch(urlOf(parameters));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="readings[\w.-]*\.(csv|parquet)"$/,
  );
  return Buffer.from(await answer.arrayBuffer());
}

function parquetRows(bytes: Buffer) {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return parquetReadObjects({ file: whole as ArrayBuffer, compressors });
}

/** What pandas makes of it, as a list of rows. */
function readByPandas(csv: Buffer): Record<string, unknown>[] {
  const program = `import pandas, sys
print(pandas.read_csv(sys.stdin, dtype=str, keep_default_na=False).to_json(orient='records'))`;
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], {
    input: csv,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const hasPandas = spawnSync('/usr/bin/python3', ['-c', 'import pandas']).status === 0;

test('pages of JSON follow one another by offset, over what is sealed and what is not', async () => {
  const found: z.infer<typeof readingsSchema>['readings'] = [];
  for (let fromOffset = '0'; ; ) {
    const { readings, nextOffset, isTruncated } = await page({ fromOffset, limit: 700 });
    found.push(...readings);
    expect(isTruncated).toBe(nextOffset !== null);
    if (nextOffset === null) break;
    fromOffset = nextOffset;
  }
  expect(found.map(({ offset }) => Number(offset))).toEqual(
    Array.from({ length: COUNT + hostile.length }, (_, at) => at),
  );
  expect(found[7]).toEqual({
    event: 'reading',
    stream: 'readings',
    offset: '7',
    device: 'cellar',
    channel: '',
    metric: 'temperature',
    value: -5.5 + 7 / 10,
    unit: 'Cel',
    measuredAt: new Date(startMs + 7000).toISOString().replace('Z', '000Z'),
    measuredAtUs: (startMs + 7000) * 1000,
    receivedAt: expect.any(String),
    receivedAtUs: expect.any(Number),
    quality: 'good',
    source: 'grpc',
  });
  expect(found.slice(COUNT).map(({ value }) => value)).toEqual(hostile);
});

test('by device, metric, time and offset', async () => {
  const attic = await page({ device: 'att*', limit: 10_000 });
  expect(attic.readings).toHaveLength(COUNT / 3);
  const minute = { from: startMs + 60_000, to: startMs + 120_000, metric: 'temperature' };
  const timely = await page({ ...minute, limit: 10_000 });
  expect(timely.readings.map(({ offset }) => Number(offset))).toEqual(
    Array.from({ length: 60 }, (_, at) => 60 + at),
  );
  const some = await page({ fromOffset: 498, toOffset: 503 });
  expect(some.readings.map(({ offset }) => offset)).toEqual(['498', '499', '500', '501', '502']);
  expect(await page({ device: 'nobody' })).toEqual({
    readings: [],
    nextOffset: null,
    isTruncated: false,
  });
});

test('a Parquet file has every reading, as the sealed files have them', async () => {
  const rows = await parquetRows(await file({ format: 'parquet' }));
  expect(rows).toHaveLength(COUNT + hostile.length);
  expect(rows[0]).toMatchObject({
    offset: 0n,
    device: 'attic',
    metric: 'temperature',
    unit: 'Cel',
    number: -5.5,
    text: null,
    measured_at: new Date(startMs),
    stream: 'readings',
  });
  expect(rows.slice(COUNT).map(({ text }) => text)).toEqual(hostile);
  const cellar = await parquetRows(await file({ format: 'parquet', device: 'cellar', limit: 5 }));
  expect(cellar.map(({ offset }) => offset)).toEqual([1n, 2n, 4n, 5n, 7n]);
});

test.skipIf(!hasPandas)('a CSV file is read by pandas, and holds no formula', async () => {
  const csv = await file({ format: 'csv' });
  const rows = readByPandas(csv);
  expect(rows).toHaveLength(COUNT + hostile.length);
  expect(rows[1]).toEqual({
    offset: '1',
    device: 'cellar',
    channel: '',
    metric: 'temperature',
    value: '-5.4',
    unit: 'Cel',
    measured_at: new Date(startMs + 1000).toISOString().replace('Z', '000Z'),
    received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    quality: 'good',
    source: 'grpc',
    stream: 'readings',
  });
  const cells = rows.slice(COUNT).map(({ device, value }) => [device, value]);
  for (const cell of cells.flat()) expect(String(cell)).not.toMatch(/^[=+\-@\t\r]/);
  expect(cells[0]).toEqual(["'=cmd|x", `'=HYPERLINK("http://evil")`]);
  expect(cells.map(([, value]) => value).slice(4)).toEqual(['a,"b"\nc', "'\t=1", 'plain', '']);
});

test('the format may be asked for by the header Accept', async () => {
  const answer = await fetch(urlOf({ limit: 1 }), { headers: { accept: 'text/csv;q=0.9, */*' } });
  expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
  expect((await answer.text()).split('\n')[0]).toBe(
    'offset,device,channel,metric,value,unit,measured_at,received_at,quality,source,stream',
  );
});

test('of one device alone, whatever signs its name has', async () => {
  const name = 'a*b?c\\d';
  const longest = '*'.repeat(nameLengthMax);
  const values = [name, 'axb-c\\d', 'a*bxc\\d', name, longest].map(
    (device, at): Partial<PublishedReading> => ({
      ...numberAt(at),
      device,
      metric: 'level',
      value: { $case: 'number', value: at },
    }),
  );
  await publishAll(client, [readingsRequest(values)]);
  const valuesOf = async (device: string) => {
    const lines = (await file({ device, metric: 'level', format: 'csv' })).toString();
    return lines
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[4]));
  };
  expect(await valuesOf(name)).toEqual([0, 1, 2, 3]);
  expect(await valuesOf(exactGlob(name))).toEqual([0, 3]);
  expect(await valuesOf(exactGlob(longest))).toEqual([4]);
  const answer = await fetch(urlOf({ device: exactGlob(name), format: 'csv' }));
  await answer.body?.cancel();
  expect(answer.headers.get('content-disposition')).toContain('"readings-a_b_c_d.csv"');
});

describe('it refuses', () => {
  test.each([
    [{ stream: 'none' }, 404, 'STREAM_UNKNOWN', /none/],
    [{ limit: 10_001 }, 400, 'REQUEST_INVALID', /at most 10000 as JSON/],
    [{ limit: 0 }, 400, 'REQUEST_INVALID', /limit/],
    [{ format: 'xml' }, 400, 'REQUEST_INVALID', /format/],
    [{ from: '-1h', to: '-2h' }, 400, 'REQUEST_INVALID', /from: must be before/],
    [{ fromOffset: 5, toOffset: 5 }, 400, 'REQUEST_INVALID', /fromOffset: must be before/],
    [{ fromOffset: -1 }, 400, 'REQUEST_INVALID', /fromOffset/],
    [{ from: 'Infinity' }, 400, 'REQUEST_INVALID', /from/],
    [{ sql: 'drop table' }, 400, 'REQUEST_INVALID', /sql/],
  ])('%j', async (parameters, status, code, detail) => {
    const answer = await fetch(urlOf(parameters as Record<string, string | number>));
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const problem = (await answer.json()) as Problem;
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toMatch(detail);
  });
});

async function begun(url: string): Promise<IncomingMessage> {
  const [answer] = await once(get(url, { agent: false }), 'response');
  return answer as IncomingMessage;
}

test('who does not read holds up neither what comes in nor the next one, and is let go when it leaves', async () => {
  // More than the pipes and sockets between hold.
  const many = Array.from({ length: 100 }, () =>
    readingsRequest(Array.from({ length: 1000 }, (_, at) => numberAt(at))),
  );
  await publishAll(client, many);
  const stuck = await Promise.all([1, 2].map(() => begun(urlOf({ format: 'csv' }))));
  expect(await publishAll(client, [readingsRequest([numberAt(1)])])).toBe(1);
  for (const answer of stuck) answer.destroy();
  // Both turns are free again, and the pipes are gone.
  const rows = await parquetRows(await file({ format: 'parquet', fromOffset: COUNT }));
  expect(rows.length).toBeGreaterThan(100_000);
  expect(await page({ limit: 1 })).toMatchObject({ isTruncated: true });
  expect(readdirSync(join(folder, 'pipes.tmp'))).toEqual([]);
}, 60_000);

test('what a killed process left behind goes at the next start', async () => {
  const other = makeFolder('pipes');
  const first = await startGateway(other);
  await first.kill();
  spawnSync('mkdir', ['-p', join(other, 'pipes.tmp')]);
  writeFileSync(join(other, 'pipes.tmp/123'), '');
  const second = await startGateway(other);
  try {
    expect(existsSync(join(other, 'pipes.tmp'))).toBe(false);
  } finally {
    await second.kill();
    removeFolder(other);
  }
});
