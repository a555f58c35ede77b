// A log's directory as a crash leaves it, and the damage that is done to its files.
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { append, settled } from '../contract/log.ts';
import { openLog } from './duckdb-log.ts';
import { tempFolder } from './temp-folder.ts';

/** How many times as much a long run does. */
export const rounds = Number(process.env.TEST_FAULT_ROUNDS ?? 1);

export interface Crashed {
  readonly folder: string;
  /** Rows in the database after each of its commits. */
  readonly commits: readonly number[];
}

/**
 * The directory of a log that was killed, made below `parent`: `checkpointed` rows in the file, and one commit for each
 * number in `commits` in the write-ahead log.
 */
export async function crashedLog(
  parent: string,
  checkpointed: number,
  commits: readonly number[],
): Promise<Crashed> {
  const live = mkdtempSync(join(parent, 'live-'));
  const first = await openLog(live);
  if (checkpointed > 0) {
    append(
      first,
      Array.from({ length: checkpointed }, (_, index) => index),
    );
    await settled(first);
  }
  await first.close();
  const log = await openLog(live, {
    database: { memoryBytesMax: 64 * 1024 * 1024, checkpointBytes: 1024 ** 3 },
  });
  const totals: number[] = [];
  let total = checkpointed;
  for (const count of commits) {
    append(
      log,
      Array.from({ length: count }, (_, index) => total + index),
    );
    await settled(log);
    total += count;
    totals.push(total);
  }
  const folder = mkdtempSync(join(parent, 'crashed-'));
  cpSync(live, folder, { recursive: true });
  // This process lives on.
  rmSync(join(folder, 'lock'));
  await log.close();
  return { folder, commits: totals };
}

/** A copy of its own for one kind of damage. */
export function copyOf(folder: string): string {
  const copy = join(tempFolder(), 'data');
  mkdirSync(copy);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

export function flipBit(file: string, position: number, bit: number): void {
  const byte = readFileSync(file)[position] as number;
  overwrite(file, position, Buffer.from([byte ^ (1 << bit)]));
}

export function overwrite(file: string, position: number, bytes: Uint8Array): void {
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, bytes, 0, bytes.length, position);
  } finally {
    closeSync(handle);
  }
}

export function truncate(file: string, length: number): void {
  writeFileSync(file, readFileSync(file).subarray(0, length));
}
