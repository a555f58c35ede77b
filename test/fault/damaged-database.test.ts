// hot.duckdb and its write-ahead log, damaged in every way that a card, a disk or a person can: the
// directory is mended, the database opens with everything before the damage, and a second start
// finds nothing more to mend.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mendDirectory } from '../../src/log/recovery/mend-directory.ts';
import { inspectWal } from '../../src/log/recovery/mend-wal.ts';
import { finishReplacement } from '../../src/log/recovery/replacement.ts';
import { outlineWal } from '../../src/log/recovery/wal-file.ts';
import {
  type Crashed,
  copyOf,
  crashedLog,
  flipBit,
  overwrite,
  rounds,
  truncate,
} from '../support/damage.ts';
import { withDatabase } from '../support/duckdb-log.ts';
import { makeFolder, removeFolder } from '../support/gateway.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';

const options = { memoryBytesMax: 128 * 1024 * 1024, nowUs: 1_700_000_000_000_000 };
const random = randomFrom(chooseSeed());
const HEADER_BYTES = 4096;
const BLOCK_BYTES = 262_144;

const parent = makeFolder('damage');
let small: Crashed;
let large: Crashed;

beforeAll(async () => {
  small = await crashedLog(parent, 100, [10, 10, 10, 10, 10, 10]);
  large = await crashedLog(parent, 200_000, [10, 10]);
}, 60_000);

afterAll(() => removeFolder(parent));

const hot = (folder: string): string => join(folder, 'hot.duckdb');
const wal = (folder: string): string => join(folder, 'hot.duckdb.wal');
const within = (from: number, to: number): number => from + Math.floor(random() * (to - from));

/** Mends, checks that the result is stable, and gives what was found and the offsets that are left. */
async function mend(folder: string) {
  const report = await mendDirectory(folder, options);
  finishReplacement(folder);
  // Where nothing could be kept a new database comes next, and until then it is missing.
  if (existsSync(hot(folder))) {
    const again = await mendDirectory(folder, options);
    expect(again.findings.filter(({ kind }) => kind !== 'wal_torn')).toEqual([]);
  }
  expect(readdirSync(folder).filter((name) => name.startsWith('mend'))).toEqual([]);
  const tables = existsSync(hot(folder))
    ? await withDatabase(
        folder,
        "select table_name from duckdb_tables() where table_name like 'hot%' order by 1",
      )
    : [];
  const offsets: number[] = [];
  for (const { table_name: table } of tables) {
    const rows = await withDatabase(folder, `select "offset" from ${String(table)}`);
    for (const { offset } of rows) offsets.push(Number(offset));
  }
  return { ...report, offsets, kinds: report.findings.map(({ kind }) => kind) };
}

/** Rows of readings in a closed database, attached for reading alone. */
async function countRows(connection: DuckDBConnection, path: string): Promise<number> {
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
  await connection.run(`attach '${path}' as cut (read_only)`);
  const [[table] = []] = await rows(
    "select table_name from duckdb_tables() where database_name = 'cut' and table_name like 'hot%'",
  );
  const [[count] = []] = await rows(`select count(*) from cut.${String(table)}`);
  await connection.run('detach cut');
  return Number(count);
}

