// A database opened for reading alone, through DuckDB's bindings: a handful of calls, for the
// process that looks at what may be damaged. A read-only open replays the write-ahead log in memory
// and changes no file.

import type duckdb from '@duckdb/node-bindings';

type Bindings = typeof duckdb;
type Cell = number | string | null;

export class Session {
  readonly #duckdb: Bindings;
  readonly #connection: duckdb.Connection;

  private constructor(bindings: Bindings, connection: duckdb.Connection) {
    this.#duckdb = bindings;
    this.#connection = connection;
  }

  /**
   * Opens the file for reading alone; an empty path is a database in memory that others are
   * attached to. Throws DuckDB's own error.
   */
  static async open(
    bindings: Bindings,
    options: { readonly path: string; readonly memoryBytesMax: number },
  ): Promise<Session> {
    const config = bindings.create_config();
    const settings = {
      access_mode: options.path === '' ? 'AUTOMATIC' : 'READ_ONLY',
      memory_limit: `${options.memoryBytesMax}B`,
      threads: '1',
      temp_directory: '',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    };
    for (const [name, value] of Object.entries(settings)) bindings.set_config(config, name, value);
    const database = await bindings.open(options.path === '' ? ':memory:' : options.path, config);
    return new Session(bindings, await bindings.connect(database));
  }

  async run(sql: string): Promise<void> {
    await this.#duckdb.query(this.#connection, sql);
  }

  /** Results of bigint and varchar columns. */
  async rows(sql: string): Promise<Cell[][]> {
    const result = await this.#duckdb.query(this.#connection, sql);
    const columns = this.#duckdb.column_count(result);
    const types = Array.from({ length: columns }, (_, index) =>
      this.#duckdb.column_type(result, index),
    );
    const rows: Cell[][] = [];
    for (;;) {
      const chunk = await this.#duckdb.fetch_chunk(result);
      if (chunk === null) return rows;
      const count = this.#duckdb.data_chunk_get_size(chunk);
      if (count === 0) return rows;
      const cells = types.map((type, index) =>
        this.#cells(this.#duckdb.data_chunk_get_vector(chunk, index), type, count),
      );
      for (let row = 0; row < count; row++) rows.push(cells.map((column) => column[row] ?? null));
    }
  }

  async tables(): Promise<string[]> {
    const found = await this.rows(
      `select table_name from duckdb_tables() where database_name = current_database()
       order by table_name`,
    );
    return found.map(([name]) => String(name));
  }

  async columns(table: string): Promise<string[]> {
    const found = await this.rows(
      `select column_name from duckdb_columns()
       where database_name = current_database() and table_name = '${table}' order by column_index`,
    );
    return found.map(([name]) => String(name));
  }

  #cells(vector: duckdb.Vector, type: duckdb.Type, count: number): Cell[] {
    const { BIGINT, VARCHAR } = this.#duckdb.Type;
    if (type === BIGINT) {
      const data = Buffer.from(this.#duckdb.vector_get_data(vector, count * 8));
      return Array.from({ length: count }, (_, row) => Number(data.readBigInt64LE(row * 8)));
    }
    if (type !== VARCHAR) throw new TypeError(`a column of type ${type} is not read here`);
    const data = this.#duckdb.vector_get_data(vector, count * 16);
    return Array.from({ length: count }, (_, row) => this.#text(data, row * 16));
  }

  // A string is its length and, up to 12 bytes, itself; else four bytes of it and a pointer.
  #text(data: Uint8Array, at: number): string {
    const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const length = view.readUInt32LE(at);
    if (length <= 12) return view.toString('utf8', at + 4, at + 4 + length);
    const bytes = this.#duckdb.get_data_from_pointer(
      data.buffer as ArrayBuffer,
      data.byteOffset + at + 8,
      length,
    );
    return Buffer.from(bytes).toString('utf8');
  }
}
