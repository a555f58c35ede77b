// How much room the disk has, and what it is that an error says of the disk.

import { statfs } from 'node:fs/promises';
import type { DiskState } from '../core/disk-state.ts';

type Fault = Exclude<DiskState, 'ok'>;

/** Bytes that this user may still write on the file system of `path`. Throws what statfs throws. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

const faultByCode = new Map<string, Fault>([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'read_only'],
  ['EIO', 'failing'],
  ['ENXIO', 'failing'],
  ['ENODEV', 'failing'],
  ['ENOTCONN', 'failing'],
  ['ESTALE', 'failing'],
  ['ETIMEDOUT', 'failing'],
  ['EREMOTEIO', 'failing'],
  // What ext4 and XFS answer where their own checksums do not match.
  ['EBADMSG', 'failing'],
  ['EUCLEAN', 'failing'],
]);

/**
 * How strerror(3) words them in C's locale. DuckDB gives no number: it puts the words behind the
 * file's name, `Could not write file "…": No space left on device`, at the end of a line, quoted
 * once more where one error tells of another. A file's name cannot stand there.
 */
const faultByWords: readonly [RegExp, Fault][] = [
  [endsWith('No space left on device|Disk quota exceeded'), 'full'],
  [endsWith('Read-only file system'), 'read_only'],
  [
    endsWith(
      'Input/output error|No such device or address|No such device|Stale file handle|Remote I/O error|Structure needs cleaning|Bad message|Connection timed out|Transport endpoint is not connected',
    ),
    'failing',
  ],
  // DuckDB throws this alone for an fsync that failed otherwise than with EIO.
  [/fsync failed!"?\s*$/m, 'failing'],
];

function endsWith(words: string): RegExp {
  return new RegExp(`: (?:${words})"?\\s*$`, 'm');
}

/** By the system's error code, else by DuckDB's words; what caused the error counts as well. */
export function diskFaultOf(error: unknown): Fault {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    const fault = code === undefined ? undefined : faultByCode.get(code);
    if (fault !== undefined) return fault;
    const found = faultByWords.find(([words]) => words.test(each.message));
    if (found !== undefined) return found[1];
  }
  return 'other';
}
