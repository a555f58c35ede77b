// SQL over the streams as a client meets it: a real gateway, the generated client.
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueryValue } from '../../src/generated/millpond/v1/query.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { type Cell, query, queryArrow, queryRequest, refusalOf } from '../support/query.ts';
import { connectTelemetry } from '../support/readings.ts';

/** Of which two segments of 1000 are sealed, and the rest is hot. */
const READINGS = 2500;

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;

beforeAll(async () => {
  folder = makeFolder('query');
  gateway = await startGateway(folder, {
    MILLPOND_LOG_SEAL_ROWS: '1000',
    MILLPOND_QUERY_NICENESS: '0',
  });
  client = connectTelemetry(gateway.addresses.grpc);
  const values = Array.from({ length: READINGS }, (_, index) => index);
  for (let first = 0; first < READINGS; first += 500) {
    const part = values.slice(first, first + 500).map((value) => ({
      device: `d${value % 5}`,
      metric: 'power',
      unit: 'W',
      value: { $case: 'number' as const, value },
      measuredAtUs: BigInt(1_700_000_000_000_000 + value),
    }));
    await publishAll(client, [readingsRequest(part)]);
  }
  const mode = { $case: 'text' as const, value: 'auto' };
  await publishAll(client, [readingsRequest([{ device: 'pump', metric: 'mode', value: mode }])]);
});

afterAll(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

async function rowsOf(sql: string): Promise<readonly (readonly Cell[])[]> {
  return (await query(client, sql)).rows;
}

const parameter = (value: QueryValue['value'], name = '') => ({ name, value: { value } });

test('reads sealed and hot readings of a stream as one view', async () => {
  const answer = await query(
    client,
    `select device, count(*), avg(number), min("offset"), max("offset") from readings
     where metric = 'power' group by all order by device`,
  );
  expect(answer.columns).toEqual([
    { name: 'device', type: 'VARCHAR' },
    { name: 'count_star()', type: 'BIGINT' },
    { name: 'avg(number)', type: 'DOUBLE' },
    { name: 'min("offset")', type: 'BIGINT' },
    { name: 'max("offset")', type: 'BIGINT' },
  ]);
  const wanted = [0, 1, 2, 3, 4].map((device) => {
    return [`d${device}`, 500n, 1247.5 + device, BigInt(device), BigInt(2495 + device)];
  });
  expect(answer.rows).toEqual(wanted);
  expect(answer.end).toMatchObject({ rows: 5n, isTruncated: false });
});

test('the columns are those of the sealed files, and a hot row has all of them', async () => {
  const { columns, rows } = await query(client, 'from readings where metric = $m', {
    parameters: [parameter({ $case: 'text', value: 'mode' }, 'm')],
  });
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'offset BIGINT',
    'series INTEGER',
    'device VARCHAR',
    'channel VARCHAR',
    'metric VARCHAR',
    'unit VARCHAR',
    'source VARCHAR',
    'measured_at TIMESTAMP WITH TIME ZONE',
    'received_at TIMESTAMP WITH TIME ZONE',
    'number DOUBLE',
    'text VARCHAR',
    'quality UTINYINT',
  ]);
  const [row = []] = rows;
  expect(row.slice(0, 7)).toEqual([2500n, 5n, 'pump', '', 'mode', '', 'grpc']);
  expect(row.slice(9)).toEqual([null, 'auto', 1n]);
  expect(Math.abs(Number(row[8]) / 1000 - Date.now())).toBeLessThan(60_000);
});

test('every reading is there once, in the order of its offset', async () => {
  const offsets = (await rowsOf('select "offset", number from readings')).map(([offset]) => offset);
  expect(offsets).toEqual(Array.from({ length: READINGS + 1 }, (_, index) => BigInt(index)));
});

