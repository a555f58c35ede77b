// What an error says of the disk: by the system's code, and by DuckDB's words, which were taken down
// from its 1.5.6 on a full and on a read-only disk, and from its source.
import { describe, expect, test } from 'vitest';
import { MillpondError } from '../../../src/core/errors.ts';
import { diskFaultOf } from '../../../src/log/disk-space.ts';

function withCode(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

test.each([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'read_only'],
  ['EIO', 'failing'],
  ['EUCLEAN', 'failing'],
  ['EACCES', 'other'],
  ['ENOENT', 'other'],
  ['ENOTDIR', 'other'],
])('%s is %s', (code, fault) => {
  expect(diskFaultOf(withCode(code))).toBe(fault);
});

describe("DuckDB's words", () => {
  test.each([
    ['IO Error: Could not write file "/data/hot.duckdb": No space left on device', 'full'],
    [
      'TransactionContext Error: Failed to commit: Could not write file "/data/hot.duckdb.wal": No space left on device',
      'full',
    ],
    [
      'FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database must be restarted prior to being used again.\nOriginal error: "Failed to create checkpoint because of error: Could not write file "/data/hot.duckdb": No space left on device"',
      'full',
    ],
    ['IO Error: Could not write file "/data/hot.duckdb": Disk quota exceeded', 'full'],
    ['IO Error: Cannot open file "/data/hot.duckdb": Read-only file system', 'read_only'],
    ['IO Error: Could not read from file "/data/hot.duckdb": Input/output error', 'failing'],
    ['IO Error: Could not fsync file "/data/hot.duckdb": Input/output error', 'failing'],
    ['FATAL Error: fsync failed!', 'failing'],
    ['IO Error: Cannot open file "/data/hot.duckdb": Permission denied', 'other'],
    ['Conversion Error: Could not convert string to INT32', 'other'],
  ])('%s', (message, fault) => {
    expect(diskFaultOf(new Error(message))).toBe(fault);
  });

  test('in the name of a file are no fault', () => {
    const name = '/data/x: No space left on device/Read-only file system';
    expect(diskFaultOf(new Error(`IO Error: Cannot open file "${name}": Permission denied`))).toBe(
      'other',
    );
  });
});

test('what caused an error counts as well', () => {
  const error = new MillpondError('DATA_DIR_UNUSABLE', 'cannot be used', {
    cause: withCode('EROFS'),
  });
  expect(diskFaultOf(error)).toBe('read_only');
});

test.each([null, undefined, 'No space left on device', {}])(
  '%j is nothing of the disk',
  (thrown) => {
    expect(diskFaultOf(thrown)).toBe('other');
  },
);
