// Writes a closed hot table to a Parquet file: under a temporary name, checked, synced, renamed. A
// crash anywhere leaves the table as it was and at most a file that nothing refers to.

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { syncFolder } from '../data-directory.ts';
import type { HotTable } from '../stream-state.ts';
import { type Segment, segmentPath } from './segment.ts';
import { BLOCK_ROWS, checksumOf } from './segment-reader.ts';

export const TEMPORARY_SUFFIX = '.tmp';

/** Tried in turn when DuckDB's memory does not suffice, as with long texts. */
const GROUP_ROWS = [BLOCK_ROWS, 6144, 2048];

export interface SealRequest {
  /** One that nothing else uses meanwhile. */
  readonly connection: DuckDBConnection;
  readonly directory: string;
  readonly stream: string;
  readonly table: HotTable;
  readonly nowUs: number;
}

/** Resolves when the file is durable under its name. The table stays. */
export async function sealSegment(request: SealRequest): Promise<Segment> {
  const { connection, directory, stream, table, nowUs } = request;
  const path = segmentPath(directory, stream, table.first);
  const folder = dirname(path);
  const isNew = mkdirSync(folder, { recursive: true, mode: 0o750 }) !== undefined;
  if (isNew) {
    syncFolder(directory);
    syncFolder(dirname(folder));
  }
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  try {
    await copyRows(connection, table, temporary);
    await checkRows(connection, table, temporary);
    sync(temporary);
    const received = await connection.runAndReadAll(
      `select epoch_us(min(received_at)), epoch_us(max(received_at)) from ${table.name}`,
    );
    const { bytes, checksum } = await checksumOf(temporary);
    renameSync(temporary, path);
    syncFolder(folder);
    return {
      first: table.first,
      next: table.next,
      bytes,
      crc32: checksum,
      firstReceivedUs: Number(received.getRows()[0]?.[0]),
      lastReceivedUs: Number(received.getRows()[0]?.[1]),
      sealedAtUs: nowUs,
    };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

async function copyRows(
  connection: DuckDBConnection,
  table: HotTable,
  path: string,
): Promise<void> {
  for (const [attempt, groupRows] of GROUP_ROWS.entries()) {
    try {
      await connection.run(copyStatement(table, path, groupRows));
      return;
    } catch (error) {
      const isShort = error instanceof Error && /out of memory/i.test(error.message);
      if (!isShort || attempt === GROUP_ROWS.length - 1) throw error;
    }
  }
}

// The strings stand beside the number of the series, so that anyone can read the file. The rows are
// the side that is streamed through the join (`sealer` keeps the order of the join as written), so
// they come out in the order of the table; it is checked afterwards.
function copyStatement(table: HotTable, path: string, groupRows: number): string {
  return `copy (
      select rows."offset", rows.series, names.device, names.channel, names.metric, names.unit,
        names.source, make_timestamptz(epoch_us(rows.measured_at)) as measured_at,
        make_timestamptz(epoch_us(rows.received_at)) as received_at,
        rows.number, rows.text, rows.quality
      from ${table.name} as rows
      join (select * from series where id in (select distinct series from ${table.name})) as names
        on rows.series = names.id
    ) to ${quoted(path)}
    (format parquet, parquet_version v2, compression zstd, row_group_size ${groupRows})`;
}

async function checkRows(
  connection: DuckDBConnection,
  table: HotTable,
  path: string,
): Promise<void> {
  const found = await connection.runAndReadAll(
    `select count(*), count(*) filter ("offset" <> ${table.first} + file_row_number)
     from read_parquet(${quoted(path)}, file_row_number = true)`,
  );
  const [rows, misplaced] = found.getRows()[0] ?? [];
  if (Number(rows) === table.next - table.first && Number(misplaced) === 0) return;
  throw new Error(
    `sealing ${table.name} wrote ${rows} rows for [${table.first}, ${table.next}), ${misplaced} of them out of place`,
  );
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

function sync(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
