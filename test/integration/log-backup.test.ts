// A copy of a log with sealed segments, while it is written to, sealed and dropped: it opens, and has
// every row of its moment at its offset.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { BackupPlan } from '../../src/core/log-inspection.ts';
import type { StreamConfig } from '../../src/core/stream-config.ts';
import { LogBackup } from '../../src/log/backup.ts';
import type { Log } from '../../src/log/log.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { append, decodedOf, messageOf, readAll, settled } from '../contract/log.ts';
import { noEvents, openLog } from '../support/duckdb-log.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { tempFolder } from '../support/temp-folder.ts';

const readings: StreamConfig = {
  ...noLimits,
  name: 'readings',
  match: { topics: [], devices: [], metrics: [] },
};

function open(folder: string, options: Partial<LogOptions> = {}): Promise<Log> {
  return openLog(folder, { sealRows: 100, tailBytesMax: 64 * 1024, ...options });
}

async function fill(log: Log, rows: number): Promise<void> {
  const from = log.stream('').highWatermark;
  for (let first = from; first < from + rows; first += 50) {
    append(
      log,
      Array.from({ length: Math.min(50, from + rows - first) }, (_, index) => first + index),
    );
    await settled(log);
  }
}

function backupOf(log: Log, directory: string): LogBackup {
  const memoryBytesMax = 64 * 1024 * 1024;
  return new LogBackup({ log, directory, memoryBytesMax, clock: () => 1_700_000_000_000_000 });
}

/** As a client would: every byte of every file, with its check. */
async function receive(backup: LogBackup, { files }: BackupPlan, target: string): Promise<void> {
  for (const [index, { path, bytes, crc32: sum }] of files.entries()) {
    const chunks: Buffer[] = [];
    for (let position = 0; position < bytes; ) {
      const { buffer } = await backup.read(index, position, 7000);
      expect(buffer.byteLength).toBe(Math.min(7000, bytes - position));
      chunks.push(Buffer.from(buffer));
      position += buffer.byteLength;
    }
    const content = Buffer.concat(chunks);
    if (sum !== null) expect(crc32(content)).toBe(sum);
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), content);
  }
}

/** The offsets that a log serves, which hold their own numbers as values. */
async function offsetsOf(folder: string): Promise<number[]> {
  const log = await open(folder);
  const rows = await readAll(log, log.stream('').lowWatermark);
  const high = log.stream('').highWatermark;
  await log.close();
  expect(rows.map(({ value }) => value)).toEqual(rows.map(({ offset }) => offset));
  expect(rows.at(-1)?.offset ?? high - 1).toBe(high - 1);
  return rows.map(({ offset }) => offset);
}

function range(first: number, next: number): number[] {
  return Array.from({ length: next - first }, (_, index) => first + index);
}

function parquetOf(folder: string): string[] {
  const path = join(folder, 'streams/readings');
  return existsSync(path) ? readdirSync(path).sort() : [];
}

test('hot and sealed rows of one moment; what comes, is sealed or goes later changes nothing', async () => {
  const folder = tempFolder();
  const copy = tempFolder();
  const retention = { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] };
  const log = await open(folder);
  await fill(log, 350);
  await log.keep();
  const backup = backupOf(log, folder);
  const plan = await backup.begin();
  expect(plan.files.map(({ path }) => path)).toEqual([
    'ledger.jsonl',
    'hot.duckdb',
    ...parquetOf(folder).map((name) => `streams/readings/${name}`),
  ]);

  await fill(log, 300);
  await log.keep();
  log.stream('').settings = { ...readings, retention: { ...retention, bytes: 1 } };
  await log.keep();
  expect(log.stream('').lowWatermark).toBeGreaterThan(0);
  expect(log.stream('').segments.all[0]?.first ?? 600).toBeGreaterThan(200);

  await receive(backup, plan, copy);
  expect(await offsetsOf(copy)).toEqual(range(0, 350));
  await backup.end();
  expect(existsSync(join(folder, 'backup.tmp'))).toBe(false);
  const kept = log.stream('').segments.all.length;
  expect(parquetOf(folder)).toHaveLength(kept);
  await log.close();
});

