// SQL that wants more than to read: other statements, files, settings, memory without end, time
// without end. Each gets its status, and the gateway takes readings and answers queries as before.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { QueryResponse } from '../../src/generated/millpond/v1/query.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { publishAll, rawRequest } from '../support/publish.ts';
import { query, queryRequest, refusalOf } from '../support/query.ts';
import { connectTelemetry } from '../support/readings.ts';

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;
let published = 0;

beforeAll(async () => {
  folder = makeFolder('hostile-query');
  gateway = await startGateway(folder, {
    MILLPOND_LOG_SEAL_ROWS: '100',
    MILLPOND_QUERY_MEMORY_MAX: '64MiB',
    MILLPOND_QUERY_WAITING_MAX: '1',
    MILLPOND_QUERY_NICENESS: '0',
  });
  client = connectTelemetry(gateway.addresses.grpc);
  for (const count of [100, 100, 50]) await publish(count);
  // Nothing is written any more: what changes in the folder is the queries' doing.
  await vi.waitFor(() => expect(segments().length).toBe(2), { timeout: 10_000 });
});

// Whatever was asked: readings are taken, and the next query sees every one of them.
afterEach(async () => {
  await publish(1);
  const { rows } = await query(client, 'select count(*), count(distinct "offset") from readings');
  expect(rows).toEqual([[BigInt(published), BigInt(published)]]);
});

