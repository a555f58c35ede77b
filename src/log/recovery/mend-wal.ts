// A write-ahead log that DuckDB refuses, or of which it would forget whole commits: cut back on a
// copy, to the last whole commit with which the database opens.

import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkDatabase, type Verdict } from './database-check.ts';
import { syncFile } from './replacement.ts';
import { endsWithCommit, outlineWal, type WalOutline, withVersion } from './wal-file.ts';

/** A larger log is not read whole into memory; DuckDB's word is all there is then. */
const WAL_BYTES_MAX = 512 * 1024 * 1024;
/** Cuts tried: the last whole commit, the one before, then further and further back. */
const CUTS_MAX = 8;

export interface WalState {
  /** All commits can be read, or there is no log. */
  readonly isWhole: boolean;
  /** Whole commits stand behind what is broken: DuckDB would forget them, or refuses. */
  readonly isBrokenInside: boolean;
  readonly brokenAt: number;
  readonly bytes: number;
}

export function inspectWal(path: string): WalState {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const whole = { isWhole: true, isBrokenInside: false, brokenAt: bytes, bytes };
  if (bytes === 0 || bytes > WAL_BYTES_MAX) return whole;
  const wal = readFileSync(path);
  if (endsWithCommit(wal)) return whole;
  const { isBrokenInside, brokenAt } = outlineWal(wal);
  return { isWhole: false, isBrokenInside, brokenAt, bytes };
}

export interface MendedWal {
  readonly verdict: Verdict;
  /** The length that is kept; 0 if the log is left out whole. */
  readonly bytes: number;
}

/**
 * Makes a copy of the database at `source` in `folder`, with as much of the log as it opens with.
 * Null if it does not open even without.
 */
export async function mendWal(
  source: string,
  folder: string,
  memoryBytesMax: number,
): Promise<MendedWal | null> {
  const target = join(folder, 'hot.duckdb');
  copyDurably(source, target);
  const wal = readFileSync(`${source}.wal`);
  const outline = outlineWal(withVersion(wal));
  for (const bytes of cutsOf(outline)) {
    writeDurably(`${target}.wal`, withVersion(wal).subarray(0, bytes));
    const verdict = await checkDatabase(target, memoryBytesMax);
    if (verdict.kind === 'sound') return { verdict, bytes };
    // Rows twice: the log was already in the file. Tables that fail are for the salvage.
    const isReplayed = verdict.kind === 'damaged' && verdict.tables.some((t) => t.problem !== '');
    if (isReplayed) return { verdict, bytes };
  }
  return null;
}

/** Lengths to try, the longest first; each ends with a commit, the last leaves nothing. */
export function cutsOf({ commitEnds }: WalOutline): number[] {
  const cuts: number[] = [];
  for (let back = 0; cuts.length < CUTS_MAX - 1; back = back * 2 + 1) {
    const end = commitEnds.at(-1 - back);
    if (end === undefined) break;
    cuts.push(end);
  }
  return [...cuts, 0];
}

export function copyDurably(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  syncFile(to);
}

function writeDurably(path: string, bytes: Buffer): void {
  const file = openSync(path, 'w', 0o640);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
