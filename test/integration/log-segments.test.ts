// Hot rows become segments, and whoever reads does not notice: across the seam, while rows are sealed
// and dropped, by offset and by time.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StreamConfig } from '../../src/core/stream-config.ts';
import type { Log } from '../../src/log/log.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { append, decodedOf, messageOf, readAll, settled } from '../contract/log.ts';
import { noEvents, openLog, withDatabase } from '../support/duckdb-log.ts';
import { readingOf, rowsOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const START_US = 1_700_000_000_000_000;

const readings: StreamConfig = {
  ...noLimits,
  name: 'readings',
  match: { topics: [], devices: [], metrics: [] },
};

/** A log that seals every hundred rows; the value of a row is its offset. */
function open(folder: string, options: Partial<LogOptions> = {}): Promise<Log> {
  return openLog(folder, { sealRows: 100, tailBytesMax: 0, ...options });
}

async function fill(log: Log, rows: number, atUs = START_US): Promise<void> {
  const from = log.stream('').highWatermark;
  const step = rows > 1000 ? 1000 : 50;
  for (let first = from; first < from + rows; first += step) {
    const count = Math.min(step, from + rows - first);
    const values = Array.from({ length: count }, (_, index) => first + index);
    append(log, values, atUs);
    await settled(log);
  }
}

function filesOf(folder: string, stream = 'readings'): string[] {
  const path = join(folder, 'streams', stream);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

function name(first: number): string {
  return `${String(first).padStart(20, '0')}.parquet`;
}

async function valuesOf(log: Log, from = 0, rowsMax = 1000): Promise<unknown[]> {
  return (await readAll(log, from, rowsMax)).map(({ value }) => value);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('a full hot table becomes a segment, and its rows are read as before', async () => {
  const folder = tempFolder();
  const log = await open(folder);
  await fill(log, 350);
  await log.keep();
  expect(filesOf(folder)).toEqual([name(0), name(100), name(200)]);
  expect(log.stream('').hot).toMatchObject([{ first: 300, next: 350 }]);
  for (const rowsMax of [1, 33, 100, 1000]) {
    expect(await valuesOf(log, 0, rowsMax)).toEqual(upTo(350));
  }
  expect(await valuesOf(log, 199, 2)).toEqual(upTo(350).slice(199));
  await log.close();
  const again = await open(folder);
  expect(await valuesOf(again)).toEqual(upTo(350));
  await fill(again, 10);
  expect(again.stream('').hot).toMatchObject([{ first: 300, next: 360 }]);
  expect(await valuesOf(again)).toEqual(upTo(360));
  await again.close();
});

test('what cannot be sealed is told and tried again, and is read all the same', async () => {
  const folder = tempFolder();
  const codes: string[] = [];
  const notice = ({ code }: { code: string }) => void codes.push(code);
  const log = await open(folder, { events: { ...noEvents, notice } });
  writeFileSync(join(folder, 'streams'), 'in the way');
  await fill(log, 150);
  await log.keep();
  expect(codes).toEqual(['LOG_KEEPING_FAILED']);
  expect(await valuesOf(log)).toEqual(upTo(150));
  await log.close();
  rmSync(join(folder, 'streams'));
  const again = await open(folder);
  await again.keep();
  expect(filesOf(folder)).toEqual([name(0)]);
  expect(await valuesOf(again)).toEqual(upTo(150));
  await again.close();
});

test('what a reading holds comes out of a segment as it went in', async () => {
  const folder = tempFolder();
  const log = await open(folder, { sealRows: 4 });
  const given = [
    readingOf({ value: 'an open door', channel: 'front', measuredAtUs: START_US - 5 }),
    readingOf({ value: -0.1, unit: 'Cel', metric: 'temperature', measuredAtUs: -5, quality: 2 }),
    readingOf({ value: '', device: "it's", quality: 4 }),
    readingOf({ value: 1e300, measuredAtUs: START_US + 1 }),
  ];
  log.append(messageOf({ source: 'serial', receivedAtUs: START_US }), decodedOf(given));
  await settled(log);
  const before = await readAll(log);
  append(log, [0]);
  await settled(log);
  await log.keep();
  expect(log.stream('').segments.all).toHaveLength(1);
  expect((await readAll(log)).slice(0, 4)).toEqual(before);
  await log.close();
});

test('texts that begin in a later block of a segment come out of it as they went in', async () => {
  const log = await open(tempFolder(), { sealRows: 40_000 });
  const sentAt = (offset: number): number | string =>
    offset >= 35_000 && offset % 3 === 0 ? `text ${offset}` : offset;
  for (let first = 0; first < 41_000; first += 1000) {
    const given = Array.from({ length: 1000 }, (_, index) =>
      readingOf({ value: sentAt(first + index) }),
    );
    log.append(messageOf(), decodedOf(given));
    await settled(log);
  }
  await log.keep();
  expect(log.stream('').segments.all).toMatchObject([{ first: 0, next: 40_000 }]);
  const values = await valuesOf(log, 0, 65_536);
  expect(values).toHaveLength(41_000);
  expect(values.findIndex((value, offset) => value !== sentAt(offset))).toBe(-1);
  // From its beginning again, now that it is known to have texts.
  expect(await valuesOf(log, 0, 65_536)).toEqual(values);
  await log.close();
});

test('a segment may hold more series than there is room for lists of their names', async () => {
  const log = await open(tempFolder(), { sealRows: 20_000 });
  for (let first = 0; first < 20_001; first += 1000) {
    const given = Array.from({ length: 1000 }, (_, index) =>
      readingOf({ value: first + index, device: `device-${first + index}` }),
    );
    log.append(messageOf(), decodedOf(given));
    await settled(log);
  }
  await log.keep();
  expect(log.stream('').segments.all).toMatchObject([{ first: 0, next: 20_000 }]);
  const rows = await readAll(log, 0, 65_536);
  expect(rows.findIndex((row, index) => row.device !== `device-${index}`)).toBe(-1);
  expect(rows).toHaveLength(21_000);
  await log.close();
});

test('a hot table is sealed at its age, though nothing more comes', async () => {
  const folder = tempFolder();
  let nowUs = START_US;
  const log = await open(folder, { sealAgeMs: 1000, clock: () => nowUs });
  await fill(log, 30);
  await log.keep();
  expect(filesOf(folder)).toEqual([]);
  nowUs += 1_000_000;
  await log.keep();
  expect(filesOf(folder)).toEqual([name(0)]);
  expect(await valuesOf(log)).toEqual(upTo(30));
  await fill(log, 5);
  expect(await valuesOf(log)).toEqual(upTo(35));
  await log.close();
});

test('readers go through while rows are sealed under them', async () => {
  const log = await open(tempFolder(), { sealRows: 60 });
  const stream = log.stream('');
  let isDone = false;
  const reading = (async () => {
    const found: unknown[] = [];
    for (let at = 0; !isDone || at < stream.highWatermark; ) {
      const { gap, runs, next } = await log.read(stream, at, 17);
      expect(gap).toBeNull();
      found.push(...runs.flatMap(rowsOf).map(({ value }) => value));
      at = next;
      if (runs.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return found;
  })();
  for (let round = 0; round < 40; round++) {
    await fill(log, 50);
    if (round % 3 === 0) await log.keep();
  }
  isDone = true;
  expect(await reading).toEqual(upTo(2000));
  await log.keep();
  expect(stream.segments.all.length).toBeGreaterThan(15);
  await log.close();
});

test('a time is sought in sealed and hot rows alike, also after the clock was set back', async () => {
  const log = await open(tempFolder());
  for (const [index, atUs] of [10, 20, 30, 5, 40].entries()) {
    expect(log.stream('').highWatermark).toBe(index * 100);
    await fill(log, 100, START_US + atUs);
  }
  await log.keep();
  const stream = log.stream('');
  expect(stream.segments.all).toHaveLength(4);
  const at = (us: number): Promise<number> => log.offsetAtTime(stream, START_US + us);
  expect(await at(0)).toBe(0);
  expect(await at(10)).toBe(0);
  expect(await at(11)).toBe(100);
  expect(await at(30)).toBe(200);
  expect(await at(31)).toBe(400);
  expect(await at(41)).toBe(500);
  await log.close();
});

test('other programs read the sealed history while the log is open', async () => {
  const folder = tempFolder();
  const log = await open(folder);
  await fill(log, 250);
  await log.keep();
  const script = `
    import { DuckDBInstance } from '@duckdb/node-api';
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const found = await connection.runAndReadAll(process.argv[1]);
    console.log(JSON.stringify(found.getRowObjectsJson()));`;
  const query = (sql: string): Record<string, unknown>[] =>
    JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', script, sql], {
        encoding: 'utf8',
      }),
    );
  const files = `'${join(folder, 'streams', 'readings')}/*.parquet'`;
  const [sum] = query(`select count(*)::int as n, sum(number) as total,
    any_value(device) as device, max("offset")::int as last from read_parquet(${files})`);
  expect(sum).toMatchObject({ n: 200, total: 19_900, last: 199 });
  const columns = query(
    `select name, type, logical_type from parquet_schema(${files}) where type is not null`,
  );
  expect(columns.slice(0, 12).map(({ name: column, type }) => `${column} ${type}`)).toEqual([
    'offset INT64',
    'series INT32',
    'device BYTE_ARRAY',
    'channel BYTE_ARRAY',
    'metric BYTE_ARRAY',
    'unit BYTE_ARRAY',
    'source BYTE_ARRAY',
    'measured_at INT64',
    'received_at INT64',
    'number DOUBLE',
    'text BYTE_ARRAY',
    'quality INT32',
  ]);
  expect(columns[8]?.logical_type).toMatch(/isAdjustedToUTC=1.*MICROS/);
  const statistics = query(`select stats_min_value as low, stats_max_value as high
    from parquet_metadata(${files}) where path_in_schema = 'offset' order by file_name`);
  expect(statistics).toEqual([
    { low: '0', high: '99' },
    { low: '100', high: '199' },
  ]);
  await log.close();
});

test.each([
  ['a bit flipped in its data', 'segment_damaged', (path: string) => flip(path, 200)],
  ['a bit flipped in its footer', 'segment_damaged', (path: string) => flip(path, -20)],
  ['nothing in it', 'segment_damaged', (path: string) => writeFileSync(path, '')],
  ['its file gone', 'segment_missing', (path: string) => rmSync(path)],
])(
  'a segment with %s is set aside when it is read, and is a loss',
  async (_what, reason, damage) => {
    const folder = tempFolder();
    const notices: string[] = [];
    const log = await open(folder, {
      events: { ...noEvents, notice: ({ code }) => notices.push(code) },
    });
    await fill(log, 350);
    await log.keep();
    damage(join(folder, 'streams', 'readings', name(100)));
    const stream = log.stream('');
    const found = await log.read(stream, 150, 10);
    expect(found).toEqual({ gap: { first: 150, next: 200, reason }, runs: [], next: 200 });
    expect(await valuesOf(log, 200)).toEqual(upTo(350).slice(200));
    expect(filesOf(folder)).toEqual([name(0), name(200)]);
    expect(notices).toEqual(['SEGMENT_DAMAGED']);
    expect(log.losses.byReason().get(reason)).toBe(100);
    await log.close();
    const losses = await withDatabase(
      folder,
      'select stream, first_offset::int as first, last_offset::int as last, reason from losses',
    );
    expect(losses).toEqual([{ stream: 'readings', first: 100, last: 199, reason }]);
  },
);

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] as number) ^ 4;
  writeFileSync(path, bytes);
}

