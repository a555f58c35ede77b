// Rollups are derived: whatever becomes of their files, a chart says what the readings say, and they
// are made again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Log } from '../../src/log/log.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { decodedOf, messageOf, settled } from '../contract/log.ts';
import { chartRig, naiveSeries, plainSeries, requestOf } from '../support/charts.ts';
import { noEvents, openLog } from '../support/duckdb-log.ts';
import { readingOf } from '../support/reading-rows.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const START_US = 1_700_000_000_000_000;
const SECOND_US = 1_000_000;
const READINGS = 2000;

async function store(log: Log, count: number): Promise<void> {
  const from = log.stream('').highWatermark;
  for (let at = from; at < from + count; at += 50) {
    const readings = Array.from({ length: 50 }, (_, index) =>
      readingOf({ value: at + index, measuredAtUs: START_US + (at + index) * SECOND_US }),
    );
    log.append(messageOf(), decodedOf(readings));
    await settled(log);
  }
}

type Options = NonNullable<Parameters<typeof openLog>[1]>;

async function openRig(folder: string, options: Options = {}) {
  const log = await openLog(folder, { sealRows: 100, tailBytesMax: 0, ...options });
  const rig = chartRig(log, folder);
  const close = async (): Promise<void> => {
    await rig.rollups.close();
    await log.close();
  };
  onTestFinished(close);
  return { log, close, ...rig };
}

type Rig = Awaited<ReturnType<typeof openRig>>;

const template = join(mkdtempSync(join(tmpdir(), 'millpond-rollups-')), 'data');

beforeAll(async () => {
  const log = await openLog(template, { sealRows: 100, tailBytesMax: 0 });
  const { rollups } = chartRig(log, template);
  await store(log, READINGS);
  await log.keep();
  await rollups.settle();
  await rollups.close();
  await log.close();
  expect(filesIn(template)).toHaveLength(2);
});

afterAll(() => rmSync(dirname(template), { recursive: true, force: true }));

/** A folder with sealed readings and their rollups. */
function filled(folder = tempFolder()): string {
  cpSync(template, folder, { recursive: true });
  return folder;
}

async function expectTrue({ log, charts }: Rig): Promise<number> {
  const minutes = requestOf({
    fromUs: START_US,
    toUs: START_US + READINGS * 10 * SECOND_US,
    bucketUs: 60 * SECOND_US,
    pointsMax: 10_000,
  });
  const answer = await charts.read(minutes, new AbortController().signal);
  expect(plainSeries(answer)).toEqual(await naiveSeries(log, minutes, answer));
  return answer.series[0]?.count.reduce((sum, count) => sum + count, 0) ?? 0;
}

function folderOf(folder: string): string {
  return join(folder, 'rollups/readings');
}

function filesIn(folder: string): string[] {
  return existsSync(folderOf(folder)) ? readdirSync(folderOf(folder)).sort() : [];
}

