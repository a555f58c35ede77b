// What the log finds in its directory when it is opened: another holder, other files, other
// versions, rows that went.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.ts';
import { append, decodedOf, messageOf, readAll, settled } from '../contract/log.ts';
import { databaseFile, noEvents, openLog, withDatabase } from '../support/duckdb-log.ts';
import { rowsOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A closed log of 100 readings. */
async function filled(): Promise<string> {
  const folder = tempFolder();
  const log = await openLog(folder);
  append(
    log,
    Array.from({ length: 100 }, (_, index) => index),
  );
  await settled(log);
  await log.close();
  return folder;
}

async function readThrough(log: Log, from: number, rowsMax: number) {
  const stream = log.stream('');
  const gaps: unknown[] = [];
  const offsets: number[] = [];
  for (let at = from; at < stream.highWatermark; ) {
    const { gap, runs, next } = await log.read(stream, at, rowsMax);
    if (gap !== null) gaps.push({ ...gap, before: offsets.length });
    offsets.push(...runs.flatMap(rowsOf).map(({ offset }) => offset));
    expect(next).toBeGreaterThan(at);
    at = next;
  }
  return { gaps, offsets };
}

describe('readings that are gone', () => {
  test('in the middle are told as one gap, between those before and after', async () => {
    const folder = await filled();
    await withDatabase(folder, 'delete from hot_0_0 where "offset" >= 40 and "offset" < 60');
    const log = await openLog(folder);
    const left = [...Array(100).keys()].filter((offset) => offset < 40 || offset >= 60);
    for (const rowsMax of [1, 7, 45, 1000]) {
      expect(await readThrough(log, 0, rowsMax)).toEqual({
        gaps: [{ first: 40, next: 60, reason: 'hot_damaged', before: 40 }],
        offsets: left,
      });
    }
    // Whoever asks for one of them is told from there on.
    const { gaps } = await readThrough(log, 50, 10);
    expect(gaps).toEqual([{ first: 50, next: 60, reason: 'hot_damaged', before: 0 }]);
    await log.close();
  });

  test('at the start raise the low watermark, and are a gap to who still wants them', async () => {
    const folder = await filled();
    await withDatabase(folder, 'delete from hot_0_0 where "offset" < 30');
    const log = await openLog(folder);
    expect(log.stream('')).toMatchObject({ lowWatermark: 30, highWatermark: 100 });
    const { gaps, offsets } = await readThrough(log, 0, 8);
    expect(gaps).toEqual([{ first: 0, next: 30, reason: 'retention', before: 0 }]);
    expect(offsets[0]).toBe(30);
    expect(offsets).toHaveLength(70);
    await log.close();
  });

  test.each([
    ['what was known of the devices', []],
    [
      'a committed position',
      [
        "delete from meta where key = 'devices_as_of:0'",
        "insert into consumers (stream, consumer, next_offset, committed_at) values ('readings', 'c', 100, timestamp '2024-01-01')",
      ],
    ],
    [
      'a recorded loss',
      [
        "delete from meta where key = 'devices_as_of:0'",
        `insert into losses values
          ('readings', 90, 99, 10, 'salvage', '', timestamp '2024-01-01')`,
      ],
    ],
  ])('at the end do not free their offsets: %s tells of them', async (_what, statements) => {
    const folder = await filled();
    await withDatabase(folder, 'delete from hot_0_0 where "offset" >= 90', ...statements);
    const log = await openLog(folder);
    expect(log.stream('')).toMatchObject({ lowWatermark: 0, highWatermark: 100 });
    append(log, ['new']);
    await settled(log);
    const { gaps, offsets } = await readThrough(log, 80, 7);
    expect(gaps).toMatchObject([{ first: 90, next: 100, before: 10 }]);
    expect(offsets).toEqual([80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 100]);
    await log.close();
  });

  test('have the reason of the loss that was recorded for them', async () => {
    const folder = await filled();
    await withDatabase(
      folder,
      'delete from hot_0_0 where "offset" < 10 or ("offset" >= 50 and "offset" < 55)',
      `insert into losses values
        ('readings', 0, 9, 10, 'retention', '', timestamp '2024-01-01'),
        ('other', 50, 54, 5, 'wrong_stream', '', timestamp '2024-01-02'),
        ('readings', 40, 49, 10, 'before', '', timestamp '2024-01-03'),
        ('readings', 55, 60, 6, 'behind', '', timestamp '2024-01-03')`,
    );
    const log = await openLog(folder);
    expect((await readThrough(log, 0, 20)).gaps).toEqual([
      { first: 0, next: 10, reason: 'retention', before: 0 },
      { first: 50, next: 55, reason: 'hot_damaged', before: 40 },
    ]);
    await log.close();
  });
});

describe('a directory', () => {
  test('in use is refused, and is as it was', async () => {
    const folder = tempFolder();
    const log = await openLog(folder);
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    append(log, [1]);
    await settled(log);
    expect(await readAll(log)).toHaveLength(1);
    await log.close();
    const again = await openLog(folder);
    await again.close();
  });

  test('is made with all that leads to it', async () => {
    const folder = join(tempFolder(), 'a', 'b');
    const log = await openLog(folder);
    await log.close();
    expect(readdirSync(folder).sort()).toEqual([databaseFile, 'ledger.jsonl', 'watermarks']);
  });

  test.each([
    ['is a file', (place: string) => writeFileSync(place, '')],
    ['lies below a file', (place: string) => writeFileSync(join(place, '..'), '')],
  ])('that %s cannot be used', async (_what, prepare) => {
    const place = join(tempFolder(), 'parent', 'data');
    if (_what === 'is a file') mkdirSync(join(place, '..'));
    prepare(place);
    await expect(openLog(place)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  test('whose database cannot be opened is left unlocked', async () => {
    const folder = await filled();
    await withDatabase(folder, "update meta set value = '999' where key = 'schema_version'");
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    expect(readdirSync(folder)).not.toContain('lock');
  });
});

describe('a database file', () => {
  test.each([
    ['a text', 'hello '.repeat(2000)],
    ['zeros', '\0'.repeat(64 * 1024)],
  ])('that is %s is set aside', async (_what, bytes) => {
    const folder = tempFolder();
    writeFileSync(join(folder, databaseFile), bytes);
    const notices: string[] = [];
    const notice = ({ code }: { code: string }) => void notices.push(code);
    const log = await openLog(folder, { events: { ...noEvents, notice } });
    await log.close();
    expect(notices[0]).toBe('LOG_MENDED');
    const [quarantine = ''] = readdirSync(join(folder, 'quarantine'));
    const kept = join(folder, 'quarantine', quarantine, databaseFile);
    expect(readFileSync(kept, 'utf8')).toBe(bytes);
  });

  test('of another program is set aside', async () => {
    const folder = tempFolder();
    await withDatabase(folder, 'create table meta (a integer, b integer, c integer)');
    const log = await openLog(folder);
    await log.close();
    expect(readdirSync(join(folder, 'quarantine'))).toHaveLength(1);
  });

  test('of another version is refused and not touched', async () => {
    const folder = await filled();
    await withDatabase(folder, "update meta set value = '999' where key = 'schema_version'");
    await expect(openLog(folder)).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('999'),
    });
    const [count] = await withDatabase(folder, 'select count(*)::integer as n from hot_0_0');
    expect(count).toEqual({ n: 100 });
  });
});

test('while it cannot be opened again after a failed commit, reads say so and may be tried again', async () => {
  const folder = await filled();
  const path = join(folder, databaseFile);
  const aside = join(tempFolder(), databaseFile);
  let isFailing = false;
  const log = await openLog(folder, {
    tailBytesMax: 0,
    events: {
      ...noEvents,
      committed() {
        if (isFailing) throw new Error('no space left');
      },
      failing(error) {
        if (error === null || existsSync(aside)) return;
        copyFileSync(path, aside);
        copyFileSync(`${path}.wal`, `${aside}.wal`);
        writeFileSync(path, 'no database '.repeat(1000));
      },
    },
  });
  isFailing = true;
  append(log, ['new']);
  const settling = settled(log);
  const stream = log.stream('');
  await expect.poll(() => log.problem?.message ?? '').toMatch(/cannot be read/);
  const failed = {
    code: 'LOG_WRITE_FAILED',
    canRetry: true,
    message: expect.stringContaining('until the disk is well again'),
  };
  await expect(log.read(stream, 0, 10)).rejects.toMatchObject(failed);
  await expect(log.offsetAtTime(stream, 0)).rejects.toMatchObject(failed);
  copyFileSync(aside, path);
  copyFileSync(`${aside}.wal`, `${path}.wal`);
  isFailing = false;
  await settling;
  expect(await readAll(log)).toHaveLength(101);
  await log.close();
});

test('too many dead letters: the oldest go, and are a recorded loss', async () => {
  const folder = tempFolder();
  const trimmed: number[] = [];
  const log = await openLog(folder, {
    deadLettersMax: 20,
    events: {
      ...noEvents,
      trimmedDeadLetters: (count) => trimmed.push(count),
    },
  });
  const reason = { reason: 'no_profile', detail: '' } as const;
  for (let index = 0; index < 50; index++) {
    log.append(
      messageOf({ topic: `t/${index}`, payload: Buffer.from('abc') }),
      decodedOf([], reason),
    );
    await settled(log);
    expect(log.deadLetters.count).toBeLessThanOrEqual(20);
    expect(log.deadLetters.bytes).toBe(3 * log.deadLetters.count);
  }
  const { count } = log.deadLetters;
  await log.close();
  const letters = await withDatabase(folder, 'select topic from dead_letters order by id');
  expect(letters.map(({ topic }) => topic)).toEqual(
    Array.from({ length: count }, (_, index) => `t/${50 - count + index}`),
  );
  const [loss] = await withDatabase(
    folder,
    `select sum(count)::integer as n, any_value(reason) as reason from losses`,
  );
  expect(loss).toEqual({ n: 50 - count, reason: 'dead_letters_full' });
  expect(trimmed.reduce((sum, each) => sum + each, 0)).toBe(50 - count);
});
