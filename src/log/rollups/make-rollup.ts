// Writes one rollup: under a temporary name, then under the name that says what it is. It is not
// synced: one that a power cut damages does not match its checksum, and is made again.

import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { segmentPath } from '../segments/segment.ts';
import { checksumOf } from '../segments/segment-reader.ts';
import { quoted } from '../sql-text.ts';
import {
  bucketsOfRollups,
  bucketsOfRows,
  copyToRollup,
  fileList,
  rollupRows,
} from './bucket-sql.ts';
import {
  type Rollup,
  type RollupUnit,
  rollupFiles,
  rollupFolder,
  rollupPath,
  segmentsKey,
  unitUs,
} from './rollup.ts';
import { remove } from './rollup-folder.ts';
import type { RollupTask } from './rollup-plan.ts';

export const TEMPORARY_NAME = 'rollup.tmp';

/** Minutes are worth their bytes where a row stands for so many readings; else it is hours. */
const READINGS_FOR_A_MINUTE = 4;

export interface MakeRequest {
  readonly connection: DuckDBConnection;
  readonly directory: string;
  readonly stream: string;
  readonly task: RollupTask;
}

/** Resolves with the rollup under its name. Throws what DuckDB and the system throw. */
export async function makeRollup(request: MakeRequest): Promise<Rollup> {
  const { directory, stream, task } = request;
  const folder = rollupFolder(directory, stream);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const temporary = join(folder, TEMPORARY_NAME);
  try {
    const written = await write(request, temporary);
    const { bytes, checksum } = await checksumOf(temporary);
    const rollup: Rollup = {
      first: task.segments[0]?.first ?? 0,
      next: task.segments.at(-1)?.next ?? 0,
      tier: task.kind === 'build' ? 0 : task.tier,
      key: segmentsKey(task.segments),
      crc32: checksum,
      bytes,
      ...written,
    };
    renameSync(temporary, rollupPath(directory, stream, rollup));
    return rollup;
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

type Written = Pick<Rollup, 'unit' | 'from' | 'to' | 'rows'>;

async function write(
  { connection, directory, stream, task }: MakeRequest,
  path: string,
): Promise<Written> {
  const copy = async (unit: RollupUnit, buckets: string): Promise<Written> => {
    await connection.run(copyToRollup(buckets, path));
    const found = await connection.runAndReadAll(
      `select count(*), min(time), max(time) from read_parquet(${quoted(path)})`,
    );
    const [rows, from, to] = found.getRows()[0] ?? [];
    return { unit, rows: Number(rows), from: Number(from), to: Number(to) };
  };
  if (task.kind === 'join') {
    const files = rollupFiles(directory, stream, task.rollups);
    return copy(task.unit, bucketsOfRollups(rollupRows(files), unitUs[task.unit]));
  }
  const paths = task.segments.map(({ first }) => segmentPath(directory, stream, first));
  const source = `read_parquet(${fileList(paths)})`;
  const minutes = await copy('minutes', bucketsOfRows(source, unitUs.minutes));
  const readings = task.segments.reduce((sum, { first, next }) => sum + next - first, 0);
  if (minutes.rows * READINGS_FOR_A_MINUTE <= readings) return minutes;
  return copy('hours', bucketsOfRows(source, unitUs.hours));
}
