// hot.duckdb: opening it with bounded memory, its connections, transactions, closing it whole.

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
} from '@duckdb/node-api';
import { MillpondError } from '../core/errors.ts';
import { syncFolder } from './data-directory.ts';
import { migrate } from './migrate.ts';

export interface DatabaseSettings {
  readonly memoryBytesMax: number;
  /** Size of the write-ahead log at which DuckDB moves it into the database file. */
  readonly checkpointBytes: number;
}

export class Database {
  readonly path: string;
  /** For commits alone, so that a reader never waits inside a transaction of the writer. */
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
  /** For sealed files, so that a read of one holds up no read of hot rows. */
  readonly segments: DuckDBConnection;
  /** For what runs long beside the commits: sealing, and the copy for a backup. */
  readonly sealer: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  readonly #appenders = new Map<string, DuckDBAppender>();
  readonly #prepared = new Map<string, DuckDBPreparedStatement>();
  /** The transaction that the next write will use, once begun. */
  #begun: Promise<unknown> | null = null;
  /** Which write-ahead log's name is durable. */
  #syncedLog = '';
  #isClosed = false;

  private constructor(
    path: string,
    instance: DuckDBInstance,
    connections: readonly [DuckDBConnection, DuckDBConnection, DuckDBConnection, DuckDBConnection],
  ) {
    this.path = path;
    this.#instance = instance;
    [this.writer, this.reader, this.segments, this.sealer] = connections;
  }

  /** Opens or creates the file and its tables. Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE, LOG_CORRUPT. */
  static async open(path: string, settings: DatabaseSettings): Promise<Database> {
    let instance: DuckDBInstance;
    try {
      instance = await DuckDBInstance.create(path, {
        memory_limit: `${settings.memoryBytesMax}B`,
        // One leaves the other cores of a small machine to the sockets, and gives the rows of a copy in
        // their order: several shuffle what comes out of a join.
        threads: '1',
        checkpoint_threshold: `${settings.checkpointBytes}B`,
        // Nothing is fetched, nothing is read from elsewhere.
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
        // A query that does not fit into memory fails instead of writing to the card.
        temp_directory: '',
        preserve_insertion_order: 'true',
        // Sealed files are cached as rows, by the log itself and within its own limit.
        enable_external_file_cache: 'false',
      });
    } catch (error) {
      throw explainOpenFailure(path, error);
    }
    let database: Database;
    try {
      const connect = (): Promise<DuckDBConnection> => instance.connect();
      database = new Database(path, instance, [
        await connect(),
        await connect(),
        await connect(),
        await connect(),
      ]);
      // A join keeps the side that is written first as the one that is streamed.
      await database.sealer.run("set disabled_optimizers = 'join_order,build_side_probe_side'");
    } catch (error) {
      instance.closeSync();
      throw explainOpenFailure(path, error);
    }
    try {
      await database.transaction(() => migrate(database.writer, path));
    } catch (error) {
      await database.close();
      throw explainOpenFailure(path, error);
    }
    return database;
  }

  /** Runs `write` as one transaction on the writer; durable when it resolves. */
  async transaction(write: () => Promise<void> | void): Promise<void> {
    try {
      await this.#begin();
      await write();
      this.#begun = null;
      await this.writer.run('commit');
      this.#syncNewLog();
    } catch (error) {
      this.#begun = null;
      this.#dropAppenders();
      await this.writer.run('rollback').catch(() => undefined);
      throw error;
    }
    // Begun ahead, so that the next commit does not wait for a turn of the thread pool: a fifth of
    // a commit under load. DuckDB takes no snapshot and holds nothing until the first statement.
    void this.#begin().catch(() => undefined);
  }

  // After a checkpoint DuckDB begins a new write-ahead log, and leaves its name to chance: without it
  // the commits in it would be gone after a power cut.
  #syncNewLog(): void {
    const found = statSync(`${this.path}.wal`, { throwIfNoEntry: false });
    const identity = found === undefined ? '' : `${found.ino} ${found.birthtimeMs}`;
    if (identity === this.#syncedLog) return;
    if (found !== undefined) syncFolder(dirname(this.path));
    this.#syncedLog = identity;
  }

