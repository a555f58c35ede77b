// The ledger in real folders: what is synced is there after a start, whatever happened to the rest of
// the file, and the file stays small.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Ledger, ledgerPath, RESERVE_STEP } from '../../src/log/ledger.ts';
import type { Loss } from '../../src/log/loss-book.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

function openLedger(folder: string): Promise<Ledger> {
  return Ledger.open(folder, { lossesMax: 100 });
}

function position(consumer: string, nextOffset: number) {
  return { kind: 'position', stream: 'readings', consumer, nextOffset, committedAtUs: 1 } as const;
}

function series(id: number) {
  const key = { device: `device${id}`, channel: '', metric: 'temperature', unit: 'Cel' };
  return { kind: 'series', id, ...key, source: 'mqtt' } as const;
}

const loss: Loss = {
  stream: 'readings',
  firstOffset: 0,
  lastOffset: 99,
  count: 100,
  reason: 'retention_age',
  detail: '"quotes"\nand ümlauts \ud800',
  atUs: 5,
};

async function seriesOf(ledger: Ledger): Promise<[number, string][]> {
  const found: [number, string][] = [];
  await ledger.readSeries((id, { device }) => found.push([id, device]));
  return found;
}

async function contentOf(ledger: Ledger) {
  const { state } = ledger;
  return {
    streams: state.streams(),
    positions: state.positions(),
    losses: state.losses.all(),
    deadLettersNext: state.deadLettersNext,
    seriesNext: state.seriesNext,
    series: await seriesOf(ledger),
  };
}

/** One of each kind, synced. */
async function filled(folder: string): Promise<Ledger> {
  const ledger = await openLedger(folder);
  ledger.note({ kind: 'stream', id: 0, name: 'readings' });
  ledger.raiseReserve(0, 0);
  for (let id = 0; id < 3; id++) ledger.note(series(id));
  ledger.note(position('reports', 7));
  ledger.noteLoss(loss);
  ledger.note({ kind: 'dead_letters', nextId: 12 });
  await ledger.sync();
  return ledger;
}

test('a folder without one gives an empty ledger, and nothing is written before a sync', async () => {
  const folder = tempFolder();
  const ledger = await openLedger(folder);
  expect(ledger.found).toEqual({ isMissing: true, lines: 0, lineBytes: 0, tornBytes: 0 });
  expect(ledger.state.streams()).toEqual([]);
  expect(existsSync(ledgerPath(folder))).toBe(false);
});

test('what was synced is there again, the last of each thing', async () => {
  const folder = tempFolder();
  const ledger = await filled(folder);
  ledger.note(position('reports', 8));
  ledger.noteLoss({ ...loss, firstOffset: 100, lastOffset: 149, count: 50 });
  await ledger.sync();
  const again = await openLedger(folder);
  expect(again.found).toEqual({ isMissing: false, lines: 0, lineBytes: 0, tornBytes: 0 });
  expect(await contentOf(again)).toEqual(await contentOf(ledger));
  expect(await contentOf(again)).toMatchObject({
    streams: [{ id: 0, name: 'readings', reserve: RESERVE_STEP }],
    positions: [{ consumer: 'reports', nextOffset: 8 }],
    losses: [{ firstOffset: 0, lastOffset: 149, count: 150 }],
    deadLettersNext: 12,
    seriesNext: 3,
  });
  await ledger.close();
});

test('every line is JSON that other programs read', async () => {
  const folder = tempFolder();
  await (await filled(folder)).close();
  const lines = readFileSync(ledgerPath(folder), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).kind)).toContain('position');
});

describe('the reserve of a stream', () => {
  test('holds only once it is durable, and is raised by a step before it is used up', async () => {
    const ledger = await openLedger(tempFolder());
    expect(ledger.isReserved(0, 1)).toBe(false);
    expect(ledger.isReserveLow(0, 0)).toBe(true);
    ledger.raiseReserve(0, 10);
    expect(ledger.isReserved(0, 11)).toBe(false);
    await ledger.sync();
    expect(ledger.isReserved(0, 10 + RESERVE_STEP)).toBe(true);
    expect(ledger.isReserved(0, 11 + RESERVE_STEP)).toBe(false);
    expect(ledger.isReserveLow(0, 10)).toBe(false);
    expect(ledger.isReserveLow(0, 11 + RESERVE_STEP / 2)).toBe(true);
    await ledger.close();
  });

  test('never goes back', async () => {
    const folder = tempFolder();
    const ledger = await openLedger(folder);
    ledger.raiseReserve(0, 1000);
    await ledger.sync();
    ledger.raiseReserve(0, 0);
    await ledger.sync();
    expect(ledger.isReserved(0, 1000 + RESERVE_STEP)).toBe(true);
    await ledger.close();
    const again = await openLedger(folder);
    expect(again.isReserved(0, 1000 + RESERVE_STEP)).toBe(true);
  });
});

