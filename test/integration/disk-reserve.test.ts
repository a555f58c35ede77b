// Room held on a real disk: it is really taken, really given back, and never in the way.
import { appendFileSync, existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DiskReserve } from '../../src/log/disk-reserve.ts';
import { freeBytes } from '../../src/log/disk-space.ts';
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MIB = 1024 * 1024;

function disk(mebibytes: number): SmallDisk {
  const mounted = mountSmallDisk(mebibytes);
  onTestFinished(() => mounted.unmount());
  return mounted;
}

test('is as many bytes of the disk as it says, once', async () => {
  const reserve = new DiskReserve(tempFolder(), 2 * MIB + 5);
  expect(reserve.isHeld).toBe(false);
  expect(await Promise.all([reserve.make(0), reserve.make(0)])).toEqual([true, true]);
  expect(reserve.heldBytes).toBe(2 * MIB + 5);
  expect(await reserve.make(0)).toBe(true);
});

test('a file of that size that takes no room is not one', async () => {
  const folder = tempFolder();
  const reserve = new DiskReserve(folder, 2 * MIB);
  writeFileSync(join(folder, 'reserve'), '');
  truncateSync(join(folder, 'reserve'), 2 * MIB);
  expect(reserve.isHeld).toBe(false);
  expect(await reserve.make(0)).toBe(true);
  expect(reserve.isHeld).toBe(true);
});

test('of no bytes needs no file', async () => {
  const folder = tempFolder();
  const reserve = new DiskReserve(folder, 0);
  expect(await reserve.make(0)).toBe(true);
  expect(existsSync(join(folder, 'reserve'))).toBe(false);
  expect(reserve.release()).toBe(0);
});

test('in a folder that is not there it is not held, and nothing throws', async () => {
  const reserve = new DiskReserve(join(tempFolder(), 'missing'), MIB);
  expect(await reserve.make(0)).toBe(false);
  expect(reserve.isHeld).toBe(false);
  expect(reserve.release()).toBe(0);
});

describe.skipIf(!canMount)('on a small disk (needs to mount one)', () => {
  test('gives room back on a full disk, at once, and takes it again when there is some', async () => {
    const small = disk(8);
    const reserve = new DiskReserve(small.path, 2 * MIB);
    expect(await reserve.make(MIB)).toBe(true);
    small.fill();
    expect(await freeBytes(small.path)).toBe(0);
    expect(() => appendFileSync(join(small.path, 'more'), Buffer.alloc(MIB))).toThrow(/ENOSPC/);
    expect(reserve.release()).toBe(2 * MIB);
    expect(await freeBytes(small.path)).toBeGreaterThanOrEqual(2 * MIB);
    appendFileSync(join(small.path, 'more'), Buffer.alloc(MIB));
    expect(await reserve.make(0)).toBe(false);
    small.free();
    expect(await reserve.make(MIB)).toBe(true);
    expect(reserve.isHeld).toBe(true);
  });

  test('is not made where less than the least room would stay free', async () => {
    const small = disk(8);
    const reserve = new DiskReserve(small.path, 4 * MIB);
    expect(await reserve.make(5 * MIB)).toBe(false);
    expect(reserve.heldBytes).toBe(0);
    expect(await reserve.make(3 * MIB)).toBe(true);
  });

  test('on a read-only disk is neither made nor given up, and nothing throws', async () => {
    const small = disk(8);
    const reserve = new DiskReserve(small.path, MIB);
    expect(await reserve.make(0)).toBe(true);
    small.remount('ro');
    expect(reserve.release()).toBe(0);
    expect(reserve.isHeld).toBe(true);
    expect(await new DiskReserve(small.path, 2 * MIB).make(0)).toBe(false);
    small.remount('rw');
    expect(reserve.release()).toBe(MIB);
  });
});