afterAll(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

async function publish(count: number): Promise<void> {
  const requests = Array.from({ length: count }, (_, index) =>
    rawRequest(`home/d${index % 3}/power`, String(index)),
  );
  published += await publishAll(client, requests);
}

const segment = (): string => join(folder, 'streams/readings/00000000000000000000.parquet');

function segments(): string[] {
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files.filter((name) => name.endsWith('.parquet'));
}

async function reasonOf(sql: string): Promise<string> {
  return `${sql}: ${(await refusalOf(client, sql)).reason}`;
}

/** Each with the code; the tables of the log and the folder of its files stay as they were. */
async function expectAll(code: string, statements: readonly string[]): Promise<void> {
  const before = readdirSync(folder, { recursive: true }).sort();
  const { size, mtimeMs } = statSync(segment());
  for (const sql of statements) expect(await reasonOf(sql)).toBe(`${sql}: ${code}`);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
  expect(statSync(segment())).toMatchObject({ size, mtimeMs });
}

test('refuses every statement but one select', async () => {
  await expectAll('QUERY_REFUSED', [
    '',
    ';',
    '-- nothing',
    'select 1; select 2',
    'select 1; drop view readings',
    'explain select 1',
    'explain analyze select 1',
    'pragma show_tables',
    "pragma memory_limit = '8GB'",
    "set memory_limit = '8GB'",
    'set variable x = 1',
    'reset threads',
    'use memory',
    'copy readings to stdout',
    `copy (select 1) to '${segment()}'`,
    `copy (select 1) to '${folder}/x.csv'`,
    `export database '${folder}/streams/export'`,
    "import database '/etc'",
    `attach '${folder}/hot.duckdb'`,
    "attach ':memory:' as mine",
    'detach gateway',
    'install httpfs',
    'load httpfs',
    'update extensions',
    'create table t (a integer)',
    'create temp table t as select 1',
    'create or replace view readings as select 1',
    'create macro m() as 1',
    "create secret (type s3, key_id 'x', secret 'y')",
    'insert into gateway.rows_0 values (1)',
    'update gateway.rows_0 set number = 0',
    'delete from readings',
    'truncate gateway.rows_0',
    'drop view readings',
    'alter view readings rename to r',
    'begin',
    'commit',
    'rollback',
    'prepare p as select 1',
    'execute p',
    'deallocate p',
    'call pragma_version()',
    "call enable_logging('QueryLog')",
    'checkpoint',
    'vacuum',
    'analyze',
  ]);
});

test('refuses to read or write any file, however it is asked', async () => {
  await expectAll('QUERY_REFUSED', [
    "from read_csv('/etc/passwd')",
    "select * from READ_CSV_AUTO('/etc/passwd')",
    "from read_text('/etc/passwd')",
    "from read_blob('/proc/self/environ')",
    "from read_json('/etc/passwd')",
    `from read_duckdb('${folder}/hot.duckdb')`,
    `from read_parquet('${segment()}')`,
    `from parquet_metadata('${segment()}')`,
    `from read_parquet('${folder}/streams/../hot.duckdb')`,
    "from sniff_csv('/etc/passwd')",
    "from glob('/etc/*')",
    "from '/etc/passwd'",
    "from '/etc/hosts.csv'",
    "from 'hosts.csv'",
    "from 'https://example.org/x.parquet'",
    `from '${segment()}'`,
    `from '${folder}/streams/readings/*.parquet'`,
    `from enable_logging(storage := 'file', storage_config := {'path': '${folder}/streams/log'})`,
    'from enable_profiling()',
    'from system.main.enable_logging()',
    "from query('select 1')",
    "from query_table('readings')",
    `from json_execute_serialized_sql('{}')`,
    'from arrow_scan(1::ubigint, 1::ubigint, 1::ubigint)',
    'from duckdb_secrets()',
    'from force_checkpoint()',
    "select (select count(*) from read_text('/etc/passwd'))",
    "with x as materialized (from read_text('/etc/passwd')) from x",
    "select 1 where exists (from glob('/etc/*'))",
    "from readings, lateral (from read_text('/etc/passwd'))",
    'describe from enable_logging()',
    "summarize from read_text('/etc/passwd')",
    "select 1 union all select size from read_text('/etc/passwd')",
    "values ((select content from read_text('/etc/passwd')))",
  ]);
  await expectAll('QUERY_INVALID', [
    'selekt 1',
    "select getenv('HOME')",
    'with x as (delete from readings) select 1',
    'select * into t from readings',
    "select nextval('x')",
    'select * from hot_1_0',
    // Judged whole it is no SQL; what DuckDB would run ends at U+0000.
    `from enable_logging(storage := 'file', storage_config := {'path': '${folder}/streams/log'})\0 (`,
    `select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`,
  ]);
});

test('ends what takes too long', async () => {
  const endless = [
    'select count(*) from range(1000000000000) where random() = 2',
    'with recursive t as (select 1 as a union all select a + 1 from t) select count(*) from t',
    'select sleep_ms(60000)',
    'from range(1000000000000)',
  ];
  for (const sql of endless) {
    const { reason } = await refusalOf(client, sql, { timeLimitMs: 300 });
    expect(`${sql}: ${reason}`).toBe(`${sql}: QUERY_TIMEOUT`);
  }
});

test('ends what takes too much memory', async () => {
  await expectAll('QUERY_MEMORY', [
    'from range(100000000) order by hash(range)',
    'select list(range) from range(100000000)',
    'select count(*) from (select distinct hash(range) from range(100000000))',
    // DuckDB does not keep to its limit here.
    "select length(repeat('x', 4000000000))",
  ]);
});

test('refuses a row that no client would take', async () => {
  expect(await reasonOf("select repeat('x', 5000000)")).toMatch(/: QUERY_LIMIT$/);
});

test('refuses one query too many', async () => {
  const endless = () => {
    const call = client.query(queryRequest('select count(*) from range(1000000000000)'));
    return new Promise<ServiceError>((resolve) => {
      call.on('error', resolve);
      call.resume();
      calls.push(call);
    });
  };
  const calls: ClientReadableStream<QueryResponse>[] = [];
  // Two run and one waits.
  const errors = Array.from({ length: 4 }, endless);
  const first = await Promise.race(errors);
  expect(errorInfoOf(first).reason).toBe('QUERY_BUSY');
  for (const call of calls) call.cancel();
  await Promise.all(errors);
});

test('ends a query whose client does not read', async () => {
  const sql = "select repeat('x', 1000) from range(10000000)";
  const call = client.query(queryRequest(sql, { timeLimitMs: 1000 }));
  const error = new Promise<ServiceError>((resolve) => call.on('error', resolve));
  call.pause();
  expect(errorInfoOf(await error).reason).toBe('QUERY_TIMEOUT');
  expect(await runningQueries()).toBe(0);
});

test('a process that dies takes one query along and nothing else', async () => {
  const call = client.query(queryRequest('select count(*) from range(1000000000000)'));
  const failed = new Promise<ServiceError>((resolve) => {
    call.on('error', resolve);
    call.resume();
  });
  await expect.poll(runningQueries, { timeout: 30_000 }).toBe(1);
  for (const pid of childrenOf(gateway.child.pid)) process.kill(pid, 'SIGSEGV');
  expect(errorInfoOf(await failed).reason).toBe('QUERY_FAILED');
});

test('its processes end with the gateway', async () => {
  const other = makeFolder('query-end');
  const short = await startGateway(other);
  const asked = connectTelemetry(short.addresses.grpc);
  await query(asked, 'select 1');
  const children = childrenOf(short.child.pid);
  expect(children.length).toBe(1);
  asked.close();
  await short.kill();
  await expect.poll(() => children.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  removeFolder(other);
});

async function gauge(name: string): Promise<number> {
  const metrics = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1]);
}

const runningQueries = (): Promise<number> => gauge('millpond_queries_running');

function childrenOf(pid: number | undefined): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return listed.split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    // One that has ended and was not waited for is there still, as a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
