// Writes a closed hot table to a Parquet file: under a temporary name, checked, synced, renamed. A
// crash anywhere leaves the table as it was and at most a file that nothing refers to.

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { syncFolder } from '../data-directory.ts';
import { quoted } from '../sql-text.ts';
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
  const range = await connection.runAndReadAll(
    `select max(series) - min(series) from ${table.name}`,
  );
  const isListed = Number(range.getRows()[0]?.[0]) < LISTED_SERIES_MAX;
  for (const [attempt, groupRows] of GROUP_ROWS.entries()) {
    try {
      await connection.run(copyStatement(table, path, { groupRows, isListed }));
      return;
    } catch (error) {
      const isShort = error instanceof Error && /out of memory/i.test(error.message);
      if (!isShort || attempt === GROUP_ROWS.length - 1) throw error;
    }
  }
}

const NAMES = ['device', 'channel', 'metric', 'unit', 'source'];

/** With more series than so many in a table, lists of their names take too much memory. */
const LISTED_SERIES_MAX = 16_384;

// The strings stand beside the number of the series, so that anyone can read the file. They come out
// of one row of lists: rows pass by it in the order of the table. A join passes them on in any order
// when it is short of memory, as one in a few hundred was; with very many series there is nothing
// better, and what came out of order is written again later.
function copyStatement(
  table: HotTable,
  path: string,
  { groupRows, isListed }: { groupRows: number; isListed: boolean },
): string {
  const used = `from series where id between (select min(series) from ${table.name})
    and (select max(series) from ${table.name})`;
  const lists = NAMES.map((name) => `list(${name} order by id) as ${name}`).join(', ');
  const [columns, names] = isListed
    ? [
        NAMES.map((name) => `names.${name}[rows.series - names.low + 1] as ${name}`),
        `cross join (select min(id) as low, ${lists} ${used}) as names`,
      ]
    : [
        NAMES.map((name) => `names.${name}`),
        `join (select * ${used}) as names on rows.series = names.id`,
      ];
  return `copy (
      select rows."offset", rows.series, ${columns.join(', ')},
        make_timestamptz(epoch_us(rows.measured_at)) as measured_at,
        make_timestamptz(epoch_us(rows.received_at)) as received_at,
        rows.number, rows.text, rows.quality
      from ${table.name} as rows ${names}
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

function sync(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
