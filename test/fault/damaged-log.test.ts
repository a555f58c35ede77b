// The whole log with sealed segments, after every kind of damage to its directory: it opens, gives
// what was not destroyed, says what was, and never gives an offset out again.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.ts';
import { append, settled } from '../contract/log.ts';
import { copyOf, flipBit, rounds, truncate } from '../support/damage.ts';
import { noEvents, openLog, withDatabase } from '../support/duckdb-log.ts';
import { makeFolder, removeFolder } from '../support/gateway.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { rowsOf } from '../support/reading-rows.ts';

const SEAL_ROWS = 100;
const ROWS = 430;
const random = randomFrom(chooseSeed());
const within = (from: number, to: number): number => from + Math.floor(random() * (to - from));
const parent = makeFolder('damaged-log');
let original = '';

/** Four sealed segments of a hundred readings, thirty hot rows, a position; as after a kill. */
beforeAll(async () => {
  const live = join(parent, 'live');
  let sealed = 0;
  let tell = (): void => {};
  const log = await openLog(live, {
    sealRows: SEAL_ROWS,
    database: { memoryBytesMax: 64 * 1024 * 1024, checkpointBytes: 1024 ** 3 },
    events: {
      ...noEvents,
      sealed: () => {
        sealed += 1;
        tell();
      },
    },
  });
  for (let from = 0; from < ROWS; from += 10) {
    append(
      log,
      Array.from({ length: 10 }, (_, index) => from + index),
    );
    await settled(log);
  }
  while (sealed < 4) {
    await new Promise<void>((resolve) => {
      tell = resolve;
    });
  }
  await log.commitPosition('', 'processor', 250);
  original = join(parent, 'original');
  cpSync(live, original, { recursive: true });
  // This process lives on.
  rmSync(join(original, 'lock'));
  await log.close();
}, 60_000);

afterAll(() => removeFolder(parent));

const folderOf = (folder: string): string => join(folder, 'streams', 'readings');
const segmentOf = (folder: string, first: number): string =>
  join(folderOf(folder), `${String(first).padStart(20, '0')}.parquet`);

/** Opens the damaged directory twice, reads everything, and checks that the books balance. */
async function recover(folder: string, { end = ROWS } = {}) {
  const notices: string[] = [];
  const notice = (error: { message: string }) => void notices.push(error.message);
  const log = await openLog(folder, { sealRows: SEAL_ROWS, events: { ...noEvents, notice } });
  const { offsets, gaps } = await readThrough(log);
  const { highWatermark } = log.stream('');
  expect(highWatermark).toBeGreaterThanOrEqual(end);
  append(log, ['new']);
  await settled(log);
  const position = log.position('', 'processor');
  await log.close();

  const losses = await withDatabase(
    folder,
    `select first_offset, last_offset, count, reason from losses where stream = 'readings' order by 1`,
  );
  const lost = losses.reduce((sum, { count }) => sum + Number(count), 0);
  expect(offsets.length + lost).toBe(highWatermark);
  const inGaps = gaps.reduce((sum, { first, next }) => sum + next - first, 0);
  expect(offsets.length + inGaps).toBe(highWatermark);

  const later: string[] = [];
  const again = await openLog(folder, {
    events: { ...noEvents, notice: ({ message }) => void later.push(message) },
  });
  expect(later).toEqual([]);
  const second = await readThrough(again);
  expect(second.offsets).toEqual([...offsets, highWatermark]);
  await again.close();
  return { offsets, highWatermark, notices, losses, position };
}

async function readThrough(log: Log) {
  const stream = log.stream('');
  const offsets: number[] = [];
  const gaps: { first: number; next: number }[] = [];
  for (let at = 0; at < stream.highWatermark; ) {
    const { gap, runs, next } = await log.read(stream, at, 1000);
    if (gap !== null) gaps.push(gap);
    for (const run of runs) for (const { offset } of rowsOf(run)) offsets.push(offset);
    at = Math.max(next, gap?.next ?? 0);
  }
  return { offsets, gaps };
}

function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

test('without damage everything is there', async () => {
  const { offsets, notices, losses, position } = await recover(copyOf(original));
  expect(offsets).toEqual(upTo(0, ROWS));
  expect({ notices, losses, position }).toEqual({ notices: [], losses: [], position: 250 });
});

test.each(upTo(0, 2 * rounds))('a bit flipped in a segment, %i', async () => {
  const folder = copyOf(original);
  const file = segmentOf(folder, 100);
  flipBit(file, within(0, statSync(file).size), within(0, 8));
  const { offsets, losses } = await recover(folder);
  expect(offsets).toEqual([...upTo(0, 100), ...upTo(200, ROWS)]);
  expect(losses).toMatchObject([
    { first_offset: 100n, last_offset: 199n, reason: 'segment_damaged' },
  ]);
});

