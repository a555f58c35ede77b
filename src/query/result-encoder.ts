// A result as encoded `QueryResponse` messages, in rows or in columns.

import type { DuckDBDataChunk } from '@duckdb/node-api';

/** Clients refuse messages over 4 MiB unless told otherwise. */
export const MESSAGE_BYTES_MAX = 3 * 1024 * 1024;

export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

export interface ResultEncoder {
  /** Takes the rows [first, until) of the chunk, which it may keep. Throws QUERY_LIMIT. */
  encode(chunk: DuckDBDataChunk, first: number, until: number): Iterable<EncodedRows>;
  /** What was kept, after the last chunk. Throws as `encode`. */
  end(): Iterable<EncodedRows>;
}
