// The log's database: what a failed transaction leaves behind, and how a failed opening is explained.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from '../../src/log/database.ts';
import { tempFolder } from '../support/temp-folder.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const settings = { memoryBytesMax: 64 * 1024 * 1024, checkpointBytes: 1024 * 1024 };

async function open(): Promise<Database> {
  const database = await Database.open(join(tempFolder(), 'hot.duckdb'), settings);
  onTestFinished(() => database.close());
  return database;
}

async function append(database: Database, value: string): Promise<void> {
  const appender = await database.appender('meta');
  appender.appendVarchar('test');
  appender.appendVarchar(value);
  appender.endRow();
}

async function valuesOf(database: Database): Promise<unknown[]> {
  const rows = await database.rows("select value from meta where key = 'test' order by value");
  return rows.map(({ value }) => value);
}

test('rows that a failed transaction left in an appender are never written', async () => {
  const database = await open();
  const failing = database.transaction(async () => {
    await append(database, 'failed');
    throw new Error('no space left');
  });
  await expect(failing).rejects.toThrow('no space left');
  // One that nobody holds any more would write them when it is collected.
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await valuesOf(database)).toEqual([]);
  await database.transaction(async () => {
    await append(database, 'written');
    (await database.appender('meta')).flushSync();
  });
  expect(await valuesOf(database)).toEqual(['written']);
  await database.close();
  const again = await Database.open(database.path, settings);
  expect(await valuesOf(again)).toEqual(['written']);
  await again.close();
});

test('rows in an appender at the close are never written', async () => {
  const database = await open();
  await append(database, 'forgotten');
  await database.close();
  const again = await Database.open(database.path, settings);
  expect(await valuesOf(again)).toEqual([]);
  await again.close();
});

test.each(['read-only', 'lock conflicting', 'no space', 'permission'])(
  'a folder called %s does not mislead about what is wrong in it',
  async (name) => {
    const folder = join(tempFolder(), name);
    mkdirSync(folder);
    const path = join(folder, 'hot.duckdb');
    writeFileSync(path, 'hello '.repeat(2000));
    await expect(Database.open(path, settings)).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining(path),
    });
  },
);