test('a limit in bytes drops the oldest segments; a lagging consumer has a loss and a gap', async () => {
  const folder = tempFolder();
  const retention = { ...noLimits.retention, bytes: 400_000 };
  const log = await open(folder, { streams: [{ ...readings, retention }], sealRows: 2048 });
  const stream = log.stream('');
  await fill(log, 3000);
  await log.commitPosition('', 'slow', 100);
  await log.commitPosition('', 'quick', 3000);
  while (stream.lowWatermark < 5000) {
    await fill(log, 2100);
    await log.keep();
  }
  const { lowWatermark } = stream;
  const bytes = stream.segments.bytes + Math.min(200_000, stream.hotRows * 48);
  expect(bytes).toBeLessThanOrEqual(400_000);
  expect(filesOf(folder)).toEqual(stream.segments.all.map(({ first }) => name(first)));
  const { gap } = await log.read(stream, 100, 10);
  expect(gap).toEqual({ first: 100, next: lowWatermark, reason: 'retention_bytes' });
  expect(log.losses.byReason().get('retention_bytes')).toBe(lowWatermark - 100);
  expect(await valuesOf(log, lowWatermark)).toEqual(upTo(stream.highWatermark).slice(lowWatermark));
  await log.close();
  const losses = await withDatabase(
    folder,
    'select first_offset::int as first, last_offset::int as last, detail from losses',
  );
  expect(losses[0]).toMatchObject({ first: 100, last: lowWatermark - 1 });
  expect(losses).toHaveLength(1);
});

