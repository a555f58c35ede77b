// `millpond query` against a real gateway, in all its forms, and every query of docs/query.md.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { query } from '../support/query.ts';
import { connectTelemetry } from '../support/readings.ts';
import { readText } from '../support/source-tree.ts';
import { CliRig, type RunningGateway } from './cli-rig.ts';

let rig: CliRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = new CliRig();
  gateway = await rig.gateway(['serve'], {
    MILLPOND_LOG_SEAL_ROWS: '100',
    MILLPOND_QUERY_NICENESS: '0',
  });
  const client = connectTelemetry(gateway.grpc);
  const startUs = BigInt(Date.now() - 3_600_000) * 1000n;
  const number = (value: number) => ({ $case: 'number' as const, value });
  for (let minute = 0; minute < 60; minute += 20) {
    const readings = Array.from({ length: 20 }, (_, index) => minute + index).flatMap((at) => {
      const measuredAtUs = startUs + BigInt(at) * 60_000_000n;
      return ['attic', 'cellar'].flatMap((device) => [
        { device, metric: 'temperature', unit: 'Cel', value: number(20 + (at % 7)), measuredAtUs },
        { device, metric: 'humidity', unit: '%RH', value: number(50 + (at % 3)), measuredAtUs },
      ]);
    });
    await publishAll(client, [readingsRequest(readings)]);
  }
  const value = { $case: 'text' as const, value: 'say "hi",\u001b[2J' };
  await publishAll(client, [readingsRequest([{ device: 'door', metric: 'state', value }])]);
  client.close();
});

afterAll(() => rig?.close());

function run(args: readonly string[], input = '') {
  return rig.run(['query', '--grpc', gateway.grpc, ...args], input);
}

test('prints an aligned table, and how many rows there were beside it', async () => {
  const sql = `select device, count(*) as readings, max(number) from readings
    group by all order by device`;
  const { code, out, err } = await run([sql]);
  expect(out).toBe(
    [
      'device  readings  max(number)',
      '------  --------  -----------',
      'attic        120           52',
      'cellar       120           52',
      'door           1            -',
      '',
    ].join('\n'),
  );
  expect(err).toMatch(/^3 rows in \d+\.\d{3} s\n$/);
  expect(code).toBe(0);
});

test('a table is cut to its width, and shows no control character', async () => {
  const { out } = await run([
    "select repeat('x', 500) as a, text from readings where text is not null",
  ]);
  const lines = out.split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(200);
  expect(lines[2]).toMatch(/^x{59}… {2}say "hi",\\u001b\[2J$/);
});

test('a table has the first thousand rows, or as many as are asked for', async () => {
  const sql = 'select range from range(1500)';
  const first = await run([sql]);
  expect(first.out.trimEnd().split('\n').length).toBe(1002);
  expect(first.err).toContain('the first 1,000 rows');
  expect((await run([sql, '-n', '1500'])).err).toMatch(/^1,500 rows/);
  const csv = await run([sql, '--format', 'csv']);
  expect(csv.out.trimEnd().split('\n').length).toBe(1501);
});

test('JSON is one object a line', async () => {
  const sql = `select device, "offset", text, received_at, 9007199254740993 as big, 'ab'::blob as bytes,
    null as nothing, 1.5 as device from readings where device = 'door'`;
  const { out } = await run([sql, '--format', 'json']);
  expect(out).not.toContain('\u001b');
  expect(JSON.parse(out)).toEqual({
    device: 'door',
    offset: 240,
    text: 'say "hi",\u001b[2J',
    received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    big: '9007199254740993',
    bytes: 'YWI=',
    nothing: null,
    device_2: '1.5',
  });
});

test('CSV has quotes where they are needed, and tells null from an empty text', async () => {
  const sql = `select 'a,b' as "x""y", '' as empty, null as nothing, timestamp '2024-01-02 03:04:05' as at,
    [1, 2] as list`;
  const { out } = await run([sql, '-f', 'csv']);
  expect(out).toBe('"x""y",empty,nothing,at,list\n"a,b","",,2024-01-02T03:04:05.000000,"[1, 2]"\n');
});

test('Parquet keeps the types, and is read by others', async () => {
  const file = join(rig.folder, 'day.parquet');
  const sql = `select *, 1.25::decimal(9, 2) as price, [1, 2] as list, {'a': 'x'} as part, date '2024-01-02' as day,
    true as yes, 7::utinyint as small, 'ab'::blob as bytes from readings`;
  const { code, err } = await run([sql, '--output', file]);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^241 rows/) });
  expect(existsSync(`${file}.part`)).toBe(false);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const types = await connection.runAndReadAll(`describe from '${file}'`);
  const described = Object.fromEntries(types.getRows().map(([name, type]) => [name, type]));
  expect(described).toMatchObject({
    offset: 'BIGINT',
    device: 'VARCHAR',
    measured_at: 'TIMESTAMP WITH TIME ZONE',
    number: 'DOUBLE',
    quality: 'UTINYINT',
    price: 'DECIMAL(9,2)',
    list: 'INTEGER[]',
    part: 'STRUCT(a VARCHAR)',
    day: 'DATE',
    yes: 'BOOLEAN',
    small: 'UTINYINT',
    bytes: 'BLOB',
  });
  connection.closeSync();
  instance.closeSync();
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const whole = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file: whole, compressors });
  expect(rows.map((row) => row.offset)).toEqual(Array.from({ length: 241 }, (_, at) => BigInt(at)));
  expect(rows[240]).toMatchObject({ device: 'door', number: null, text: 'say "hi",\u001b[2J' });
});

