// What the kernel says of this process and its disk, and that nothing is made up where it says nothing.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDiskSpace, readWrittenBytes } from '../../../src/observability/disk-io.ts';
import { tempFolder } from '../../support/temp-folder.ts';

test('reads write_bytes, not cancelled_write_bytes', () => {
  const file = join(tempFolder(), 'io');
  writeFileSync(file, 'rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n');
  expect(readWrittenBytes(file)).toBe(4096);
});

test('null where there is no such file, or another one', () => {
  const folder = tempFolder();
  expect(readWrittenBytes(join(folder, 'missing'))).toBeNull();
  mkdirSync(join(folder, 'folder'));
  expect(readWrittenBytes(join(folder, 'folder'))).toBeNull();
  writeFileSync(join(folder, 'other'), 'cancelled_write_bytes: 7\n');
  expect(readWrittenBytes(join(folder, 'other'))).toBeNull();
});

test.runIf(existsSync('/proc/self/io'))('this process has a count', () => {
  expect(readWrittenBytes()).toBeGreaterThanOrEqual(0);
});

test('a disk has room; a folder that is not there has none that is known', () => {
  const folder = tempFolder();
  const { freeBytes, sizeBytes } = readDiskSpace(folder);
  expect(sizeBytes).toBeGreaterThanOrEqual(freeBytes);
  expect(freeBytes).toBeGreaterThan(0);
  expect(readDiskSpace(join(folder, 'missing'))).toEqual({ freeBytes: 0, sizeBytes: 0 });
});