  async #endBegun(): Promise<void> {
    if (this.#begun === null) return;
    await this.#begun.catch(() => undefined);
    this.#begun = null;
    await this.writer.run('rollback').catch(() => undefined);
  }

  #begin(): Promise<unknown> {
    this.#begun ??= this.writer.run('begin');
    return this.#begun;
  }

  /** The writer's appender of a table, kept open: making one costs as much as a small commit. */
  async appender(table: string): Promise<DuckDBAppender> {
    let appender = this.#appenders.get(table);
    if (appender === undefined) {
      appender = await this.writer.createAppender(table);
      this.#appenders.set(table, appender);
    }
    return appender;
  }

  /** Gives up what is kept open for a table that is closed or about to be dropped. */
  forget(table: string): void {
    const appender = this.#appenders.get(table);
    if (appender !== undefined) closeQuietly(appender);
    this.#appenders.delete(table);
    for (const sql of [...this.#prepared.keys()]) {
      if (sql.includes(` ${table} `)) this.#prepared.delete(sql);
    }
  }

  /** A connection of its own, for work beside all else: close it before the database. */
  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** A statement on the reader, prepared once. Callers run one at a time. */
  async prepared(sql: string): Promise<DuckDBPreparedStatement> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = await this.reader.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** Rows of a small result as objects; never for readings. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    const result = await this.reader.runAndReadAll(sql);
    return result.getRowObjects();
  }

  /** The names of all tables. */
  async tables(): Promise<string[]> {
    const rows = await this.rows('select table_name from duckdb_tables()');
    return rows.map((row) => String(row.table_name));
  }

  /** Bytes of the file and of its write-ahead log. */
  sizes(): { databaseBytes: number; walBytes: number } {
    return { databaseBytes: sizeOf(this.path), walBytes: sizeOf(`${this.path}.wal`) };
  }

  /** Moves the write-ahead log into the file. */
  async checkpoint(): Promise<void> {
    await this.#endBegun();
    await this.writer.run('checkpoint');
  }

  /** Waits for the transaction begun ahead: DuckDB may crash when a connection in use is closed. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#endBegun();
    this.#dropAppenders();
    for (const connection of [this.writer, this.reader, this.segments, this.sealer]) {
      connection.closeSync();
    }
    this.#instance.closeSync();
  }

  // An appender that is closed, or collected, writes the rows it still holds in a transaction of its
  // own, and until then it keeps the database open. What failed is written again from the start.
  #dropAppenders(): void {
    for (const appender of this.#appenders.values()) {
      try {
        appender.clear();
      } finally {
        closeQuietly(appender);
      }
    }
    this.#appenders.clear();
  }
}

function closeQuietly(appender: DuckDBAppender): void {
  try {
    appender.closeSync();
  } catch {
    // It failed before; there is nothing left in it.
  }
}

function explainOpenFailure(path: string, error: unknown): MillpondError {
  if (error instanceof MillpondError) return error;
  const text = error instanceof Error ? error.message : String(error);
  // A folder may be called `read-only` or `lock`.
  const why = text.replaceAll(resolve(path), '').replaceAll(path, '');
  if (/lock/i.test(why) && /conflicting|could not set/i.test(why)) {
    return new MillpondError('DATA_DIR_IN_USE', `Another process has ${path} open.`, {
      cause: error,
    });
  }
  if (/permission|read-only|cannot open file|no space|not a directory/i.test(why)) {
    return new MillpondError('DATA_DIR_UNUSABLE', `${path} cannot be opened for writing: ${text}`, {
      cause: error,
    });
  }
  return new MillpondError('LOG_CORRUPT', `${path} cannot be read: ${text}`, { cause: error });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