test('takes parameters with the type that they look like', async () => {
  const sql = `select typeof($a) as a, typeof($b) as b, typeof($c) as c, typeof($d) as d, typeof($e) as e,
    $f as f, $g is null as g`;
  const given = [
    'a=5',
    'b=0.5',
    'c=true',
    'd=2025-01-31T12:00:00Z',
    'e=kitchen',
    "f='7'",
    'g=null',
  ];
  const { out } = await run([sql, '-f', 'json', ...given.flatMap((each) => ['-p', each])]);
  expect(JSON.parse(out)).toEqual({
    ...{ a: 'BIGINT', b: 'DOUBLE', c: 'BOOLEAN', d: 'TIMESTAMP WITH TIME ZONE', e: 'VARCHAR' },
    ...{ f: '7', g: true },
  });
  const byPlace = await run(['select $1 + $2 as sum', '-p', '2=40', '-p', '1=2', '-f', 'json']);
  expect(JSON.parse(byPlace.out)).toEqual({ sum: 42 });
});

test('says what is wrong, and leaves no file behind', async () => {
  const wrong = await run(['select devise from readings', '-o', join(rig.folder, 'x.csv')]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('LINE 1: select devise from readings\n               ^');
  expect(wrong.err).toContain('code: QUERY_INVALID');
  expect(existsSync(join(rig.folder, 'x.csv.part'))).toBe(false);
  expect((await run(['select 1', '--format', 'parquet'])).err).toContain('code: USAGE');
  expect((await run(['select 1', '-p', 'x'])).err).toContain('code: USAGE');
  expect((await run(['select 1', '-t', 'soon'])).err).toContain('code: USAGE');
  for (const name of ['missing/x.csv', 'missing/x.parquet']) {
    const { code, err } = await run(['select 1', '-o', join(rig.folder, name)]);
    expect(code).toBe(1);
    expect(err).toContain('code: OUTPUT_UNUSABLE');
  }
  const late = await run(['select count(*) from range(1000000000000)', '-t', '200ms']);
  expect(late.err).toContain('code: QUERY_TIMEOUT');
});

test('without a gateway it says what to do', async () => {
  const { code, err } = await rig.run(['query', '--grpc', '127.0.0.1:1', 'select 1']);
  expect(code).toBe(69);
  expect(err).toContain('Start the gateway with `millpond serve`');
});

test('Ctrl-C ends a query', async () => {
  const file = join(rig.folder, 'endless.csv');
  const sql = 'select range from range(1000000000000)';
  const running = rig.start(['query', '--grpc', gateway.grpc, sql, '-o', file]);
  await expect.poll(() => existsSync(`${file}.part`), { timeout: 30_000 }).toBe(true);
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(1);
  expect(running.told.err).toBe('cancelled\n');
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
});

test('every query of docs/query.md is answered', async () => {
  const queries = [...readText('docs/query.md').matchAll(/^```sql\n(.*?)^```/gms)].map(
    ([, sql]) => sql as string,
  );
  expect(queries.length).toBeGreaterThanOrEqual(12);
  const client = connectTelemetry(gateway.grpc);
  for (const sql of queries) {
    const device = { name: 'device', value: { value: { $case: 'text' as const, value: 'attic' } } };
    const parameters = sql.includes('$device') ? [device] : [];
    const { columns } = await query(client, sql, { parameters }).catch((error) => {
      throw new Error(`${sql}\n${error}`);
    });
    expect(columns.length).toBeGreaterThan(0);
  }
  client.close();
});