describe('a damaged file', () => {
  test('cut off gives what is before the cut, and goes on from there', async () => {
    const folder = tempFolder();
    await (await filled(folder)).close();
    const whole = readFileSync(ledgerPath(folder));
    for (let end = 0; end <= whole.length; end += 5) {
      writeFileSync(ledgerPath(folder), whole.subarray(0, end));
      const ledger = await openLedger(folder);
      const wholeLines = whole.subarray(0, end).lastIndexOf('\n') + 1;
      expect(ledger.found).toMatchObject({ lines: 0, tornBytes: end - wholeLines });
      ledger.note(position('after', end));
      await ledger.close();
      const again = await openLedger(folder);
      expect(again.found).toMatchObject({ lines: 0, tornBytes: 0 });
      expect(again.state.positions()).toContainEqual(
        expect.objectContaining({ consumer: 'after', nextOffset: end }),
      );
    }
  });

  test('with flipped bits costs the lines that have them, which are counted and then gone', async () => {
    const folder = tempFolder();
    await (await filled(folder)).close();
    const whole = readFileSync(ledgerPath(folder));
    const random = randomFrom(chooseSeed());
    for (let round = 0; round < 100; round++) {
      const bytes = Buffer.from(whole);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8));
      writeFileSync(ledgerPath(folder), bytes);
      const ledger = await openLedger(folder);
      const { lines, tornBytes } = ledger.found;
      // A line end that is flipped damages two lines, or leaves the last one without its end.
      expect(lines + Math.sign(tornBytes)).toBeGreaterThanOrEqual(1);
      expect(lines).toBeLessThanOrEqual(2);
      expect(readFileSync(ledgerPath(folder))).toEqual(bytes);
      await ledger.sync();
      await ledger.close();
      expect((await openLedger(folder)).found).toMatchObject({ lines: 0 });
    }
  });

  test('with a tail of zeros, noise or one endless line is read up to there', async () => {
    const folder = tempFolder();
    const ledger = await filled(folder);
    const before = await contentOf(ledger);
    await ledger.close();
    const whole = readFileSync(ledgerPath(folder));
    const tails = [
      Buffer.alloc(4096),
      Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)),
      Buffer.alloc(3 * 1024 * 1024, 'x'),
    ];
    for (const tail of tails) {
      writeFileSync(ledgerPath(folder), Buffer.concat([whole, tail]));
      const again = await openLedger(folder);
      expect(await contentOf(again)).toEqual(before);
      const { lineBytes, tornBytes } = again.found;
      expect(lineBytes + tornBytes).toBe(tail.length);
    }
  });

  test('an endless line between others costs itself alone', async () => {
    const folder = tempFolder();
    await (await filled(folder)).close();
    appendFileSync(ledgerPath(folder), `${'x'.repeat(3 * 1024 * 1024)}\n`);
    const other = tempFolder();
    const ledger = await openLedger(other);
    ledger.note(position('late', 99));
    await ledger.close();
    appendFileSync(ledgerPath(folder), readFileSync(ledgerPath(other)));
    const again = await openLedger(folder);
    expect(again.found).toMatchObject({ lines: 1, lineBytes: 3 * 1024 * 1024 + 1, tornBytes: 0 });
    expect(again.state.positions().map(({ consumer }) => consumer)).toEqual(['reports', 'late']);
  });

  test('taken away or cut under a running gateway is written anew', async () => {
    const folder = tempFolder();
    const ledger = await filled(folder);
    await ledger.close();
    rmSync(ledgerPath(folder));
    ledger.note(position('reports', 9));
    await expect(ledger.sync()).rejects.toMatchObject({ code: 'ENOENT' });
    await ledger.sync();
    await ledger.close();
    const again = await openLedger(folder);
    expect(again.state.positions()).toMatchObject([{ consumer: 'reports', nextOffset: 9 }]);
    expect(again.state.reserve(0)).toBe(RESERVE_STEP);
  });
});

test('a position that is removed stays so until its name is used again', async () => {
  const folder = tempFolder();
  const ledger = await filled(folder);
  const removed = { stream: 'readings', consumer: 'reports', revision: 3 };
  ledger.note({ kind: 'position_removed', ...removed });
  await ledger.close();
  const again = await openLedger(folder);
  expect(again.state.positions()).toEqual([]);
  expect(again.state.removals()).toEqual([removed]);
  again.note({ ...position('reports', 2), isGroup: true, revision: 4 });
  await again.close();
  const last = await openLedger(folder);
  expect(last.state.removals()).toEqual([]);
  expect(last.state.positions()).toMatchObject([{ kind: 'group', nextOffset: 2, revision: 4 }]);
});

test('remembers so many removed names, and forgets the oldest', async () => {
  const folder = tempFolder();
  const ledger = await openLedger(folder);
  for (let revision = 1; revision <= 10_001; revision++) {
    const consumer = `c${revision}`;
    ledger.note({ kind: 'position_removed', stream: 'readings', consumer, revision });
  }
  await ledger.close();
  const again = await openLedger(folder);
  expect(again.state.removals()).toHaveLength(10_000);
  expect(again.state.removals()[0]?.consumer).toBe('c2');
});

