// Columns of a result as Arrow columns, whole vectors at a time where both keep their values alike.
// https://arrow.apache.org/docs/format/Columnar.html

import {
  type DuckDBBlobValue,
  type DuckDBDataChunk,
  type DuckDBDecimalType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import {
  Batch,
  binary,
  bool,
  Column,
  type DataType,
  dateDay,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  TimeUnit,
  timestamp,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
} from '@uwdata/flechette';

/** Rows [first, until) of a chunk. */
export interface Piece {
  readonly chunk: DuckDBDataChunk;
  readonly first: number;
  readonly until: number;
}

export interface ArrowColumn {
  readonly type: DataType;
  /** The pieces' rows of the column with this index, one behind the other: `rows` in all. */
  build(pieces: readonly Piece[], index: number, rows: number): Column<unknown>;
}

type BatchParts = ConstructorParameters<typeof Batch>[0];
type Values = Pick<BatchParts, 'values' | 'offsets'>;

/** What has no Arrow type here (lists, structures, intervals …) is a text, as DuckDB writes it. */
export function arrowColumn(type: DuckDBType): ArrowColumn {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return column(bool(), (pieces, index, rows) => ({ values: bits(pieces, index, rows) }));
    case DuckDBTypeId.TINYINT:
      return fixed(int8(), Int8Array);
    case DuckDBTypeId.SMALLINT:
      return fixed(int16(), Int16Array);
    case DuckDBTypeId.INTEGER:
      return fixed(int32(), Int32Array);
    case DuckDBTypeId.BIGINT:
      return fixed(int64(), BigInt64Array);
    case DuckDBTypeId.UTINYINT:
      return fixed(uint8(), Uint8Array);
    case DuckDBTypeId.USMALLINT:
      return fixed(uint16(), Uint16Array);
    case DuckDBTypeId.UINTEGER:
      return fixed(uint32(), Uint32Array);
    case DuckDBTypeId.UBIGINT:
      return fixed(uint64(), BigUint64Array);
    case DuckDBTypeId.FLOAT:
      return fixed(float32(), Float32Array);
    case DuckDBTypeId.DOUBLE:
      return fixed(float64(), Float64Array);
    case DuckDBTypeId.DATE:
      return fixed(dateDay(), Int32Array);
    case DuckDBTypeId.TIMESTAMP:
      return fixed(timestamp(TimeUnit.MICROSECOND), BigInt64Array);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return fixed(timestamp(TimeUnit.MICROSECOND, 'UTC'), BigInt64Array);
    case DuckDBTypeId.TIMESTAMP_S:
      return fixed(timestamp(TimeUnit.SECOND), BigInt64Array);
    case DuckDBTypeId.TIMESTAMP_MS:
      return fixed(timestamp(TimeUnit.MILLISECOND), BigInt64Array);
    case DuckDBTypeId.TIMESTAMP_NS:
      return fixed(timestamp(TimeUnit.NANOSECOND), BigInt64Array);
    case DuckDBTypeId.HUGEINT:
      // Both have 128 bits in two's complement.
      return fixed(decimal(38, 0, 128), BigUint64Array, 2);
    case DuckDBTypeId.DECIMAL:
      return decimals(type as DuckDBDecimalType);
    case DuckDBTypeId.BLOB:
      return column(binary(), (pieces, index) =>
        joined(items(pieces, index, (value) => (value as DuckDBBlobValue).bytes)),
      );
    default: {
      const encoder = new TextEncoder();
      return column(utf8(), (pieces, index) =>
        joined(items(pieces, index, (value) => encoder.encode(String(value)))),
      );
    }
  }
}

function column(
  type: DataType,
  valuesOf: (pieces: readonly Piece[], index: number, rows: number) => Values,
): ArrowColumn {
  return {
    type,
    build(pieces, index, rows) {
      const parts = { type, length: rows, ...validityOf(pieces, index, rows) };
      return new Column([new Batch<unknown>({ ...parts, ...valuesOf(pieces, index, rows) })]);
    },
  };
}

interface FixedArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): NonNullable<BatchParts['values']>;
}