test('a limit in age drops segments once the clock can be trusted', async () => {
  const folder = tempFolder();
  let nowUs = START_US;
  const retention = { ...noLimits.retention, ageMs: 60_000 };
  const options = { streams: [{ ...readings, retention }], clock: () => nowUs };
  const log = await open(folder, options);
  await fill(log, 250, nowUs);
  await log.keep();
  expect(filesOf(folder)).toHaveLength(2);
  // A clock that jumps makes everything old at once: nothing goes for that.
  nowUs += 10 * 365 * 86_400_000_000;
  await log.keep();
  expect(filesOf(folder)).toHaveLength(3);
  await log.close();
  // Nor after a start that finds everything old.
  const again = await open(folder, options);
  await again.keep();
  expect(filesOf(folder)).toHaveLength(3);
  await again.close();
  nowUs = START_US + 120_000_000;
  const steady = await open(folder, options);
  await steady.keep();
  expect(filesOf(folder)).toEqual([]);
  expect(steady.stream('')).toMatchObject({ lowWatermark: 250, highWatermark: 250 });
  await steady.close();
});

test('what a protected consumer has not committed stays until the hard limit', async () => {
  const folder = tempFolder();
  const retention = { ageMs: 0, bytes: 1, hardBytes: 0, protect: ['analytics'] };
  const log = await open(folder, { streams: [{ ...readings, retention }], sealRows: 2048 });
  await fill(log, 7000);
  await log.keep();
  expect(log.stream('').lowWatermark).toBe(0);
  await log.commitPosition('', 'analytics', 4200);
  await log.keep();
  expect(log.stream('').lowWatermark).toBe(3000);
  expect(log.losses.byReason().size).toBe(0);
  await log.close();
});

