// What lies in streams/, looked at cheaply: a stat and the last bytes of each file, so that thousands
// of segments cost a start well under a second. Their content is checked when it is first read.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^(\d{20})\.parquet$/;
const TEMPORARY = /\.tmp$/;
/** A file on its way to its right name. */
export const MOVING_SUFFIX = '.moving';

export interface SegmentFile {
  /** The stream's name: the folder. */
  readonly stream: string;
  /** Below the data directory. */
  readonly path: string;
  /** The first offset as its name says; -1 where it says none. */
  readonly first: number;
  readonly bytes: number;
  readonly isTemporary: boolean;
  /** Why it cannot be a whole segment; empty if it may be one. */
  readonly problem: string;
}

/** Every file of every stream's folder. Folders that cannot be read have none. */
export function listSegmentFiles(directory: string): SegmentFile[] {
  const files: SegmentFile[] = [];
  for (const stream of foldersIn(join(directory, 'streams'))) {
    for (const name of filesIn(join(directory, 'streams', stream))) {
      const path = join('streams', stream, name);
      const first = Number(NAME.exec(name)?.[1] ?? -1);
      const isTemporary = TEMPORARY.test(name);
      const isOurs = first >= 0 || name.endsWith(MOVING_SUFFIX);
      if (!isOurs && !isTemporary) continue;
      files.push({ stream, path, first, isTemporary, ...lookAt(join(directory, path)) });
    }
  }
  return files;
}

export function segmentPathOf(stream: string, first: number): string {
  return join('streams', stream, `${String(first).padStart(20, '0')}.parquet`);
}

function foldersIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function filesIn(folder: string): string[] {
  return entriesOf(folder)
    .flatMap((entry) => (entry.isFile() ? [entry.name] : []))
    .sort();
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** A Parquet file ends with the length of its footer and four letters. */
const TAIL_BYTES = 8;
const MAGIC = 'PAR1';

function lookAt(path: string): { bytes: number; problem: string } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return { bytes: 0, problem: `cannot be read: ${(error as Error).message}` };
  }
  try {
    const bytes = fstatSync(file).size;
    const tail = Buffer.alloc(TAIL_BYTES);
    const read = bytes < TAIL_BYTES ? 0 : readSync(file, tail, 0, TAIL_BYTES, bytes - TAIL_BYTES);
    const footer = tail.readUInt32LE(0) + TAIL_BYTES + MAGIC.length;
    const isWhole = read === TAIL_BYTES && tail.toString('latin1', 4) === MAGIC && footer <= bytes;
    return { bytes, problem: isWhole ? '' : 'has no footer at its end' };
  } catch (error) {
    return { bytes: 0, problem: `cannot be read: ${(error as Error).message}` };
  } finally {
    closeSync(file);
  }
}
