// Queries on a real log in this process, each in a real process of its own: turns, pace, and what the
// log keeps for them.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { QueryAsk, QueryLog, QueryOutcome } from '../../src/core/query.ts';
import { QueryResponse } from '../../src/generated/millpond/v1/query.ts';
import type { Log } from '../../src/log/log.ts';
import { QuerySnapshots } from '../../src/log/query-snapshots.ts';
import { RollupSet } from '../../src/log/rollups/rollup-set.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { CREDITS } from '../../src/query/messages.ts';
import { QueryPool, type QueryPoolOptions } from '../../src/query/query-pool.ts';
import { append, settled } from '../contract/log.ts';
import { openLog } from '../support/duckdb-log.ts';
import { type Cell, cellOf } from '../support/query.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MiB = 1024 * 1024;
const ask = (sql: string, fields: Partial<QueryAsk> = {}): QueryAsk => ({
  sql,
  parameters: [],
  format: 'rows',
  timeLimitMs: 0,
  rowsMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  ...fields,
});
const never = new AbortController().signal;
const devNull = { write: () => Promise.resolve() };
const endless = 'select count(*) from range(1000000000000)';

function queriesOf(log: Log, directory: string): QueryLog {
  const snapshots = new QuerySnapshots(log, {
    setOf: (stream) => new RollupSet(directory, stream),
  });
  return {
    beginQuery: async (sql, readings) => snapshots.begin(sql, readings),
    readQueryRows: (request) => snapshots.rows(request),
    endQuery: async (id) => snapshots.end(id),
  };
}

/** 250 readings, of which 200 are sealed; `keptBytes` as `retention.bytes`. */
async function rig(options: Partial<QueryPoolOptions> = {}, keptBytes = 0) {
  const rows = 250;
  const directory = tempFolder();
  const streams = ['readings', 'other'].map((name) => ({
    ...noLimits,
    name,
    match: { topics: [], devices: name === 'other' ? ['nobody'] : [], metrics: [] },
    retention: { ...noLimits.retention, bytes: keptBytes },
  }));
  const log = await openLog(directory, { sealRows: 100, streams });
  for (let first = 0; first < rows; first += 50) {
    append(
      log,
      Array.from({ length: 50 }, (_, index) => first + index),
    );
    await settled(log);
  }
  const outcomes: QueryOutcome[] = [];
  const pool = new QueryPool({
    directory,
    log: queriesOf(log, directory),
    concurrentMax: 1,
    waitingMax: 1,
    memoryBytesMax: 128 * MiB,
    niceness: 0,
    timeLimitMs: 50_000,
    idleTimeMs: 60_000,
    ended: (outcome) => outcomes.push(outcome),
    ...options,
  });
  onTestFinished(async () => {
    await pool.stop();
    await log.close();
  });
  return { directory, log, pool, outcomes };
}

async function rowsOf(pool: QueryPool, sql: string): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  const write = async ([message]: readonly Uint8Array[]): Promise<void> => {
    const { part } = QueryResponse.decode(message as Uint8Array);
    if (part?.$case === 'rows')
      rows.push(...part.value.rows.map(({ values }) => values.map(cellOf)));
  };
  await pool.run(ask(sql), { write }, never);
  return rows;
}

test('a client that takes nothing is sent four messages and no more', async () => {
  const { pool, outcomes } = await rig({ concurrentMax: 2 });
  const controller = new AbortController();
  const sent: Uint8Array[] = [];
  const write = (messages: readonly Uint8Array[]): Promise<void> => {
    sent.push(...messages);
    return new Promise(() => undefined);
  };
  const sql = "select repeat('x', 1000) from range(10000000)";
  const run = pool.run(ask(sql), { write }, controller.signal);
  run.catch(() => undefined);
  await expect.poll(() => sent.length, { timeout: 30_000 }).toBe(CREDITS);
  // Time enough for one more: a process starts, and gives a hundred times as much.
  await pool.run(ask(`${sql} limit 100000`), devNull, never);
  expect(sent.length).toBe(CREDITS);
  expect(sent.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4 * MiB);
  controller.abort();
  await expect(run).rejects.toThrow();
  expect(outcomes).toEqual(['ok', 'cancelled']);
});

test('a process is kept for the next query, and ends when none comes', async () => {
  const { pool } = await rig({ idleTimeMs: 100 });
  await rowsOf(pool, 'select 1');
  await rowsOf(pool, 'select 2');
  expect(pool.processes).toBe(1);
  await expect.poll(() => pool.processes, { timeout: 30_000 }).toBe(0);
  expect(await rowsOf(pool, 'select 3')).toEqual([[3n]]);
});

