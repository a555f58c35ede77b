// A copy of the log while it goes on: a snapshot of hot.duckdb in one read transaction, which holds
// up no commit, and the sealed files of that moment, which are kept until the copy is taken.

import { createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Clock } from '../core/clock.ts';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import type { BackupFile, BackupPlan } from '../core/log-inspection.ts';
import type { Log } from './log.ts';
import { relativePath } from './segments/segment-page.ts';
import { quoted } from './sql-text.ts';

export interface BackupParts {
  readonly log: Pick<Log, 'inspect' | 'pinSegments'>;
  readonly directory: string;
  readonly clock: Clock;
  /** DuckDB's memory, which the snapshot may exceed for the moment that it takes. */
  readonly memoryBytesMax: number;
}

const DATABASE = 'hot.duckdb';
const LEDGER = 'ledger.jsonl';

/** DuckDB's own 122,880 rows a group would be held in memory as a whole, dead letters and all. */
const ROW_GROUP_ROWS = 8192;

/**
 * What DuckDB may take beside its limit while it copies. Within a limit of 32 MiB, 27 MB of dead
 * letters were not copied, and commits failed beside it; with 64 MiB more both went well.
 */
const COPY_MEMORY_BYTES = 96 * 1024 * 1024;

export class LogBackup {
  readonly #parts: BackupParts;
  /** Where the snapshot lies while it is read. */
  readonly #folder: string;
  #running: Running | null = null;

  /** What a crash left behind is removed. */
  constructor(parts: BackupParts) {
    this.#parts = parts;
    this.#folder = join(parts.directory, 'backup.tmp');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Throws BACKUP_RUNNING, BACKUP_FAILED. */
  async begin(): Promise<BackupPlan> {
    if (this.#running !== null) {
      throw new MillpondError('BACKUP_RUNNING', 'Another backup of this gateway is under way.');
    }
    const running: Running = { release: this.#parts.log.pinSegments(), files: [], open: null };
    this.#running = running;
    try {
      mkdirSync(this.#folder, { mode: 0o750 });
      // The ledger first: it may then be behind the database, as after a crash, and never ahead.
      await this.#copyLedger(running);
      const takenAtUs = this.#parts.clock();
      await this.#snapshot(running);
      return {
        takenAtUs,
        files: running.files.map(({ path, bytes, crc32 }) => ({ path, bytes, crc32 })),
      };
    } catch (cause) {
      await this.end();
      if (cause instanceof MillpondError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MillpondError('BACKUP_FAILED', `The log cannot be copied: ${why}`, { cause });
    }
  }

  /** At most `bytesMax` bytes from `position` on, none at the file's end. Throws BACKUP_FAILED. */
  async read(file: number, position: number, bytesMax: number): Promise<{ buffer: ArrayBuffer }> {
    const running = this.#running;
    const wanted = running?.files[file];
    if (running === null || wanted === undefined) {
      throw new MillpondError('BACKUP_FAILED', 'No backup is under way that has this file.');
    }
    try {
      if (running.open?.file !== file) {
        await running.open?.handle.close();
        running.open = null;
        running.open = { file, handle: await open(wanted.source, 'r') };
      }
      const buffer = new ArrayBuffer(bytesMax);
      const { bytesRead } = await running.open.handle.read(new Uint8Array(buffer), { position });
      return { buffer: bytesRead === bytesMax ? buffer : buffer.slice(0, bytesRead) };
    } catch (cause) {
      const { message } = asMillpondError(cause);
      throw new MillpondError('BACKUP_FAILED', `${wanted.path} cannot be read: ${message}`, {
        cause,
      });
    }
  }

  /** Lets go of everything. Without a backup it does nothing. */
  async end(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    await running.open?.handle.close().catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
    running.release();
    this.#running = null;
  }

  // Whole lines are only ever added, and a rewritten file takes the old one's name: what is open is a
  // ledger as it was.
  async #copyLedger(running: Running): Promise<void> {
    const handle = await open(join(this.#parts.directory, LEDGER), 'r').catch(ifMissing);
    if (handle === null) return;
    try {
      const { size: bytes } = await handle.stat();
      if (bytes === 0) return;
      const source = join(this.#folder, LEDGER);
      const all = handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false });
      await pipeline(all, createWriteStream(source));
      running.files.push({ path: LEDGER, bytes, crc32: null, source });
    } finally {
      await handle.close();
    }
  }

  async #snapshot(running: Running): Promise<void> {
    const source = join(this.#folder, DATABASE);
    const { memoryBytesMax, log } = this.#parts;
    const segments = await log.inspect(async (connection) => {
      await limitMemory(connection, memoryBytesMax + COPY_MEMORY_BYTES);
      try {
        return await copyDatabase(connection, source);
      } finally {
        await limitMemory(connection, memoryBytesMax);
      }
    });
    running.files.push({ path: DATABASE, bytes: statSync(source).size, crc32: null, source });
    for (const { path, crc32 } of segments) {
      const file = join(this.#parts.directory, path);
      // One that is missing is missing in the copy as well, and found there as it would be here.
      const bytes = statSync(file, { throwIfNoEntry: false })?.size;
      if (bytes !== undefined) running.files.push({ path, bytes, crc32, source: file });
    }
  }
}

interface Running {
  readonly release: () => void;
  readonly files: (BackupFile & { readonly source: string })[];
  open: { readonly file: number; readonly handle: FileHandle } | null;
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function limitMemory(connection: DuckDBConnection, bytes: number): Promise<void> {
  await connection.run(`set memory_limit = '${bytes}B'`);
}

/** As of one moment: commits go on meanwhile, and are not in it. Returns the sealed files it names. */
async function copyDatabase(
  connection: DuckDBConnection,
  target: string,
): Promise<{ path: string; crc32: number }[]> {
  const from = await connection.runAndReadAll('select current_database()');
  const name = String(from.getRows()[0]?.[0]).replaceAll('"', '""');
  await connection.run(`attach ${quoted(target)} as backup (row_group_size ${ROW_GROUP_ROWS})`);
  try {
    await connection.run(`copy from database "${name}" to backup`);
    await connection.run('checkpoint backup');
    const segments = await connection.runAndReadAll(
      `select name, first_offset, crc32 from backup.segments
       join backup.streams on streams.id = segments.stream order by stream, first_offset`,
    );
    return segments.getRowObjects().map((row) => ({
      path: relativePath(String(row.name), Number(row.first_offset)),
      crc32: Number(row.crc32),
    }));
  } finally {
    await connection.run('detach backup');
  }
}