test('a value comes with its type, and what has none of its own as text', async () => {
  const { columns, rows } = await query(
    client,
    `select true, 1::tinyint, -5::bigint, 18446744073709551615::ubigint, 1.5::float, 'ä',
       'ab'::blob, timestamp '2024-01-02 03:04:05.000006', timestamptz '2024-01-02 03:04:05+00',
       timestamp_s '2024-01-02 03:04:05', timestamp_ms '2024-01-02 03:04:05',
       12.340::decimal(9,3), date '2024-01-02', [1, null], {'a': 1}, 170141183460469231731687303715884105727::hugeint,
       interval 90 minute, null`,
  );
  const us = 1_704_164_645_000_000n;
  expect(rows).toEqual([
    [
      ...[true, 1n, -5n, 18446744073709551615n, 1.5, 'ä', Buffer.from('ab')],
      ...[us + 6n, us, us, us, '12.340', '2024-01-02', '[1, NULL]', "{'a': 1}"],
      ...['170141183460469231731687303715884105727', '01:30:00', null],
    ],
  ]);
  expect(columns.map(({ type }) => type).slice(11, 15)).toEqual([
    'DECIMAL(9,3)',
    'DATE',
    'INTEGER[]',
    'STRUCT("a" INTEGER)',
  ]);
});

test('takes parameters of every kind, by place or by name', async () => {
  const sent = await query(client, 'select $1, $2, $3, $4, $5, $6, $7, $8', {
    parameters: [
      parameter({ $case: 'boolean', value: true }),
      parameter({ $case: 'integer', value: -7n }),
      parameter({ $case: 'unsigned', value: 7n }),
      parameter({ $case: 'number', value: 0.5 }),
      parameter({ $case: 'text', value: "it's" }),
      parameter({ $case: 'blob', value: Buffer.from([0, 255]) }),
      parameter({ $case: 'timestampUs', value: 1_700_000_000_000_000n }),
      parameter(undefined),
    ],
  });
  expect(sent.rows).toEqual([
    [true, -7n, 7n, 0.5, "it's", Buffer.from([0, 255]), 1_700_000_000_000_000n, null],
  ]);
  const named = await query(client, 'select count(*) from readings where device = $d', {
    parameters: [parameter({ $case: 'text', value: 'd3' }, 'd')],
  });
  expect(named.rows).toEqual([[500n]]);
  const wrong = [
    [parameter({ $case: 'text', value: 'd3' }, 'e')],
    [],
    [parameter(undefined, 'd'), parameter(undefined, 'd')],
  ];
  for (const parameters of wrong) {
    const sql = 'select count(*) from readings where device = $d';
    expect((await refusalOf(client, sql, { parameters })).reason).toBe('QUERY_INVALID');
  }
});

test('a result is cut off where the request says, and says so', async () => {
  const sql = 'select range from range(10000)';
  const five = await query(client, sql, { maxRows: 5n });
  expect(five.rows.length).toBe(5);
  expect(five.end).toMatchObject({ rows: 5n, isTruncated: true });
  const all = await query(client, sql, { maxRows: 10_000n });
  expect(all.end).toMatchObject({ rows: 10_000n, isTruncated: false });
  const bytes = await query(client, sql, { maxBytes: 1n });
  expect(bytes.end.isTruncated).toBe(true);
  expect(bytes.rows.length).toBeGreaterThan(0);
  expect(bytes.rows.length).toBeLessThan(10_000);
});

test('a large result comes whole and in order', async () => {
  const { rows } = await query(client, "select range, repeat('x', 100) from range(100000)");
  expect(rows.length).toBe(100_000);
  expect(rows.every(([number], index) => number === BigInt(index))).toBe(true);
});

test('Arrow has the same rows as rows, in columns of their types, and reads as a whole', async () => {
  const sql = `select "offset", device, number, text, measured_at, number > 100 as is_large, series::utinyint as small,
    (number / 2)::decimal(9, 2) as half, sum(1) over (order by "offset") as running, text::blob as bytes,
    measured_at::date as day, [series] as list from readings order by "offset"`;
  const { rows } = await query(client, sql);
  const { batches, end } = await queryArrow(client, sql);
  const tables = batches.map(({ data }) => tableFromIPC(data));
  expect(batches.map((batch) => Number(batch.rows))).toEqual(tables.map(({ numRows }) => numRows));
  expect(end).toMatchObject({ rows: 2501n, isTruncated: false });
  const fields = tables[0]?.schema.fields.map(({ name, type }) => `${name} ${type}`);
  expect(fields).toEqual([
    'offset Int64',
    'device Utf8',
    'number Float64',
    'text Utf8',
    'measured_at Timestamp<MICROSECOND, UTC>',
    'is_large Bool',
    'small Uint8',
    'half Decimal[9e+2]',
    'running Decimal[38e0]',
    'bytes Binary',
    'day Date32<DAY>',
    'list Utf8',
  ]);
  const column = (name: string) => tables.flatMap((table) => [...(table.getChild(name) ?? [])]);
  const wanted = (index: number) => rows.map((row) => row[index]);
  expect(column('offset')).toEqual(wanted(0));
  expect(column('device')).toEqual(wanted(1));
  expect(column('number')).toEqual(wanted(2));
  expect(column('text')).toEqual(wanted(3));
  // Apache's library gives times as milliseconds.
  expect(column('measured_at')).toEqual(wanted(4).map((us) => Number(us) / 1000));
  expect(column('is_large')).toEqual(wanted(5));
  expect(column('small')).toEqual(wanted(6).map((value) => Number(value)));
  // And decimals as whole numbers, unscaled.
  const unscaled = (value: unknown) => (value === null ? null : BigInt(String(value)));
  expect(column('half').map(unscaled)).toEqual(
    wanted(7).map((text) => (text === null ? null : BigInt(String(text).replace('.', '')))),
  );
  expect(column('running').map(unscaled)).toEqual(wanted(8).map(unscaled));
  expect(column('bytes').map((bytes) => bytes && Buffer.from(bytes))).toEqual(wanted(9));
  expect(column('list')).toEqual(wanted(11));
});

