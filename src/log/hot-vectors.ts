// Rows to DuckDB's vectors, whole columns at a time. The typed public API of @duckdb/node-api sets one
// checked value a call; at 160,000 rows a second that is the log thread's whole time, so the two hot
// paths, this and result-columns.ts, use the bindings that it is built on.

import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  INTEGER,
  TIMESTAMP,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ReadingColumns } from '../core/reading.ts';

/** Rows in one DuckDB vector. */
const VECTOR_ROWS = 2048;

const hotTypes = [BIGINT, INTEGER, TIMESTAMP, TIMESTAMP, DOUBLE, VARCHAR, UTINYINT];
const column = {
  offset: 0,
  series: 1,
  measuredAt: 2,
  receivedAt: 3,
  number: 4,
  text: 5,
  quality: 6,
} as const;

/** Appends columns to a hot table through an appender; reuses one chunk. */
export class HotWriter {
  readonly #chunk = DuckDBDataChunk.create(hotTypes, VECTOR_ROWS);
  readonly #valid = new BigUint64Array(VECTOR_ROWS / 64);

  append(appender: DuckDBAppender, columns: ReadingColumns): void {
    for (let first = 0; first < columns.count; first += VECTOR_ROWS) {
      this.#appendChunk(appender, columns, first, Math.min(columns.count - first, VECTOR_ROWS));
    }
  }

  #appendChunk(
    appender: DuckDBAppender,
    columns: ReadingColumns,
    first: number,
    rows: number,
  ): void {
    this.#chunk.reset();
    this.#chunk.rowCount = rows;
    this.#copy(column.offset, columns.offset, first, rows);
    this.#copy(column.series, columns.series, first, rows);
    this.#copy(column.measuredAt, columns.measuredAtUs, first, rows);
    this.#copy(column.receivedAt, columns.receivedAtUs, first, rows);
    this.#copy(column.number, columns.number, first, rows);
    this.#copy(column.quality, columns.quality, first, rows);
    this.#writeTexts(columns.text, first, rows);
    appender.appendDataChunk(this.#chunk);
  }

  #vector(index: number): duckdb.Vector {
    return duckdb.data_chunk_get_vector(this.#chunk.chunk, index);
  }

  #copy(
    index: number,
    values: BigInt64Array | Int32Array | Float64Array | Uint8Array,
    first: number,
    rows: number,
  ): void {
    const size = values.BYTES_PER_ELEMENT;
    const start = values.byteOffset + first * size;
    duckdb.copy_data_to_vector(
      this.#vector(index),
      0,
      values.buffer as ArrayBuffer,
      start,
      rows * size,
    );
  }

  // A row has a text or a number, so the two columns' validity are each other's complement.
  #writeTexts(texts: ReadingColumns['text'], first: number, rows: number): void {
    const textVector = this.#vector(column.text);
    this.#valid.fill(0n);
    if (texts !== null) {
      for (let row = 0; row < rows; row++) {
        const text = texts[first + row];
        if (text === null || text === undefined) continue;
        duckdb.vector_assign_string_element(textVector, row, text);
        const word = row >>> 6;
        this.#valid[word] = (this.#valid[word] as bigint) | (1n << BigInt(row & 63));
      }
      this.#writeValidity(
        column.number,
        this.#valid.map((word) => ~word),
      );
    }
    this.#writeValidity(column.text, this.#valid);
  }

  #writeValidity(index: number, valid: BigUint64Array): void {
    const vector = this.#vector(index);
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(
      vector,
      0,
      valid.buffer as ArrayBuffer,
      0,
      valid.byteLength,
    );
  }
}
