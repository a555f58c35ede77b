// The file of watermarks: exact after a crash of the process, told apart after one of the machine,
// and never the reason for which anything stops.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Watermarks } from '../../src/log/watermarks.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const SLOT_BYTES = 64;
const otherBoot = Buffer.alloc(16, 7);

function fileOf(folder: string): string {
  return join(folder, 'watermarks');
}

/** Streams 0 and 2 and the dead letters, as a process leaves them that is killed. */
function written(folder: string, boot?: Buffer): void {
  const marks = Watermarks.open(folder, boot);
  marks.setStream(0, 1_000_000_000_000);
  marks.setStream(2, 7);
  marks.setDeadLetters(3, 9);
  marks.flush();
  expect(marks.problem).toBeNull();
  marks.close();
}

test('a folder without one says so', () => {
  expect(Watermarks.open(tempFolder()).found).toEqual({
    isMissing: true,
    isThisBoot: false,
    nextByStream: new Map(),
    deadLetters: null,
    damaged: [],
  });
});

test('what was flushed is found again, and is of this boot', () => {
  const folder = tempFolder();
  written(folder);
  expect(Watermarks.open(folder).found).toEqual({
    isMissing: false,
    isThisBoot: true,
    nextByStream: new Map([
      [0, 1_000_000_000_000],
      [2, 7],
    ]),
    deadLetters: { first: 3, next: 9 },
    damaged: [],
  });
});

test('later flushes write over it, and the file does not grow', () => {
  const folder = tempFolder();
  const marks = Watermarks.open(folder);
  onTestFinished(() => marks.close());
  marks.setStream(0, 0);
  marks.setStream(1, 0);
  marks.flush();
  const { size } = statSync(fileOf(folder));
  for (let next = 1; next <= 1000; next++) {
    marks.setStream(next % 2, next);
    marks.flush();
    expect(Watermarks.open(folder).found.nextByStream.get(next % 2)).toBe(next);
  }
  expect(statSync(fileOf(folder)).size).toBe(size);
});

test('of another boot it is found, and not exact', () => {
  const folder = tempFolder();
  written(folder, otherBoot);
  const { isThisBoot, nextByStream } = Watermarks.open(folder).found;
  expect(isThisBoot).toBe(false);
  expect(nextByStream.get(2)).toBe(7);
});

test('nothing of an earlier run is left after the first flush of this one', () => {
  const folder = tempFolder();
  written(folder, otherBoot);
  const marks = Watermarks.open(folder);
  marks.setStream(1, 5);
  marks.flush();
  marks.close();
  expect(Watermarks.open(folder).found).toMatchObject({
    isThisBoot: true,
    nextByStream: new Map([[1, 5]]),
    deadLetters: null,
    damaged: [],
  });
});

describe('damage', () => {
  test('of any bit costs its slot, and says which', () => {
    const folder = tempFolder();
    written(folder);
    const whole = readFileSync(fileOf(folder));
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      writeFileSync(fileOf(folder), bytes);
      const { damaged, isThisBoot, nextByStream } = Watermarks.open(folder).found;
      const stream = Math.floor(at / SLOT_BYTES) - 1;
      expect(damaged).toEqual([stream]);
      expect(nextByStream.has(stream)).toBe(false);
      expect(isThisBoot).toBe(false);
    }
  });

  test('a slot in the place of another is not taken for it', () => {
    const folder = tempFolder();
    written(folder);
    const bytes = readFileSync(fileOf(folder));
    bytes.copy(bytes, SLOT_BYTES, 3 * SLOT_BYTES);
    writeFileSync(fileOf(folder), bytes);
    expect(Watermarks.open(folder).found.damaged).toEqual([0]);
  });

  test('a file that is cut has what is before the cut', () => {
    const folder = tempFolder();
    written(folder);
    const whole = readFileSync(fileOf(folder));
    for (let end = 0; end < whole.length; end++) {
      writeFileSync(fileOf(folder), whole.subarray(0, end));
      const { nextByStream, damaged } = Watermarks.open(folder).found;
      expect(nextByStream.has(0)).toBe(end >= 2 * SLOT_BYTES);
      expect(nextByStream.has(2)).toBe(false);
      expect(damaged.length).toBeLessThanOrEqual(1);
    }
  });

  test('a folder in its place is no reason to stop', () => {
    const folder = tempFolder();
    mkdirSync(fileOf(folder));
    const marks = Watermarks.open(folder);
    expect(marks.found.isMissing).toBe(true);
    marks.setStream(0, 1);
    marks.flush();
    expect(marks.problem).toMatchObject({ code: 'EISDIR' });
    expect(marks.sync()).toBe(false);
    marks.close();
  });
});

test('a clean end makes it durable', () => {
  const folder = tempFolder();
  const marks = Watermarks.open(folder);
  marks.setStream(0, 4);
  expect(marks.sync()).toBe(true);
  marks.close();
  expect(Watermarks.open(folder).found.nextByStream.get(0)).toBe(4);
});

describe.skipIf(!canMount)('on a full disk (needs to mount one)', () => {
  test('it remembers what it could not write, and writes it when there is room', () => {
    const disk = mountSmallDisk(1);
    onTestFinished(() => disk.unmount());
    disk.fill();
    const marks = Watermarks.open(disk.path);
    marks.setStream(0, 1);
    marks.setStream(1, 1);
    marks.flush();
    expect(marks.problem).toMatchObject({ code: 'ENOSPC' });
    disk.free();
    marks.setStream(1, 2);
    marks.flush();
    expect(marks.problem).toBeNull();
    marks.close();
    const { nextByStream } = Watermarks.open(disk.path).found;
    expect([...nextByStream]).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });
});