test('Arrow comes in messages of some size, also when there is no row', async () => {
  const many = await queryArrow(client, "select range, repeat('ä', 20) as text from range(200000)");
  expect(many.batches.length).toBeGreaterThan(2);
  expect(many.batches.length).toBeLessThan(40);
  expect(Math.max(...many.batches.map(({ data }) => data.length))).toBeLessThan(3 * 1024 * 1024);
  const ranges = many.batches.flatMap(({ data }) => [
    ...(tableFromIPC(data).getChild('range') ?? []),
  ]);
  expect(ranges.length).toBe(200_000);
  expect(ranges.every((value, index) => value === BigInt(index))).toBe(true);
  const none = await queryArrow(client, 'from readings where false');
  expect(none.batches.map((batch) => batch.rows)).toEqual([0n]);
  const [empty] = none.batches.map(({ data }) => tableFromIPC(data));
  expect(empty?.schema.fields.length).toBe(12);
  const wide = await queryArrow(client, "select repeat('x', 100000) as x from range(100)");
  expect(wide.end?.rows).toBe(100n);
  const cut = await queryArrow(client, 'select range from range(10000)', { maxRows: 5n });
  expect(cut.end).toMatchObject({ rows: 5n, isTruncated: true });
  const tooLarge = queryArrow(client, "select repeat('x', 5000000)");
  await expect(tooLarge).rejects.toMatchObject({ code: 8 });
});

test('says where a query is wrong', async () => {
  const { reason, message } = await refusalOf(client, 'select devise from readings');
  expect(reason).toBe('QUERY_INVALID');
  expect(message).toContain('LINE 1: select devise from readings\n               ^');
  expect((await refusalOf(client, 'selekt 1')).message).toContain('LINE 1: selekt 1');
  expect((await refusalOf(client, "select 'a'::integer")).reason).toBe('QUERY_INVALID');
});

test('tells of the streams there are', async () => {
  expect(await rowsOf('show tables')).toEqual([['readings']]);
  expect((await rowsOf('describe readings')).map(([name]) => name)).toContain('measured_at');
  expect((await rowsOf('summarize readings')).length).toBe(12);
});

test('queries wait for their turn, and all are answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => rowsOf('select count(*) from readings')),
  );
  expect(answers).toEqual(Array.from({ length: 8 }, () => [[2501n]]));
});

test('the gateway counts queries by how they ended', async () => {
  const metrics = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
  expect(metrics).toMatch(/millpond_queries_total\{outcome="ok"\} \d/);
  expect(metrics).toMatch(/millpond_queries_total\{outcome="invalid"\} \d/);
  expect(metrics).toMatch(/millpond_query_duration_seconds_sum \d/);
  expect(metrics).toContain('millpond_queries_running 0');
});

test('a client that goes ends its query', async () => {
  const call = client.query(queryRequest('select count(*) from range(1000000000000)'));
  call.on('error', () => undefined);
  await expect.poll(running, { timeout: 30_000 }).toBe(1);
  call.cancel();
  await expect.poll(running, { timeout: 30_000 }).toBe(0);
  expect(await rowsOf('select 1')).toEqual([[1n]]);
});

async function running(): Promise<number> {
  const metrics = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
  return Number(/^millpond_queries_running (\d+)/m.exec(metrics)?.[1]);
}