test('one at a time; after its end, or a failure, the next may begin', async () => {
  const folder = tempFolder();
  const log = await open(folder);
  await fill(log, 10);
  const backup = backupOf(log, folder);
  await backup.begin();
  await expect(backup.begin()).rejects.toMatchObject({ code: 'BACKUP_RUNNING' });
  await backup.end();
  await backup.end();
  await expect(backup.read(0, 0, 10)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });

  writeFileSync(join(folder, 'backup.tmp'), 'a file where the folder should be');
  await expect(backup.begin()).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  const { files } = await backup.begin();
  expect(files.length).toBe(2);
  await expect(backup.read(7, 0, 10)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  await backup.end();
  await log.close();
});

test('a segment that is gone is left out, and the copy starts without it', async () => {
  const folder = tempFolder();
  const copy = tempFolder();
  const log = await open(folder);
  await fill(log, 350);
  await log.keep();
  const [, gone = ''] = parquetOf(folder);
  rmSync(join(folder, 'streams/readings', gone));
  const backup = backupOf(log, folder);
  const plan = await backup.begin();
  expect(plan.files.map(({ path }) => path)).not.toContain(`streams/readings/${gone}`);
  await receive(backup, plan, copy);
  await backup.end();
  await log.close();

  const copied = await open(copy);
  const { gap } = await copied.read(copied.stream(''), 100, 10);
  expect(gap).toEqual({ first: 100, next: 200, reason: 'segment_missing' });
  expect((await readAll(copied, 200)).map(({ value }) => value)).toEqual(range(200, 350));
  await copied.close();
});

test('many dead letters and little memory: the copy is made, and no commit fails beside it', async () => {
  const folder = tempFolder();
  const memoryBytesMax = 32 * 1024 * 1024;
  const failures: unknown[] = [];
  const log = await open(folder, {
    database: { memoryBytesMax, checkpointBytes: 8 * 1024 * 1024 },
    deadLettersMax: 100_000,
    deadLetterBytesMax: 64 * 1024 * 1024,
    events: { ...noEvents, failing: (error) => failures.push(error) },
  });
  const random = randomFrom(1);
  const deadLetter = { reason: 'invalid_json', detail: '' } as const;
  for (let batch = 0; batch < 30; batch++) {
    for (let index = 0; index < 100; index++) {
      const payload = Uint8Array.from({ length: 4096 }, () => random() * 256);
      log.append(messageOf({ payload }), decodedOf([], deadLetter));
    }
    await settled(log);
  }
  const backup = backupOf(log, folder);
  const writing = fill(log, 2000);
  const { files } = await backup.begin();
  await writing;
  await backup.end();
  expect(failures).toEqual([]);
  expect(files.find(({ path }) => path === 'hot.duckdb')?.bytes).toBeGreaterThan(12_000_000);
  await log.close();
});

test('the ledger of the moment is in it', async () => {
  const folder = tempFolder();
  const copy = tempFolder();
  const log = await open(folder);
  await fill(log, 10);
  const ledger = join(folder, 'ledger.jsonl');
  const backup = backupOf(log, folder);
  const plan = await backup.begin();
  const before = readFileSync(ledger);
  await receive(backup, plan, copy);
  expect(readFileSync(join(copy, 'ledger.jsonl'))).toEqual(before);
  await backup.end();
  await log.close();
});

test('at any moment of writing, sealing and dropping', { timeout: 60_000 }, async () => {
  const random = randomFrom(chooseSeed());
  const folder = tempFolder();
  const retention = { ageMs: 0, bytes: 40_000, hardBytes: 0, protect: [] };
  const log = await open(folder, { streams: [{ ...readings, retention }], sealRows: 120 });
  const backup = backupOf(log, folder);
  let isDone = false;
  const writing = (async () => {
    while (!isDone) {
      await fill(log, 1 + Math.floor(random() * 200));
      if (random() < 0.5) await log.keep();
    }
  })();
  for (let round = 0; round < 12; round++) {
    const durable = log.stream('').highWatermark;
    const plan = await backup.begin();
    const copy = tempFolder();
    await receive(backup, plan, copy);
    await backup.end();
    const offsets = await offsetsOf(copy);
    expect(offsets.at(-1)).toBeGreaterThanOrEqual(durable - 1);
    expect(offsets).toEqual(range(offsets[0] ?? 0, (offsets.at(-1) ?? -1) + 1));
  }
  isDone = true;
  await writing;
  await log.keep();
  expect(parquetOf(folder)).toHaveLength(log.stream('').segments.all.length);
  await log.close();
});
