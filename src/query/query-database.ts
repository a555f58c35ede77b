// One query's own DuckDB, in memory: nothing of it outlives the query, and nothing of the query can
// reach beyond it. It may read the sealed files and no other, and has no settings, extensions or
// other statements than `select`.

import { join } from 'node:path';
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  StatementType,
} from '@duckdb/node-api';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import { unpackReadings } from '../core/packed-readings.ts';
import type { QueryParameter, QueryRowsAnswer, QuerySnapshot } from '../core/query.ts';
import { HotWriter } from '../log/hot-vectors.ts';
import { segmentName, streamFolder, streamsFolder } from '../log/segments/segment.ts';
import { quoted } from '../log/sql-text.ts';
import type { QueryProcessSettings } from './messages.ts';
import { bindParameters } from './parameters.ts';
import { checkSelectOnly } from './select-only.ts';
import {
  absentView,
  createRowsTable,
  createSeriesTable,
  STORE,
  streamView,
} from './stream-view.ts';

export interface QueryDatabaseOptions {
  /** Rows of the views come in the order of their offsets. */
  readonly isInOrder: boolean;
  /** What it may write to. */
  readonly pipePath: string | null;
}

const joinOrders = 'join_order,build_side_probe_side';

export class QueryDatabase {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #directory: string;
  readonly #tables = new Map<string, string>();
  readonly #writer = new HotWriter();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, directory: string) {
    this.#instance = instance;
    this.#connection = connection;
    this.#directory = directory;
  }

  static async open(
    { directory, memoryBytesMax }: QueryProcessSettings,
    { isInOrder, pipePath }: QueryDatabaseOptions,
  ): Promise<QueryDatabase> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryBytesMax}B`,
      // The other cores are for what comes in.
      threads: '1',
      // A query that does not fit into memory fails instead of writing to the card.
      temp_directory: '',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    });
    const connection = await instance.connect();
    const database = new QueryDatabase(instance, connection, directory);
    try {
      await connection.run(`attach ':memory:' as ${STORE}`);
      await connection.run(createSeriesTable);
      await connection.run("set TimeZone = 'UTC'");
      const folder = quoted(`${streamsFolder(directory)}/`);
      await connection.run(`set allowed_directories = [${folder}]`);
      // A join keeps the side that is written first as the one that is streamed.
      if (isInOrder) await connection.run(`set disabled_optimizers = '${joinOrders}'`);
      if (pipePath !== null) {
        await connection.run(`set allowed_paths = [${quoted(pipePath)}]`);
      }
      await connection.run('set enable_external_access = false');
      await connection.run('set lock_configuration = true');
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Throws QUERY_REFUSED, QUERY_INVALID: what is not judged never runs. */
  async check(sql: string): Promise<void> {
    // DuckDB would judge the whole of it, and run what is before the first one.
    if (sql.includes('\0')) {
      throw new MillpondError('QUERY_INVALID', 'There is a character U+0000 in it.');
    }
    const prepared = await this.#connection.prepare(
      'select json_serialize_sql($1::varchar, skip_default := true, skip_empty := true, skip_null := true)::varchar',
    );
    prepared.bindVarchar(1, sql);
    const read = await prepared.runAndReadAll();
    try {
      checkSelectOnly(String(read.getRows()[0]?.[0]));
    } catch (error) {
      // This one's text has the place of the mistake.
      if (asMillpondError(error).code === 'QUERY_INVALID') {
        await this.#connection.extractStatements(sql);
      }
      throw error;
    }
  }

  /** Makes the tables that `add` fills. */
  async prepareStreams({ streams }: QuerySnapshot): Promise<void> {
    for (const [index, { name, content }] of streams.entries()) {
      if (content === null) continue;
      const table = `rows_${index}`;
      this.#tables.set(name, table);
      await this.#connection.run(createRowsTable(table));
    }
  }

  async add(stream: string, { series, ...packed }: QueryRowsAnswer): Promise<void> {
    const table = this.#tables.get(stream);
    if (table === undefined) throw new RangeError(`no rows of ${stream} were asked for`);
    await this.#append('series', (appender) => {
      for (const { id, key } of series) {
        appender.appendInteger(id);
        for (const name of [key.device, key.channel, key.metric, key.unit, key.source]) {
          appender.appendVarchar(name);
        }
        appender.endRow();
      }
    });
    await this.#append(table, (appender) => this.#writer.append(appender, unpackReadings(packed)));
  }

  /** The views over what was added and what is sealed. */
  async makeViews({ streams }: QuerySnapshot): Promise<void> {
    for (const { name, content } of streams) {
      const folder = streamFolder(this.#directory, name);
      const files = content?.segments.map((first) => join(folder, segmentName(first))) ?? [];
      const table = this.#tables.get(name);
      await this.#connection.run(
        table === undefined ? absentView(name) : streamView(name, { files, table }),
      );
    }
  }

  /** The result, computed as it is fetched where that is possible. Throws QUERY_REFUSED, QUERY_INVALID. */
  async start(sql: string, parameters: readonly QueryParameter[]): Promise<DuckDBResult> {
    await this.#connection.run('begin transaction read only');
    const prepared = await this.#prepare(sql);
    bindParameters(prepared, parameters);
    return prepared.stream();
  }

  /** Of the gateway's own SQL. */
  stream(sql: string): Promise<DuckDBResult> {
    return this.#connection.stream(sql);
  }

  /** The gateway's own statement, to its end. */
  async copy(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  interrupt(): void {
    this.#connection.interrupt();
  }

  /** Only while nothing runs. */
  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #prepare(sql: string): Promise<DuckDBPreparedStatement> {
    const statements = await this.#connection.extractStatements(sql);
    if (statements.count !== 1) {
      throw new MillpondError('QUERY_REFUSED', `It has ${statements.count} statements.`);
    }
    const prepared = await statements.prepare(0);
    if (prepared.statementType !== StatementType.SELECT) {
      throw new MillpondError('QUERY_REFUSED', 'It is not a select.');
    }
    return prepared;
  }

  async #append(table: string, write: (appender: DuckDBAppender) => void): Promise<void> {
    const appender = await this.#connection.createAppender(table, 'main', STORE);
    try {
      write(appender);
    } finally {
      appender.closeSync();
    }
  }
}