test('a ledger of a later version is not touched', async () => {
  const folder = tempFolder();
  // With its checksum, as such a version would write it.
  const line = '{"crc":"CRC","kind":"ledger","version":2}\n';
  const { crc32 } = await import('node:zlib');
  const crc = crc32('"kind":"ledger","version":2}').toString(16).padStart(8, '0');
  writeFileSync(ledgerPath(folder), line.replace('CRC', crc));
  await expect(openLedger(folder)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
});

describe('its size', () => {
  test('stays bounded, however often positions move, and series are kept', async () => {
    const folder = tempFolder();
    const ledger = await filled(folder);
    let largest = 0;
    for (let round = 0; round < 60; round++) {
      for (let i = 0; i < 500; i++) ledger.note(position(`consumer${i}`, round));
      await ledger.sync();
      largest = Math.max(largest, statSync(ledgerPath(folder)).size);
    }
    await ledger.close();
    expect(largest).toBeLessThan(1.5 * 1024 * 1024);
    const again = await openLedger(folder);
    expect(again.found).toMatchObject({ lines: 0, tornBytes: 0 });
    expect(again.state.positions()).toHaveLength(501);
    expect(again.state.positions().every(({ nextOffset }) => nextOffset >= 7)).toBe(true);
    expect(await seriesOf(again)).toEqual(await seriesOf(ledger));
    expect(existsSync(`${ledgerPath(folder)}.tmp`)).toBe(false);
  });

  test('what replaces a record that waits takes its place', async () => {
    const folder = tempFolder();
    const ledger = await filled(folder);
    const before = ledger.sizeBytes;
    for (let i = 0; i < 10_000; i++) ledger.note(position('reports', i));
    await ledger.sync();
    expect(ledger.sizeBytes - before).toBeLessThan(250);
    await ledger.close();
  });
});

test('syncs that come together share one, and one that comes later waits for its own records', async () => {
  const folder = tempFolder();
  const ledger = await openLedger(folder);
  ledger.note(position('a', 1));
  const first = ledger.sync();
  expect(ledger.sync()).toBe(first);
  await first;
  ledger.note(position('b', 2));
  const second = ledger.sync();
  ledger.note(position('c', 3));
  await Promise.all([second, ledger.sync()]);
  const again = await openLedger(folder);
  expect(again.state.positions().map(({ consumer }) => consumer)).toEqual(['a', 'b', 'c']);
  await ledger.close();
});

test('a snapshot in another folder has all that was noted, also what waits for its sync', async () => {
  const folder = tempFolder();
  const backup = join(tempFolder(), 'backup');
  mkdirSync(backup);
  const ledger = await filled(folder);
  ledger.note(series(3));
  ledger.note(position('reports', 11));
  await ledger.snapshot(backup);
  const copy = await openLedger(backup);
  expect(await contentOf(copy)).toEqual(await contentOf(ledger));
  await ledger.close();
});

describe.skipIf(!canMount)('on a full disk (needs to mount one)', () => {
  test('a sync fails, keeps what was noted, and goes on when there is room', async () => {
    const disk = mountSmallDisk(4);
    onTestFinished(() => disk.unmount());
    const ledger = await filled(disk.path);
    for (let id = 3; id < 2000; id++) ledger.note(series(id));
    disk.fill();
    await expect(ledger.sync()).rejects.toMatchObject({ code: 'ENOSPC' });
    ledger.raiseReserve(0, 5_000_000);
    await expect(ledger.sync()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(ledger.isReserved(0, 5_000_000)).toBe(false);
    // What is on the disk is what was synced before.
    const meanwhile = await openLedger(disk.path);
    expect(meanwhile.found.lines).toBe(0);
    expect(meanwhile.state.reserve(0)).toBe(RESERVE_STEP);

    disk.free();
    await ledger.sync();
    expect(ledger.isReserved(0, 5_000_000)).toBe(true);
    await ledger.close();
    const again = await openLedger(disk.path);
    expect(again.found).toMatchObject({ lines: 0, tornBytes: 0 });
    expect(again.state.seriesNext).toBe(2000);
    expect((await seriesOf(again)).map(([id]) => id)).toEqual(
      Array.from({ length: 2000 }, (_, i) => i),
    );
  });

  test('a damaged one takes lines though there is no room to write it anew', async () => {
    const disk = mountSmallDisk(4);
    onTestFinished(() => disk.unmount());
    await (await filled(disk.path)).close();
    const bytes = readFileSync(ledgerPath(disk.path));
    bytes[20] = bytes[20]! ^ 1;
    writeFileSync(ledgerPath(disk.path), bytes);
    disk.fill();
    const ledger = await openLedger(disk.path);
    expect(ledger.isDamaged).toBe(true);
    // The last page of the file has room.
    ledger.note(position('reports', 10));
    await ledger.close();
    const again = await openLedger(disk.path);
    expect(again.state.positions()).toMatchObject([{ nextOffset: 10 }]);
  });
});