test.each([
  ['is missing', 'segment_missing', (file: string) => rmSync(file)],
  ['is empty', 'segment_damaged', (file: string) => truncate(file, 0)],
  ['is cut short', 'segment_damaged', (file: string) => truncate(file, statSync(file).size - 1)],
  [
    'has noise for a footer',
    'segment_damaged',
    (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size, 0x5a)),
  ],
])('a segment that %s is a loss', async (_, reason, damageIt) => {
  const folder = copyOf(original);
  damageIt(segmentOf(folder, 200));
  const { offsets, losses } = await recover(folder);
  expect(offsets).toEqual([...upTo(0, 200), ...upTo(300, ROWS)]);
  expect(losses).toMatchObject([{ first_offset: 200n, last_offset: 299n, reason }]);
});

test('two segments that were swapped, and one under another name, are put right', async () => {
  const folder = copyOf(original);
  const aside = join(folder, 'aside');
  renameSync(segmentOf(folder, 0), aside);
  renameSync(segmentOf(folder, 300), segmentOf(folder, 0));
  renameSync(aside, segmentOf(folder, 300));
  renameSync(segmentOf(folder, 100), segmentOf(folder, 777));
  const { offsets, losses } = await recover(folder);
  expect(offsets).toEqual(upTo(0, ROWS));
  expect(losses).toEqual([]);
});

test('a seal that was cut between its file and its registering is finished', async () => {
  const folder = copyOf(original);
  writeFileSync(`${segmentOf(folder, 400)}.tmp`, 'half');
  // The rows of a registered segment are hot again, and the file is there: as before the transaction.
  await withDatabase(
    folder,
    `create table hot_0_300 as select "offset", series, measured_at::timestamp as measured_at,
       received_at::timestamp as received_at, number, text, quality
     from read_parquet('${segmentOf(folder, 300)}')`,
    'delete from segments where first_offset = 300',
  );
  const { offsets, losses } = await recover(folder);
  expect(offsets).toEqual(upTo(0, ROWS));
  expect(losses).toEqual([]);
  expect(readdirSync(folderOf(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a drop that was cut between the table and the file is finished', async () => {
  const folder = copyOf(original);
  await withDatabase(
    folder,
    'delete from segments where first_offset = 0',
    `insert into losses values ('readings', 0, 99, 100, 'retention_bytes', '', now()::timestamp)`,
  );
  const { offsets } = await recover(folder);
  expect(offsets).toEqual(upTo(100, ROWS));
  expect(existsSync(segmentOf(folder, 0))).toBe(false);
});

test('without hot.duckdb the sealed readings are there, and so is where everybody was', async () => {
  const folder = copyOf(original);
  rmSync(join(folder, 'hot.duckdb'));
  const { offsets, highWatermark, losses, position } = await recover(folder);
  expect(offsets).toEqual(upTo(0, 400));
  expect({ highWatermark, position }).toEqual({ highWatermark: ROWS, position: 250 });
  const reason = 'hot_damaged';
  expect(losses).toMatchObject([{ first_offset: 400n, last_offset: 429n, reason }]);
});

test.each([['watermarks'], ['watermarks', 'ledger.jsonl']])(
  'without hot.duckdb and %s the log goes on far beyond',
  async (...names) => {
    const folder = copyOf(original);
    for (const name of ['hot.duckdb', ...names]) rmSync(join(folder, name));
    const { offsets, highWatermark } = await recover(folder);
    expect(offsets).toEqual(upTo(0, 400));
    expect(highWatermark).toBeGreaterThan(ROWS);
  },
);

test.each(upTo(0, 3 * rounds))('a bit flipped in hot.duckdb or its log, %i', async () => {
  const folder = copyOf(original);
  const name = random() < 0.5 ? 'hot.duckdb' : 'hot.duckdb.wal';
  const file = join(folder, name);
  const { size } = statSync(file);
  flipBit(file, within(0, size), within(0, 8));
  const { offsets } = await recover(folder, { end: 0 });
  expect(offsets).toEqual(expect.arrayContaining(upTo(0, 300)));
});

test('nothing but segments of a stream that nobody knows any more', async () => {
  const folder = copyOf(original);
  rmSync(join(folder, 'hot.duckdb'));
  rmSync(join(folder, 'hot.duckdb.wal'));
  mkdirSync(join(folder, 'streams', 'alarms'));
  cpSync(segmentOf(folder, 0), segmentOf(folder, 0).replace('readings', 'alarms'));
  const { offsets } = await recover(folder);
  expect(offsets).toEqual(upTo(0, 400));
  const log = await openLog(folder);
  expect(log.stream('alarms')).toMatchObject({ lowWatermark: 0 });
  expect((await log.read(log.stream('alarms'), 0, 10)).runs.length).toBeGreaterThan(0);
  await log.close();
});