const damages: readonly [string, (path: string) => void][] = [
  [
    'has a flipped bit',
    (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4;
      writeFileSync(path, bytes);
    },
  ],
  ['was cut short', (path) => truncateSync(path, 100)],
  ['is empty, as after a power cut', (path) => truncateSync(path, 0)],
  ['is gone', (path) => rmSync(path)],
  [
    'is a folder',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
];

describe('a rollup that', () => {
  test.each(damages)('%s', async (_, damage) => {
    const folder = filled();
    const before = filesIn(folder);
    damage(join(folderOf(folder), before[0] ?? ''));
    const rig = await openRig(folder);
    expect(await expectTrue(rig)).toBe(READINGS);
    await rig.rollups.settle();
    expect(filesIn(folder)).toEqual(before);
    expect(await expectTrue(rig)).toBe(READINGS);
    expect(rig.failures).toEqual([]);
  });

  test.each(damages)('%s while the gateway runs', async (_, damage) => {
    const folder = filled();
    const rig = await openRig(folder);
    expect(await expectTrue(rig)).toBe(READINGS);
    damage(join(folderOf(folder), filesIn(folder)[0] ?? ''));
    // A bit of a file that was found whole is believed; what cannot be read is noticed.
    if (_ !== 'has a flipped bit') expect(await expectTrue(rig)).toBe(READINGS);
    expect(rig.failures).toEqual([]);
  });
});

test('what is no rollup of these segments is removed at the start', async () => {
  const folder = filled();
  const [first = '', ...others] = filesIn(folder);
  const strange = [
    'rollup.tmp',
    'notes.txt',
    first.replace(/[0-9a-f]{8}(?=\.\w{8}\.p)/, '00000000'),
  ];
  for (const name of strange) {
    writeFileSync(join(folderOf(folder), name), readFileSync(join(folderOf(folder), first)));
  }
  mkdirSync(join(folder, 'rollups/no-such-stream'));
  const rig = await openRig(folder);
  expect(await expectTrue(rig)).toBe(READINGS);
  expect(filesIn(folder)).toEqual([first, ...others]);
  expect(readdirSync(join(folder, 'rollups'))).toEqual(['readings']);
});

test('a segment that was damaged is set aside, and a chart shows what is left', async () => {
  const folder = filled();
  rmSync(join(folder, 'rollups'), { recursive: true });
  const segment = join(folder, 'streams/readings', '00000000000000000300.parquet');
  const bytes = readFileSync(segment);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  const codes: string[] = [];
  const notice = ({ code }: { code: string }) => void codes.push(code);
  const rig = await openRig(folder, { events: { ...noEvents, notice } });
  const { charts } = rig;
  const answer = await charts.read(
    requestOf({ fromUs: START_US, toUs: START_US + 3600 * SECOND_US }),
    new AbortController().signal,
  );
  expect(answer.series[0]?.count.reduce((sum, count) => sum + count, 0)).toBe(READINGS - 100);
  expect(codes).toEqual(['SEGMENT_DAMAGED']);
  await rig.rollups.settle();
  expect(rig.failures).toEqual([]);
});

test('a segment that is overwritten under a gateway that has read it fails the chart, and nothing else', async () => {
  const folder = filled();
  rmSync(join(folder, 'rollups'), { recursive: true });
  const rig = await openRig(folder);
  await rig.log.read(rig.log.stream(''), 0, 1);
  const segment = join(folder, 'streams/readings', '00000000000000000000.parquet');
  writeFileSync(segment, 'no Parquet');
  const request = requestOf({ fromUs: START_US, toUs: START_US + 3600 * SECOND_US });
  const read = () => rig.charts.read(request, new AbortController().signal);
  await expect(read()).rejects.toMatchObject({ code: 'SERIES_FAILED' });
  // It is not tried for ever.
  await rig.rollups.settle();
  writeFileSync(segment, readFileSync(join(template, 'streams/readings', basename(segment))));
  expect(await expectTrue(rig)).toBe(READINGS);
});

test('what retention drops goes out of charts and rollups', async () => {
  const folder = filled();
  const readings = {
    ...noLimits,
    name: 'readings',
    match: { topics: [], devices: [], metrics: [] },
    retention: { ...noLimits.retention, bytes: 30_000 },
  };
  const rig = await openRig(folder, { streams: [readings] });
  const before = rig.log.stream('').segments.all.length;
  // Charts are asked for all the while.
  const asked = Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      rig.charts.read(
        requestOf({ fromUs: START_US - at * SECOND_US, toUs: START_US + 3600 * SECOND_US }),
        new AbortController().signal,
      ),
    ),
  );
  await rig.log.keep();
  await rig.rollups.settle();
  await asked;
  const after = rig.log.stream('').segments.all.length;
  expect(after).toBeLessThan(before);
  expect(await expectTrue(rig)).toBe(READINGS - rig.log.stream('').lowWatermark);
  const bytes = filesIn(folder).reduce(
    (sum, file) => sum + readFileSync(join(folderOf(folder), file)).length,
    0,
  );
  expect(rig.log.stream('').rollupBytes).toBe(bytes);
  expect(rig.log.stream('').segments.bytes + bytes).toBeLessThanOrEqual(30_000);
  expect(rig.failures).toEqual([]);
});

test('on a full disk none is written, charts go on, and they are made once there is room', async (context) => {
  const disk = (() => {
    try {
      return mountSmallDisk(16);
    } catch {
      return context.skip('mounting is not allowed here');
    }
  })();
  onTestFinished(() => disk.unmount());
  const folder = filled(join(disk.path, 'data'));
  const before = filesIn(folder);
  rmSync(join(folder, 'rollups'), { recursive: true });
  const rig = await openRig(folder);
  disk.fill();
  await rig.rollups.settle();
  expect(rig.failures).not.toEqual([]);
  expect(filesIn(folder)).not.toEqual(before);
  expect(await expectTrue(rig)).toBe(READINGS);
  disk.free();
  await rig.rollups.settle();
  expect(filesIn(folder)).toEqual(before);
  expect(await expectTrue(rig)).toBe(READINGS);
  await rig.close();
});

test('killed again and again while they are made, the next start has none that is wrong', async () => {
  const folder = filled();
  const program = join(import.meta.dirname, '../support/rolling-up.mjs');
  for (let round = 0; round < 4; round++) {
    rmSync(join(folder, 'rollups'), { recursive: true, force: true });
    const child = spawn(process.execPath, [program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    // Between nothing and a whole rollup: each takes some milliseconds.
    for (let spin = 0; spin < round * 400_000; spin++) Math.sqrt(spin);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const rig = await openRig(folder);
    expect(await expectTrue(rig)).toBe(READINGS);
    await rig.rollups.settle();
    expect(filesIn(folder)).toHaveLength(2);
    expect(await expectTrue(rig)).toBe(READINGS);
    await rig.close();
  }
});
