// Rows to and from DuckDB's vectors, whole columns at a time. The typed public API of
// @duckdb/node-api sets and gets one checked value a call; at 160,000 rows a second that is the
// log thread's whole time, so the two hot paths use the bindings that it is built on.

import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBResult,
  DuckDBVarCharVector,
  INTEGER,
  TIMESTAMP,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { noteOffHeap } from '../core/off-heap.ts';
import type { ReadingColumns } from '../core/reading.ts';

/** Rows in one DuckDB vector. */
const VECTOR_ROWS = 2048;

/** Of a hot row in a vector: five columns of eight bytes or less, and sixteen for the text. */
const ROW_BYTES = 64;

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

/** The select list whose result `readColumns` understands. */
export const hotColumnList = '"offset", series, measured_at, received_at, number, text, quality';

/** All rows of a materialized result over `hotColumnList`, copied into arrays of their own. */
export async function readColumns(result: DuckDBResult): Promise<ReadingColumns> {
  const chunks = await result.fetchAllChunks();
  let count = 0;
  for (const chunk of chunks) count += chunk.rowCount;
  const columns = {
    count,
    offset: new BigInt64Array(count),
    series: new Int32Array(count),
    measuredAtUs: new BigInt64Array(count),
    receivedAtUs: new BigInt64Array(count),
    number: new Float64Array(count),
    text: null as (string | null)[] | null,
    quality: new Uint8Array(count),
  };
  let row = 0;
  for (const chunk of chunks) {
    const rows = chunk.rowCount;
    const copy = (
      index: number,
      to: BigInt64Array | Int32Array | Float64Array | Uint8Array,
    ): void => {
      const size = to.BYTES_PER_ELEMENT;
      const from = duckdb.vector_get_data(vectorOf(chunk, index), rows * size);
      new Uint8Array(to.buffer, to.byteOffset + row * size, rows * size).set(from);
    };
    copy(column.offset, columns.offset);
    copy(column.series, columns.series);
    copy(column.measuredAt, columns.measuredAtUs);
    copy(column.receivedAt, columns.receivedAtUs);
    copy(column.number, columns.number);
    copy(column.quality, columns.quality);
    if (hasNull(vectorOf(chunk, column.number), rows)) readTexts(chunk, columns, row);
    row += rows;
  }
  noteOffHeap(count * 2 * ROW_BYTES);
  return columns;
}

function readTexts(
  chunk: DuckDBDataChunk,
  columns: { count: number; text: (string | null)[] | null; number: Float64Array },
  firstRow: number,
): void {
  const texts = chunk.getColumnVector(column.text);
  if (!(texts instanceof DuckDBVarCharVector)) throw new TypeError('the text column is no varchar');
  columns.text ??= new Array<string | null>(columns.count).fill(null);
  for (let row = 0; row < chunk.rowCount; row++) {
    const text = texts.getItem(row);
    if (text === null) continue;
    columns.text[firstRow + row] = text;
    columns.number[firstRow + row] = Number.NaN;
  }
}

function vectorOf(chunk: DuckDBDataChunk, index: number): duckdb.Vector {
  return duckdb.data_chunk_get_vector(chunk.chunk, index);
}

function hasNull(vector: duckdb.Vector, rows: number): boolean {
  const words = Math.ceil(rows / 64);
  const bytes = duckdb.vector_get_validity(vector, words * 8);
  if (!bytes) return false;
  const valid = new BigUint64Array(bytes.buffer, bytes.byteOffset, words);
  const lastBits = rows % 64 === 0 ? 64 : rows % 64;
  for (let word = 0; word < words; word++) {
    const bits = BigInt(word === words - 1 ? lastBits : 64);
    const all = (1n << bits) - 1n;
    if (((valid[word] as bigint) & all) !== all) return true;
  }
  return false;
}
