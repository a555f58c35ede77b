// quarantine/ within its limit: what goes, what never goes, and that a start and the doctor say so.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { QuarantineLimit } from '../../src/log/recovery/quarantine-limit.ts';
import { databaseFile, noEvents, openLog } from '../support/duckdb-log.ts';
import { CliRig } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

const left = (): string[] => readdirSync(join(rig.folder, 'quarantine')).sort();

function put(file: string, bytes: number): void {
  const path = join(rig.folder, 'quarantine', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.alloc(bytes));
}

const stamp = (day: number): string => `202611${String(day).padStart(2, '0')}T101500Z`;

/** The folders that go. */
function trimmed(limit: QuarantineLimit, isDryRun = false): string[] {
  return limit.trim({ isDryRun }).map(({ subject }) => subject.replace('quarantine/', ''));
}

test('the oldest go until the rest is within the limit', () => {
  put(`${stamp(3)}-wal/hot.duckdb`, 300);
  put(`${stamp(3)}-wal/hot.duckdb.wal`, 100);
  put(`${stamp(1)}-segment/readings-00000000000000000000.parquet`, 400);
  put(`${stamp(2)}-ledger/ledger.jsonl`, 400);
  put(`${stamp(4)}-hot-2/hot.duckdb`, 400);
  expect(trimmed(new QuarantineLimit(rig.folder, 1600))).toEqual([]);
  const limit = new QuarantineLimit(rig.folder, 1199);
  expect(limit.trim({ isDryRun: true })).toMatchObject([
    {
      kind: 'quarantine_trimmed',
      subject: `quarantine/${stamp(1)}-segment`,
      found: 'takes 400 of 1600 bytes, and log.quarantineBytesMax is 1199',
      done: 'removed',
    },
    {
      subject: `quarantine/${stamp(2)}-ledger`,
      found: expect.stringMatching(/^takes 400 of 1200 /),
    },
  ]);
  expect(left()).toHaveLength(4);
  expect(trimmed(limit)).toEqual([`${stamp(1)}-segment`, `${stamp(2)}-ledger`]);
  expect(left()).toEqual([`${stamp(3)}-wal`, `${stamp(4)}-hot-2`]);
  expect(trimmed(limit)).toEqual([]);
});

test('the last one stays whatever its size, and so does what this process put there', () => {
  put(`${stamp(1)}-hot/hot.duckdb`, 5000);
  expect(trimmed(new QuarantineLimit(rig.folder, 1000))).toEqual([]);
  const limit = new QuarantineLimit(rig.folder, 1000);
  // By a clock that was set back: it is not the last.
  put(`${stamp(0)}-hot/hot.duckdb`, 5000);
  put(`${stamp(2)}-hot/hot.duckdb`, 5000);
  expect(trimmed(limit)).toEqual([`${stamp(1)}-hot`]);
  expect(left()).toEqual([`${stamp(0)}-hot`, `${stamp(2)}-hot`]);
  expect(trimmed(new QuarantineLimit(rig.folder, 1000))).toEqual([`${stamp(0)}-hot`]);
});

test('what Millpond did not name is neither touched nor counted', () => {
  put('notes.txt', 5000);
  put('my-copies/hot.duckdb', 5000);
  put(`${stamp(1)}-hot/hot.duckdb`, 5000);
  put(`${stamp(1)}-hot/why.txt`, 5);
  put(`${stamp(2)}-hot/hot.duckdb/of-somebody`, 5000);
  put(`${stamp(3)}-mine/hot.duckdb`, 5000);
  put('../elsewhere/hot.duckdb', 5000);
  symlinkSync(join(rig.folder, 'elsewhere'), join(rig.folder, 'quarantine', `${stamp(4)}-hot`));
  put(`${stamp(5)}-hot/ledger.jsonl`, 10);
  symlinkSync('/etc/hostname', join(rig.folder, 'quarantine', `${stamp(5)}-hot`, 'watermarks'));
  put(`${stamp(8)}-hot/hot.duckdb`, 600);
  put(`${stamp(9)}-hot/hot.duckdb`, 300);
  const before = left();
  expect(trimmed(new QuarantineLimit(rig.folder, 1000))).toEqual([]);
  expect(trimmed(new QuarantineLimit(rig.folder, 100))).toEqual([`${stamp(8)}-hot`]);
  expect(left()).toEqual(before.filter((name) => name !== `${stamp(8)}-hot`));
  expect(readdirSync(join(rig.folder, 'elsewhere'))).toEqual(['hot.duckdb']);

  rmSync(join(rig.folder, 'quarantine'), { recursive: true });
  expect(trimmed(new QuarantineLimit(rig.folder, 100))).toEqual([]);
  put('../elsewhere/20261101T101500Z-hot/hot.duckdb', 5000);
  put('../elsewhere/20261102T101500Z-hot/hot.duckdb', 5000);
  rmSync(join(rig.folder, 'quarantine'), { recursive: true, force: true });
  symlinkSync(join(rig.folder, 'elsewhere'), join(rig.folder, 'quarantine'));
  expect(trimmed(new QuarantineLimit(rig.folder, 100))).toEqual([]);
});

test('without a limit all is kept', () => {
  for (let day = 1; day < 9; day++) put(`${stamp(day)}-hot/hot.duckdb`, 5000);
  expect(trimmed(new QuarantineLimit(rig.folder, 0))).toEqual([]);
});

test('a start removes what an earlier one set aside, and tells of it', async () => {
  const notices: string[] = [];
  const start = async (what: string) => {
    writeFileSync(join(rig.folder, databaseFile), what.repeat(1000));
    notices.splice(0);
    const events = { ...noEvents, notice: ({ message }: Error) => void notices.push(message) };
    const quarantine = new QuarantineLimit(rig.folder, 12_000);
    const log = await openLog(rig.folder, { events, quarantine });
    await log.close();
  };
  await start('first');
  await start('second');
  expect(left()).toHaveLength(2);
  await start('third');
  const [first = ''] = notices.filter((text) => text.startsWith('quarantine/'));
  expect(first).toMatch(/^quarantine\/\S+-hot: takes \d+ of \d+ bytes, .* 12000; removed$/);
  const kept = left().map((name) =>
    readFileSync(join(rig.folder, 'quarantine', name, databaseFile)),
  );
  expect(kept.map((bytes) => bytes.toString().slice(0, 6))).toEqual(['second', 'thirdt']);
});

test('the doctor and status say so', async () => {
  for (const day of [1, 2]) {
    const file = `../data/quarantine/${stamp(day)}-hot/hot.duckdb`;
    put(file, 0);
    // Takes no room on the disk.
    truncateSync(join(rig.folder, 'quarantine', file), 1 << 30);
  }
  const told = `quarantine/${stamp(1)}-hot: takes 1073741824 of 2147483648 bytes`;
  const doctor = await rig.run(['doctor', '--dry-run']);
  expect(doctor.code).toBe(1);
  expect(doctor.out).toContain(`${told}, and log.quarantineBytesMax is 1073741824; to be removed`);
  const gateway = await rig.gateway();
  expect(gateway.told.err).toContain(`${told}, `);
  const { out } = await rig.run(['status', '--grpc', gateway.grpc]);
  expect(out).toContain('WARNING for ');
  expect(out).toMatch(/^Last start +put 1 thing right; see millpond doctor$/m);
  expect(readdirSync(join(rig.folder, 'data/quarantine'))).toEqual([`${stamp(2)}-hot`]);
});