test('a full stream that refuses takes nothing until there is room, and loses nothing', async () => {
  const folder = tempFolder();
  const retention = { ageMs: 0, bytes: 1, hardBytes: 150_000, protect: ['analytics'] };
  const log = await open(folder, {
    streams: [{ ...readings, retention, onFull: 'refuse' }],
    sealRows: 2048,
  });
  const refused = (): boolean => {
    try {
      append(log, [1]);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'STREAM_FULL' });
      return true;
    }
  };
  const stream = log.stream('');
  // The keeper may find it full in the middle.
  const isFull = { code: 'STREAM_FULL' };
  const filled = (async () => {
    for (;;) await fill(log, 2100);
  })();
  await expect(filled).rejects.toMatchObject(isFull);
  await settled(log);
  expect(refused()).toBe(true);
  expect(await valuesOf(log)).toEqual(upTo(stream.highWatermark));
  // Nobody could be told of what is not refusable: it is dropped, and counted.
  const noReadings = { reason: 'invalid_json', detail: 'half of it' } as const;
  for (const deadLetter of [null, noReadings]) {
    const readings = [readingOf({ value: 1 }), readingOf({ value: 2 })];
    log.append(messageOf({ isRefusable: false }), decodedOf(readings, deadLetter));
  }
  await settled(log);
  expect(await valuesOf(log)).toEqual(upTo(stream.highWatermark));
  expect(log.losses.byReason()).toEqual(new Map([['stream_full', 4]]));
  expect(log.deadLetters.count).toBe(1);
  await log.commitPosition('', 'analytics', stream.highWatermark);
  await log.keep();
  expect(stream.isFull).toBe(false);
  expect(refused()).toBe(false);
  await settled(log);
  await log.close();
  const [loss] = await withDatabase(folder, 'select * from losses');
  expect(loss).toMatchObject({ stream: 'readings', count: 4n, reason: 'stream_full' });
});

