// The log on a real DuckDB file, with small limits, and a way to change its file while it is closed.
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Log } from '../../src/log/log.ts';
import type { LogEvents, LogOptions } from '../../src/log/log-options.ts';
import { QuarantineLimit } from '../../src/log/recovery/quarantine-limit.ts';

export const databaseFile = 'hot.duckdb';

export const noEvents: LogEvents = {
  committed: () => {},
  failing: () => {},
  trimmedDeadLetters: () => {},
  sealed: () => {},
  dropped: () => {},
  notice: () => {},
};

export function openLog(directory: string, options: Partial<LogOptions> = {}): Promise<Log> {
  return Log.open({
    directory,
    database: { memoryBytesMax: 64 * 1024 * 1024, checkpointBytes: 1024 * 1024 },
    streams: [],
    commitIntervalMs: 0,
    sealRows: 500_000,
    sealAgeMs: 3_600_000,
    bytesMax: 0,
    diskFreeBytesMin: 0,
    reserveBytes: 0,
    segmentCacheBytesMax: 8 * 1024 * 1024,
    lossesMax: 1000,
    quarantine: new QuarantineLimit(directory, 0),
    tailBytesMax: 1024 * 1024,
    consumersMax: 100,
    producersMax: 100,
    seriesMax: 1_000_000,
    deadLettersMax: 1000,
    deadLetterBytesMax: 1024 * 1024,
    deadLetterAgeMs: 0,
    clock: () => 1_700_000_000_000_000,
    events: noEvents,
    ...options,
  });
}

/** Runs statements on the closed log's file, as another program would; gives the last one's rows. */
export async function withDatabase(
  directory: string,
  ...statements: string[]
): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(join(directory, databaseFile));
  const connection = await instance.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const sql of statements) rows = (await connection.runAndReadAll(sql)).getRowObjectsJS();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
