// A result as a Parquet file with the result's own types, written by DuckDB in this process: the
// gateway writes to no path that a client names.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
import type { QueryColumn, QueryRow, QueryValue } from '../../generated/millpond/v1/query.ts';
import { quoted } from '../../log/sql-text.ts';
import { distinctNames } from './cell.ts';
import type { QueryOutput } from './output.ts';
import { partOf, place, unusable } from './sinks.ts';

/** Beyond it rows go to a temporary folder until the file is written. */
const MEMORY = '512MB';

type Append = (appender: DuckDBAppender, value: NonNullable<QueryValue['value']>) => void;

interface StagedColumn {
  readonly name: string;
  readonly type: string;
  /** As it is kept until the file is written; cast to `type` then. */
  readonly stagedType: string;
  readonly append: Append;
}

export class ParquetOutput implements QueryOutput {
  readonly #path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'millpond-query-'));
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #columns: readonly StagedColumn[] = [];
  #appender: DuckDBAppender | null = null;

  private constructor(path: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#path = path;
    this.#instance = instance;
    this.#connection = connection;
  }

  static async create(path: string): Promise<ParquetOutput> {
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY });
    const output = new ParquetOutput(path, instance, await instance.connect());
    const { folder, connection } = { folder: output.#folder, connection: output.#connection };
    await connection.run(`set temp_directory = ${quoted(folder)}`);
    await connection.run("set TimeZone = 'UTC'");
    return output;
  }

  async begin(columns: readonly QueryColumn[]): Promise<void> {
    const names = distinctNames(columns);
    this.#columns = columns.map(({ type }, index) => staged(names[index] ?? '', type));
    const list = this.#columns.map(({ stagedType }, index) => `c${index} ${stagedType}`);
    await this.#connection.run(`create table rows (${list.join(', ')})`);
    this.#appender = await this.#connection.createAppender('rows');
  }

  async write(rows: readonly QueryRow[]): Promise<void> {
    const appender = this.#appender;
    if (appender === null) throw new TypeError('rows came before the columns');
    for (const { values } of rows) {
      for (const [index, { append }] of this.#columns.entries()) {
        const value = values[index]?.value;
        if (value === undefined) appender.appendNull();
        else append(appender, value);
      }
      appender.endRow();
    }
  }

  async end(): Promise<void> {
    try {
      this.#appender?.closeSync();
      this.#appender = null;
      const list = this.#columns.map(
        ({ name, type }, index) => `c${index}::${type} as "${name.replaceAll('"', '""')}"`,
      );
      await this.#connection.run(
        `copy (select ${list.join(', ')} from rows) to ${quoted(partOf(this.#path))}
         (format parquet, compression zstd)`,
      );
      place(this.#path);
    } catch (error) {
      throw unusable(this.#path, error);
    } finally {
      this.#close();
    }
  }

  async discard(): Promise<void> {
    this.#close();
    rmSync(partOf(this.#path), { force: true });
  }

  #close(): void {
    this.#appender?.closeSync();
    this.#appender = null;
    this.#connection.closeSync();
    this.#instance.closeSync();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function staged(name: string, type: string): StagedColumn {
  const column = (stagedType: string, append: Append): StagedColumn => {
    return { name, type, stagedType, append };
  };
  switch (type) {
    case 'BOOLEAN':
      return column(type, (appender, { value }) => appender.appendBoolean(value as boolean));
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return column('BIGINT', (appender, { value }) => appender.appendBigInt(value as bigint));
    case 'UTINYINT':
    case 'USMALLINT':
    case 'UINTEGER':
    case 'UBIGINT':
      return column('UBIGINT', (appender, { value }) => appender.appendUBigInt(value as bigint));
    case 'FLOAT':
    case 'DOUBLE':
      return column('DOUBLE', (appender, { value }) => appender.appendDouble(value as number));
    case 'BLOB':
      return column(type, (appender, { value }) => appender.appendBlob(value as Uint8Array));
    case 'TIMESTAMP WITH TIME ZONE':
      return column(type, (appender, { value }) =>
        appender.appendTimestampTZ(new DuckDBTimestampTZValue(value as bigint)),
      );
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
      return column('TIMESTAMP', (appender, { value }) =>
        appender.appendTimestamp(new DuckDBTimestampValue(value as bigint)),
      );
    default:
      return column('VARCHAR', (appender, { value }) => appender.appendVarchar(String(value)));
  }
}