test('streams have their own offsets, and one that the config no longer names is still read', async () => {
  const folder = tempFolder();
  const match = { topics: [], devices: ['door-*'], metrics: [] };
  const log = await open(folder, { streams: [{ ...readings, name: 'doors', match }] });
  for (let index = 0; index < 120; index++) {
    const device = index % 2 === 0 ? 'door-1' : 'thermo-1';
    log.append(messageOf(), decodedOf([readingOf({ value: index, device })]));
  }
  await settled(log);
  append(log, [0]);
  await settled(log);
  expect(log.stream('doors').highWatermark).toBe(60);
  expect(log.stream('').highWatermark).toBe(61);
  await log.close();
  const again = await open(folder);
  expect(again.stream('doors').highWatermark).toBe(60);
  const { runs } = await again.read(again.stream('doors'), 0, 100);
  expect(runs.flatMap(rowsOf).map(({ value }) => value)).toEqual(
    upTo(120).filter((index) => index % 2 === 0),
  );
  expect(again.seriesState.lastSeenUs).toBeGreaterThan(0);
  await again.close();
});

test('a directory of the first version is brought up to this one, with all that is in it', async () => {
  const folder = tempFolder();
  await withDatabase(folder, ...versionOne);
  const log = await open(folder);
  const stream = log.stream('');
  expect(stream).toMatchObject({ lowWatermark: 7, highWatermark: 257 });
  const rows = await readAll(log, 7);
  expect(rows.map(({ value }) => value)).toEqual(upTo(257).slice(7));
  expect(rows[0]).toMatchObject({ device: 'attic', metric: 'temperature', unit: 'Cel' });
  expect(log.position('', 'c')).toBe(20);
  expect(log.deadLetters.count).toBe(1);
  append(log, [257]);
  await settled(log);
  await log.keep();
  expect(filesOf(folder)).toEqual([name(7)]);
  expect(await valuesOf(log, 7)).toEqual(upTo(258).slice(7));
  await log.close();
});

/** The tables as the first version made them. */
const versionOne = [
  'create table meta (key varchar, value varchar)',
  'create table streams (id integer, name varchar)',
  `create table series (
     id integer, device varchar, channel varchar, metric varchar, unit varchar, source varchar)`,
  `create table devices (
     series integer, first_seen timestamp, last_seen timestamp, readings bigint,
     number double, text varchar, measured_at timestamp)`,
  `create table consumers (
     stream varchar, consumer varchar, next_offset bigint, committed_at timestamp)`,
  `create table dead_letters (
     id bigint, received_at timestamp, source varchar, topic varchar, profile varchar,
     reason varchar, detail varchar, flags utinyint, payload blob)`,
  `create table losses (
     stream varchar, first_offset bigint, last_offset bigint, count bigint,
     reason varchar, detail varchar, recorded_at timestamp)`,
  `create table hot_0 (
     "offset" bigint, series integer, measured_at timestamp, received_at timestamp,
     number double, text varchar, quality utinyint)`,
  "insert into meta values ('schema_version', '1'), ('devices_as_of', '100')",
  "insert into streams values (0, 'readings')",
  "insert into series values (0, 'attic', '', 'temperature', 'Cel', 'mqtt')",
  `insert into hot_0 select i, 0, timestamp '2024-01-01', timestamp '2024-01-01', i, null, 1
   from range(7, 257) t(i)`,
  "insert into consumers values ('readings', 'c', 20, timestamp '2024-01-01')",
  `insert into dead_letters values
     (3, timestamp '2024-01-01', 'mqtt', 't', '', 'no_profile', '', 0, 'abc'::blob)`,
];