function fixed(type: DataType, Values: FixedArray, perRow = 1): ArrowColumn {
  const bytes = Values.BYTES_PER_ELEMENT * perRow;
  return column(type, (pieces, index, rows) => ({
    values: new Values(copied(pieces, index, { rows, bytes })),
  }));
}

function copied(
  pieces: readonly Piece[],
  index: number,
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
): ArrayBuffer {
  const out = new Uint8Array(rows * bytes);
  let at = 0;
  for (const { chunk, first, until } of pieces) {
    const data = duckdb.vector_get_data(vectorOf(chunk, index), until * bytes);
    out.set(data.subarray(first * bytes), at);
    at += (until - first) * bytes;
  }
  return out.buffer;
}

/** Of 2, 4, 8 or 16 bytes there, by their width; of 16 in Arrow. */
function decimals({ width, scale }: DuckDBDecimalType): ArrowColumn {
  const type = decimal(width, scale, 128);
  if (width > 18) return fixed(type, BigUint64Array, 2);
  const Narrow = width > 9 ? BigInt64Array : width > 4 ? Int32Array : Int16Array;
  return column(type, (pieces, index, rows) => {
    const bytes = Narrow.BYTES_PER_ELEMENT;
    const narrow = new Narrow(copied(pieces, index, { rows, bytes }));
    const wide = new BigInt64Array(rows * 2);
    for (let row = 0; row < rows; row++) {
      const value = BigInt(narrow[row] as number | bigint);
      wide[row * 2] = value;
      wide[row * 2 + 1] = value < 0n ? -1n : 0n;
    }
    return { values: new BigUint64Array(wide.buffer) };
  });
}

function bits(pieces: readonly Piece[], index: number, rows: number): Uint8Array {
  const bytes = new Uint8Array(copied(pieces, index, { rows, bytes: 1 }));
  const packed = new Uint8Array(Math.ceil(rows / 8));
  for (let row = 0; row < rows; row++) if (bytes[row] === 1) setBit(packed, row);
  return packed;
}

/** A bit a row, 1 where there is a value; empty when there is one everywhere. */
function validityOf(
  pieces: readonly Piece[],
  index: number,
  rows: number,
): { nullCount: number; validity: Uint8Array } {
  const validity = new Uint8Array(Math.ceil(rows / 8));
  let nullCount = 0;
  let at = 0;
  for (const { chunk, first, until } of pieces) {
    const words = Math.ceil(until / 64);
    const valid = duckdb.vector_get_validity(
      vectorOf(chunk, index),
      words * 8,
    ) as Uint8Array | null;
    for (let row = first; row < until; row++, at++) {
      const isValid = !valid || (((valid[row >> 3] as number) >> (row & 7)) & 1) === 1;
      if (isValid) setBit(validity, at);
      else nullCount += 1;
    }
  }
  return { nullCount, validity: nullCount === 0 ? new Uint8Array(0) : validity };
}

function setBit(packed: Uint8Array, at: number): void {
  packed[at >> 3] = (packed[at >> 3] as number) | (1 << (at & 7));
}

/** Null for null. */
function items(
  pieces: readonly Piece[],
  index: number,
  bytesOf: (value: unknown) => Uint8Array,
): (Uint8Array | null)[] {
  return pieces.flatMap(({ chunk, first, until }) => {
    const vector = chunk.getColumnVector(index);
    return Array.from({ length: until - first }, (_, row) => {
      const value = vector.getItem(first + row);
      return value === null ? null : bytesOf(value);
    });
  });
}

function joined(list: readonly (Uint8Array | null)[]): Values {
  const offsets = new Int32Array(list.length + 1);
  for (const [row, bytes] of list.entries()) {
    offsets[row + 1] = (offsets[row] as number) + (bytes?.length ?? 0);
  }
  const values = new Uint8Array(offsets[list.length] as number);
  for (const [row, bytes] of list.entries()) {
    if (bytes !== null) values.set(bytes, offsets[row]);
  }
  return { offsets, values };
}

function vectorOf(chunk: DuckDBDataChunk, index: number): duckdb.Vector {
  return duckdb.data_chunk_get_vector(chunk.chunk, index);
}
