// Columns out of DuckDB's results, a vector at a time, by way of the bindings under the typed API: see
// hot-vectors.ts. A result that `run` gave is in memory as a whole, so its chunks are taken at once;
// one call after the other through the thread pool takes as long again as the reading.

import { DuckDBDataChunk, type DuckDBResult, DuckDBVarCharVector } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { wordsOf, writeInt64 } from '../core/int64.ts';
import { noteOffHeap } from '../core/off-heap.ts';
import type { ReadingColumns } from '../core/reading.ts';

/** Of a row in a vector, and of one in the columns; texts are kept elsewhere. */
const VECTOR_ROW_BYTES = 8 + 4 + 8 + 8 + 8 + 16 + 1;
const COLUMNS_ROW_BYTES = 8 + 4 + 8 + 8 + 8 + 1;

const fixed = 'series, measured_at, received_at, number, quality';
const column = {
  series: 0,
  measuredAt: 1,
  receivedAt: 2,
  number: 3,
  quality: 4,
  text: 5,
  offset: 6,
};

/** The select list whose result `readColumns` understands. */
export const hotColumnList = `${fixed}, text, "offset"`;

/** Those that `readBlock` understands. */
export const blockColumnList = { withoutTexts: fixed, withTexts: `${fixed}, text` };

interface Columns extends ReadingColumns {
  text: (string | null)[] | null;
}

/** All rows of a result over `hotColumnList`, copied into arrays of their own. */
export function readColumns(result: DuckDBResult): ReadingColumns {
  const chunks = chunksOf(result);
  const columns = emptyColumns(chunks);
  let row = 0;
  for (const chunk of chunks) {
    copyFixed(chunk, columns, row);
    copyVector(chunk, column.offset, columns.offset, row);
    if (hasNull(vectorOf(chunk, column.number), chunk.rowCount)) copyTexts(chunk, columns, row);
    row += chunk.rowCount;
  }
  return columns;
}

/**
 * Rows of a result over one of `blockColumnList` that are dense and begin at `first`; null if they
 * have texts and the result has not.
 */
export function readBlock(result: DuckDBResult, first: number): ReadingColumns | null {
  const chunks = chunksOf(result);
  const columns = emptyColumns(chunks);
  const offsets = wordsOf(columns.offset);
  for (let row = 0; row < columns.count; row++) writeInt64(offsets, row, first + row);
  let row = 0;
  for (const chunk of chunks) {
    copyFixed(chunk, columns, row);
    if (hasNull(vectorOf(chunk, column.number), chunk.rowCount)) {
      if (chunk.columnCount <= column.text) return null;
      copyTexts(chunk, columns, row);
    }
    row += chunk.rowCount;
  }
  return columns;
}

function chunksOf(result: DuckDBResult): DuckDBDataChunk[] {
  const whole = Reflect.get(result, 'result') as duckdb.Result;
  const count = duckdb.result_chunk_count(whole);
  const chunks: DuckDBDataChunk[] = [];
  for (let index = 0; index < count; index++) {
    chunks.push(new DuckDBDataChunk(duckdb.result_get_chunk(whole, index)));
  }
  return chunks;
}

function emptyColumns(chunks: readonly DuckDBDataChunk[]): Columns {
  let count = 0;
  for (const chunk of chunks) count += chunk.rowCount;
  noteOffHeap(count * (VECTOR_ROW_BYTES + COLUMNS_ROW_BYTES));
  return {
    count,
    offset: new BigInt64Array(count),
    series: new Int32Array(count),
    measuredAtUs: new BigInt64Array(count),
    receivedAtUs: new BigInt64Array(count),
    number: new Float64Array(count),
    text: null,
    quality: new Uint8Array(count),
  };
}

function copyFixed(chunk: DuckDBDataChunk, columns: Columns, row: number): void {
  copyVector(chunk, column.series, columns.series, row);
  copyVector(chunk, column.measuredAt, columns.measuredAtUs, row);
  copyVector(chunk, column.receivedAt, columns.receivedAtUs, row);
  copyVector(chunk, column.number, columns.number, row);
  copyVector(chunk, column.quality, columns.quality, row);
}

function copyVector(
  chunk: DuckDBDataChunk,
  index: number,
  to: BigInt64Array | Int32Array | Float64Array | Uint8Array,
  row: number,
): void {
  const size = to.BYTES_PER_ELEMENT;
  const bytes = chunk.rowCount * size;
  const from = duckdb.vector_get_data(vectorOf(chunk, index), bytes);
  new Uint8Array(to.buffer, to.byteOffset + row * size, bytes).set(from);
}

function copyTexts(chunk: DuckDBDataChunk, columns: Columns, firstRow: number): void {
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
