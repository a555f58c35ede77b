// Rows of a result as encoded `QueryResponse` messages (proto/millpond/v1/query.proto), written
// straight from DuckDB's vectors.

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  type DuckDBBlobValue,
  type DuckDBDataChunk,
  type DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import { MillpondError } from '../core/errors.ts';
import { type EncodedRows, MESSAGE_BYTES_MAX, type ResultEncoder } from './result-encoder.ts';

/** The numbers of QueryValue's fields, each with its wire type. */
const tag = {
  boolean: (1 << 3) | 0,
  integer: (2 << 3) | 0,
  unsigned: (3 << 3) | 0,
  number: (4 << 3) | 1,
  text: (5 << 3) | 2,
  blob: (6 << 3) | 2,
  timestampUs: (7 << 3) | 0,
} as const;

/** QueryResponse.rows; QueryRows.rows and QueryRow.values, which have the same number. */
const ROWS_TAG = (2 << 3) | 2;
const REPEATED_TAG = (1 << 3) | 2;

/** A message is made of more rows while it is smaller, of fewer when it is larger. */
const MESSAGE_BYTES = { few: 64 * 1024, many: 256 * 1024 };
const ROWS = { first: 256, max: 2048 };

type WriteValue = (writer: BinaryWriter, value: DuckDBValue) => void;

export class RowEncoder implements ResultEncoder {
  readonly #writers: readonly WriteValue[];
  #rowsWanted = ROWS.first;

  constructor(types: readonly DuckDBType[]) {
    this.#writers = types.map(writerOf);
  }

  /** The rows [first, until) of the chunk, in one message or several. Throws QUERY_LIMIT. */
  *encode(chunk: DuckDBDataChunk, first: number, until: number): Generator<EncodedRows, void> {
    const vectors = this.#writers.map((_, column) => chunk.getColumnVector(column));
    for (let row = first; row < until; ) {
      const rows = Math.min(this.#rowsWanted, until - row);
      const bytes = this.#encodeRows(vectors, row, rows);
      if (bytes.length > MESSAGE_BYTES_MAX) {
        if (rows === 1) {
          throw new MillpondError(
            'QUERY_LIMIT',
            `A row of ${bytes.length} bytes is larger than ${MESSAGE_BYTES_MAX}.`,
          );
        }
        this.#rowsWanted = rows >>> 1;
        continue;
      }
      if (bytes.length > MESSAGE_BYTES.many) this.#rowsWanted = Math.max(1, rows >>> 1);
      else if (bytes.length < MESSAGE_BYTES.few) {
        this.#rowsWanted = Math.min(ROWS.max, this.#rowsWanted * 2);
      }
      yield { bytes, rows };
      row += rows;
    }
  }

  /** Nothing is kept. */
  end(): Iterable<EncodedRows> {
    return [];
  }

  #encodeRows(
    vectors: readonly { getItem(row: number): DuckDBValue }[],
    first: number,
    rows: number,
  ): Uint8Array {
    const writer = new BinaryWriter();
    writer.uint32(ROWS_TAG).fork();
    for (let row = first; row < first + rows; row++) {
      writer.uint32(REPEATED_TAG).fork();
      for (const [column, write] of this.#writers.entries()) {
        const value = vectors[column]?.getItem(row) ?? null;
        writer.uint32(REPEATED_TAG).fork();
        if (value !== null) write(writer, value);
        writer.join();
      }
      writer.join();
    }
    return writer.join().finish();
  }
}

function writerOf({ typeId }: DuckDBType): WriteValue {
  switch (typeId) {
    case DuckDBTypeId.BOOLEAN:
      return (writer, value) => writer.uint32(tag.boolean).bool(value as boolean);
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
      return (writer, value) => writer.uint32(tag.integer).int64(value as bigint | number);
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
      return (writer, value) => writer.uint32(tag.unsigned).uint64(value as bigint | number);
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return (writer, value) => writer.uint32(tag.number).double(value as number);
    case DuckDBTypeId.BLOB:
      return (writer, value) => writer.uint32(tag.blob).bytes((value as DuckDBBlobValue).bytes);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return (writer, value) => writer.uint32(tag.timestampUs).int64(microsecondsOf(value));
    default:
      return (writer, value) => writer.uint32(tag.text).string(String(value));
  }
}

function microsecondsOf(value: DuckDBValue): bigint {
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds * 1_000_000n;
  return (value as DuckDBTimestampMillisecondsValue).millis * 1000n;
}