function quarantined(folder: string): string[] {
  const root = join(folder, 'quarantine');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .flatMap((name) => readdirSync(join(root, name)))
    .sort();
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

test('a directory without damage is left as it is', async () => {
  const folder = copyOf(small.folder);
  const { findings, offsets, damage } = await mend(folder);
  expect({ findings, damage }).toEqual({ findings: [], damage: null });
  expect(offsets).toEqual(upTo(160));
  expect(existsSync(join(folder, 'quarantine'))).toBe(false);
});

describe('the write-ahead log', () => {
  test.each(upTo(3 * rounds))('zeroed from somewhere to its end, %i', async () => {
    const folder = copyOf(small.folder);
    const before = readFileSync(wal(folder));
    const from = within(8, before.length - 1);
    overwrite(wal(folder), from, Buffer.alloc(before.length - from));
    const { offsets } = await mend(folder);
    expect(offsets.length % 10).toBe(0);
    expect(offsets).toEqual(upTo(offsets.length));
    expect(offsets.length).toBeGreaterThanOrEqual(100);
  });

  test.each(upTo(3 * rounds))('noise from somewhere to its end, %i', async () => {
    const folder = copyOf(small.folder);
    const { length } = readFileSync(wal(folder));
    const from = within(8, length);
    const noise = Buffer.from(Array.from({ length: length - from + 500 }, () => within(0, 256)));
    overwrite(wal(folder), from, noise);
    const { offsets } = await mend(folder);
    expect(offsets).toEqual(upTo(offsets.length));
    expect(offsets.length).toBeGreaterThanOrEqual(100);
  });

  test.each(upTo(6 * rounds))('a flipped bit, %i', async () => {
    const folder = copyOf(small.folder);
    const original = readFileSync(wal(folder));
    const at = within(0, original.length);
    flipBit(wal(folder), at, within(0, 8));
    const damaged = readFileSync(wal(folder));
    const { offsets, damage, kinds } = await mend(folder);
    expect(offsets).toEqual(upTo(offsets.length));
    if (damage === null) {
      // In the last entry's length: nothing tells it from a log that was cut short.
      expect(kinds).toEqual(['wal_torn']);
      expect(offsets.length).toBeGreaterThanOrEqual(150);
    } else {
      expect(damage).toBe('wal_damaged');
      expect(quarantined(folder)).toEqual(['hot.duckdb', 'hot.duckdb.wal']);
      const [name = ''] = readdirSync(join(folder, 'quarantine'));
      const kept = readFileSync(join(folder, 'quarantine', name, 'hot.duckdb.wal'));
      expect(kept.equals(damaged)).toBe(true);
    }
  });

  test('a flipped bit in its first bytes costs nothing', async () => {
    const folder = copyOf(small.folder);
    flipBit(wal(folder), 5, 3);
    const { offsets, damage } = await mend(folder);
    expect(damage).toBe('wal_damaged');
    expect(offsets).toEqual(upTo(160));
  });

  test('a length that leads beyond the end, with whole commits behind it, is damage', async () => {
    const folder = copyOf(small.folder);
    // The highest byte but one of the first entry's length.
    flipBit(wal(folder), 8 + 6, 2);
    const { offsets, damage } = await mend(folder);
    expect(damage).toBe('wal_damaged');
    expect(offsets).toEqual(upTo(100));
  });
});

test('cut at every byte of its last commits, the database opens with the whole ones', {
  timeout: 120_000,
}, async () => {
  const before = readFileSync(wal(small.folder));
  const ends = outlineWal(before).commitEnds;
  const first = ends.at(rounds > 1 ? -4 : -2) as number;
  const folder = copyOf(small.folder);
  const copy = join(folder, 'copy.duckdb');
  writeFileSync(copy, readFileSync(hot(folder)));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (let cut = first; cut <= before.length; cut++) {
    writeFileSync(`${copy}.wal`, before.subarray(0, cut));
    const whole = ends.filter((end) => end <= cut).length;
    const state = inspectWal(`${copy}.wal`);
    expect({ cut, isWhole: state.isWhole, isBrokenInside: state.isBrokenInside }).toEqual({
      cut,
      isWhole: ends.includes(cut),
      isBrokenInside: false,
    });
    expect({ cut, rows: await countRows(connection, copy) }).toEqual({
      cut,
      rows: 100 + whole * 10,
    });
  }
  connection.closeSync();
  instance.closeSync();
});

describe('the database file', () => {
  test.each([0, 1, 2])('a flipped bit in header %i', async (header) => {
    const folder = copyOf(small.folder);
    flipBit(hot(folder), header * HEADER_BYTES + within(0, 120), within(0, 8));
    const { damage } = await mend(folder);
    expect(damage).toBe('hot_damaged');
    expect(quarantined(folder)).toEqual(['hot.duckdb', 'hot.duckdb.wal']);
  });

  test('a flipped bit in a block loses what is in that block alone', {
    timeout: 120_000,
  }, async () => {
    const blocks = Math.floor((statSync(hot(large.folder)).size - 3 * HEADER_BYTES) / BLOCK_BYTES);
    const chosen = rounds > 1 ? upTo(blocks) : [0, within(1, blocks - 2), blocks - 2, blocks - 1];
    let salvaged = 0;
    for (const block of chosen) {
      const folder = copyOf(large.folder);
      const at = 3 * HEADER_BYTES + block * BLOCK_BYTES + within(0, 2000);
      flipBit(hot(folder), at, within(0, 8));
      const { damage, offsets, findings } = await mend(folder);
      expect({ block, damage: damage ?? 'hot_damaged' }).toEqual({ block, damage: 'hot_damaged' });
      expect(new Set(offsets).size).toBe(offsets.length);
      if (damage === null) expect(offsets).toHaveLength(200_020);
      else expect(quarantined(folder)).toContain('hot.duckdb');
      if (findings[0]?.done.includes('copied')) salvaged += 1;
    }
    expect(salvaged).toBeGreaterThan(0);
  });

  test.each([
    ['is empty', (file: string) => truncate(file, 0)],
    ['is cut short', (file: string) => truncate(file, 5000)],
    ['is something else', (file: string) => writeFileSync(file, 'not a database'.repeat(1000))],
    ['is gone', (file: string) => rmSync(file)],
    [
      'is a folder',
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
  ])('%s', async (_, damageIt) => {
    const folder = copyOf(small.folder);
    damageIt(hot(folder));
    const { damage, offsets } = await mend(folder);
    expect(damage).toBe('hot_damaged');
    expect(offsets).toEqual([]);
    expect(existsSync(hot(folder))).toBe(false);
    expect(quarantined(folder)).toContain('hot.duckdb.wal');
  });
});
