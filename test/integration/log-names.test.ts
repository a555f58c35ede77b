// The names of the log's files and folders are made durable, not only their bytes: a power cut may
// otherwise leave a file without a name.
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { append, settled } from '../contract/log.ts';
import { openLog } from '../support/duckdb-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const synced: string[] = vi.hoisted(() => []);

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fsyncSync = (file: number): void => {
    synced.push(fs.readlinkSync(`/proc/self/fd/${file}`));
    fs.fsyncSync(file);
  };
  return { ...fs, fsyncSync };
});

beforeEach(() => {
  synced.length = 0;
});

test('of the directory in each folder that was made for it, and of the files in it', async () => {
  const parent = tempFolder();
  const folder = join(parent, 'a', 'b');
  const log = await openLog(folder);
  expect(synced).toEqual(expect.arrayContaining([parent, join(parent, 'a'), folder]));
  await log.close();
});

test('of each write-ahead log that a checkpoint makes room for, before a commit in it is durable', async () => {
  const folder = tempFolder();
  const log = await openLog(folder);
  append(log, [1]);
  await settled(log);
  synced.length = 0;
  append(log, [2]);
  await settled(log);
  expect(synced).toEqual([]);
  // Beyond log.checkpointBytes, so that the log begins anew.
  append(log, new Array(60_000).fill('a text that takes some room'));
  await settled(log);
  synced.length = 0;
  append(log, [3]);
  await settled(log);
  expect(synced).toEqual([folder]);
  await log.close();
});