test('a query that waits is given its turn, gives it up when it is cancelled, and is refused when too many wait', async () => {
  const { pool, outcomes } = await rig();
  const [first, second] = [new AbortController(), new AbortController()];
  const running = pool.run(ask(endless), devNull, first.signal);
  await expect.poll(() => pool.running, { timeout: 30_000 }).toBe(1);
  const waiting = pool.run(ask(endless), devNull, second.signal);
  await expect(pool.run(ask('select 1'), devNull, never)).rejects.toMatchObject({
    code: 'QUERY_BUSY',
  });
  second.abort();
  await expect(waiting).rejects.toThrow();
  const next = rowsOf(pool, 'select 4');
  first.abort();
  await expect(running).rejects.toThrow();
  expect(await next).toEqual([[4n]]);
  expect(outcomes).toEqual(['busy', 'cancelled', 'cancelled', 'ok']);
});

test('with no query allowed at one time there are none', async () => {
  const { pool } = await rig({ concurrentMax: 0 });
  const run = pool.run(ask('select 1'), devNull, never);
  await expect(run).rejects.toMatchObject({ code: 'QUERY_OFF' });
});

test('a stop ends queries and processes, and later queries are refused', async () => {
  const { pool } = await rig();
  const running = pool.run(ask(endless), devNull, never);
  await expect.poll(() => pool.processes, { timeout: 30_000 }).toBe(1);
  running.catch(() => undefined);
  await pool.stop();
  await expect(running).rejects.toMatchObject({ code: 'LOG_STOPPING' });
  expect(pool.processes).toBe(0);
  await expect(pool.run(ask('select 1'), devNull, never)).rejects.toMatchObject({
    code: 'LOG_STOPPING',
  });
});

test('what was sealed when a query began is there until it ends, though retention drops it', async () => {
  const { directory, log, pool } = await rig({}, 1);
  const first = join(directory, 'streams/readings/00000000000000000000.parquet');
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  let began = (): void => undefined;
  const beginning = new Promise<void>((resolve) => {
    began = resolve;
  });
  const queries = queriesOf(log, directory);
  const slow = new QueryPool({
    ...{ directory, concurrentMax: 1, waitingMax: 0, memoryBytesMax: 128 * MiB, niceness: 0 },
    ...{ timeLimitMs: 50_000, idleTimeMs: 0, ended: () => undefined },
    log: {
      ...queries,
      async beginQuery(sql, readings) {
        const snapshot = await queries.beginQuery(sql, readings);
        began();
        await held;
        return snapshot;
      },
    },
  });
  onTestFinished(() => slow.stop());
  const counted = rowsOf(slow, 'select count(*), min("offset") from readings');
  await beginning;
  await log.keep();
  const kept = log.stream('readings').lowWatermark;
  go();
  const [[count, least] = []] = await counted;
  expect(Number(count) + Number(least)).toBe(250);
  expect(Number(least)).toBeLessThanOrEqual(kept);
  await expect.poll(() => existsSync(first), { timeout: 30_000 }).toBe(false);
  expect(await rowsOf(pool, 'select min("offset") from readings')).toEqual([[BigInt(kept)]]);
});

test('a stream without a reading is empty, and one that is not named cannot be read by another way', async () => {
  const { pool } = await rig();
  expect(await rowsOf(pool, 'select count(*) from other')).toEqual([[0n]]);
  expect(await rowsOf(pool, 'show tables')).toEqual([['other'], ['readings']]);
});

test('on a full disk what a query still reads goes at once, and not more and more of the rest', async () => {
  const directory = tempFolder();
  const log = await openLog(directory, { sealRows: 100, diskFreeBytesMin: 2 ** 60 });
  onTestFinished(() => log.close());
  const release = log.pinSegments();
  for (let first = 0; first < 500; first += 50) {
    append(
      log,
      Array.from({ length: 50 }, (_, index) => first + index),
    );
    await settled(log);
  }
  const files = () => readdirSync(join(directory, 'streams/readings'));
  // Each look drops one segment, and what the last look dropped is gone from the disk by then.
  for (let looks = 0; looks < 3; looks++) await log.keep();
  expect(log.stream('').lowWatermark).toBeGreaterThan(0);
  const waiting = files().length - log.stream('').segments.all.length;
  expect(waiting).toBeLessThanOrEqual(1);
  release();
  expect(files().length).toBe(log.stream('').segments.all.length);
});

test('a sealed file that is cut or gone fails the query, and the next one goes on', async () => {
  const { directory, log, pool, outcomes } = await rig();
  await log.keep();
  const [first = ''] = readdirSync(join(directory, 'streams/readings')).sort();
  const path = join(directory, 'streams/readings', first);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length >> 1));
  await expect(rowsOf(pool, 'select sum(number) from readings')).rejects.toMatchObject({
    code: 'QUERY_FAILED',
  });
  rmSync(path);
  await expect(rowsOf(pool, 'select sum(number) from readings')).rejects.toMatchObject({
    code: 'QUERY_FAILED',
  });
  writeFileSync(path, whole);
  expect((await rowsOf(pool, 'select count(*) > 0 from readings'))[0]).toEqual([true]);
  expect(outcomes).toEqual(['failed', 'failed', 'ok']);
});
