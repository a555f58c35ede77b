// What the log relies on in DuckDB, pinned: a version that changes one of these must not come in
// unnoticed.
import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';

async function openDatabase(path: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, { checkpoint_threshold: '1GB' });
  onTestFinished(() => instance.closeSync());
  return instance;
}

async function valuesOf(connection: DuckDBConnection): Promise<number[]> {
  const found = await connection.runAndReadAll('select v from t order by v');
  return found.getRows().map(([value]) => Number(value));
}

test('rows that an appender flushed inside a transaction vanish on rollback', async () => {
  const instance = await openDatabase(join(tempFolder(), 'a.duckdb'));
  const connection = await instance.connect();
  await connection.run('create table t (v integer)');
  const appender = await connection.createAppender('t');
  for (const outcome of ['rollback', 'commit']) {
    await connection.run('begin');
    appender.appendInteger(outcome === 'commit' ? 2 : 1);
    appender.endRow();
    appender.flushSync();
    expect(await valuesOf(connection)).toHaveLength(1);
    await connection.run(outcome);
  }
  expect(await valuesOf(connection)).toEqual([2]);
  appender.closeSync();
});

test('rows still in an appender are written when it is closed, unless it is cleared before', async () => {
  const instance = await openDatabase(join(tempFolder(), 'a.duckdb'));
  const connection = await instance.connect();
  await connection.run('create table t (v integer)');
  for (const value of [1, 2]) {
    await connection.run('begin');
    const appender = await connection.createAppender('t');
    appender.appendInteger(value);
    appender.endRow();
    // Half a row, as a failure in the middle leaves it.
    if (value === 2) appender.appendInteger(value);
    await connection.run('rollback');
    if (value === 2) appender.clear();
    appender.closeSync();
  }
  expect(await valuesOf(connection)).toEqual([1]);
});

test('a reader sees nothing of a transaction before its commit, all of it after', async () => {
  const instance = await openDatabase(join(tempFolder(), 'a.duckdb'));
  const writer = await instance.connect();
  const reader = await instance.connect();
  await writer.run('create table t (v integer)');
  await writer.run('begin');
  await writer.run('insert into t values (1), (2)');
  expect(await valuesOf(reader)).toEqual([]);
  await writer.run('commit');
  expect(await valuesOf(reader)).toEqual([1, 2]);
});

test('a transaction begun early sees what was committed before its first statement', async () => {
  const instance = await openDatabase(join(tempFolder(), 'a.duckdb'));
  const early = await instance.connect();
  const other = await instance.connect();
  await other.run('create table t (v integer)');
  await early.run('begin');
  await other.run('insert into t values (1)');
  expect(await valuesOf(early)).toEqual([1]);
  await early.run('commit');
});

test('a write-ahead log cut short opens with every whole commit before the cut', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.duckdb');
  const instance = await openDatabase(path);
  const connection = await instance.connect();
  await connection.run('create table t (v integer, pad varchar)');
  await connection.run('checkpoint');
  const wal = `${path}.wal`;
  const sizes: number[] = [];
  for (let value = 0; value < 5; value++) {
    await connection.run(`insert into t values (${value}, repeat('x', 300))`);
    sizes.push(statSync(wal).size);
  }
  const [first = 0] = sizes;
  const cuts = sizes.flatMap((size) => [size - 1, size - 150, size]);
  for (const [index, cut] of [...cuts, Math.floor(first / 2)].entries()) {
    const copy = join(folder, `copy-${index}.duckdb`);
    copyFileSync(path, copy);
    copyFileSync(wal, `${copy}.wal`);
    truncateSync(`${copy}.wal`, cut);
    const opened = await openDatabase(copy);
    const found = await valuesOf(await opened.connect());
    const whole = sizes.filter((size) => size <= cut).length;
    expect({ cut, found }).toEqual({ cut, found: [...Array(whole).keys()] });
  }
  expect(readFileSync(wal).length).toBe(sizes.at(-1));
});

test('a read-only open replays the write-ahead log in memory, and changes no file', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.duckdb');
  const connection = await (await openDatabase(path)).connect();
  await connection.run('create table t (v integer)');
  await connection.run('checkpoint');
  await connection.run('insert into t values (1), (2)');
  const copy = join(folder, 'copy.duckdb');
  copyFileSync(path, copy);
  copyFileSync(`${path}.wal`, `${copy}.wal`);
  const opened = await DuckDBInstance.create(copy, { access_mode: 'READ_ONLY' });
  const reader = await opened.connect();
  expect(await valuesOf(reader)).toEqual([1, 2]);
  reader.closeSync();
  opened.closeSync();
  expect(readFileSync(copy).equals(readFileSync(path))).toBe(true);
  expect(readFileSync(`${copy}.wal`).equals(readFileSync(`${path}.wal`))).toBe(true);
});

test('a database without its file opens empty and forgets its write-ahead log', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.duckdb');
  const connection = await (await openDatabase(path)).connect();
  await connection.run('create table t (v integer)');
  const copy = join(folder, 'copy.duckdb');
  copyFileSync(`${path}.wal`, `${copy}.wal`);
  const opened = await openDatabase(copy);
  const found = await (await opened.connect()).runAndReadAll('select * from duckdb_tables()');
  expect(found.getRows()).toEqual([]);
});
