// Rows of a result as Arrow IPC streams, one in each message, of as many rows as make a message worth
// its schema.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import { field, Table, tableToIPC } from '@uwdata/flechette';
import { MillpondError } from '../core/errors.ts';
import { type ArrowColumn, arrowColumn, type Piece } from './arrow-columns.ts';
import { type EncodedRows, MESSAGE_BYTES_MAX, type ResultEncoder } from './result-encoder.ts';

/** Of QueryResponse the first, of QueryArrow the others. */
const FIELD = { arrow: 4, data: 1, rows: 2 } as const;
const MESSAGE_BYTES = 1024 * 1024;
const ROWS = { first: 2048, max: 65_536 };

export class ArrowResultEncoder implements ResultEncoder {
  readonly #columns: readonly ArrowColumn[];
  readonly #fields: ReturnType<typeof field>[];
  #pieces: Piece[] = [];
  #rows = 0;
  #rowsWanted = ROWS.first;
  #isSchemaSent = false;

  constructor(names: readonly string[], types: readonly DuckDBType[]) {
    this.#columns = types.map(arrowColumn);
    this.#fields = this.#columns.map(({ type }, index) => field(names[index] ?? '', type));
  }

  *encode(chunk: DuckDBDataChunk, first: number, until: number): Generator<EncodedRows, void> {
    if (first === until) return;
    this.#pieces.push({ chunk, first, until });
    this.#rows += until - first;
    if (this.#rows >= this.#rowsWanted) yield* this.#flush();
  }

  /** A result without rows is one message all the same: its schema is in it. */
  *end(): Generator<EncodedRows, void> {
    if (this.#rows > 0 || !this.#isSchemaSent) yield* this.#flush();
  }

  *#flush(): Generator<EncodedRows, void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#rows = 0;
    this.#isSchemaSent = true;
    yield* this.#encodePieces(pieces);
  }

  *#encodePieces(pieces: readonly Piece[]): Generator<EncodedRows, void> {
    const rows = pieces.reduce((sum, { first, until }) => sum + until - first, 0);
    const bytes = this.#messageOf(pieces, rows);
    if (bytes.length <= MESSAGE_BYTES_MAX) {
      const fitting = Math.floor((MESSAGE_BYTES / bytes.length) * Math.max(1, rows));
      this.#rowsWanted = Math.max(1, Math.min(ROWS.max, fitting));
      yield { bytes, rows };
      return;
    }
    if (rows <= 1) {
      throw new MillpondError(
        'QUERY_LIMIT',
        `A row of ${bytes.length} bytes is larger than ${MESSAGE_BYTES_MAX}.`,
      );
    }
    for (const half of halves(pieces)) yield* this.#encodePieces(half);
  }

  /** QueryResponse{arrow: QueryArrow{data, rows}}. */
  #messageOf(pieces: readonly Piece[], rows: number): Uint8Array {
    const columns = this.#columns.map((column, index) => column.build(pieces, index, rows));
    const data = tableToIPC(new Table({ fields: this.#fields }, columns), { format: 'stream' });
    if (data === null) throw new TypeError('nothing was written');
    const writer = new BinaryWriter().tag(FIELD.arrow, WireType.LengthDelimited).fork();
    writer.tag(FIELD.data, WireType.LengthDelimited).bytes(data);
    writer.tag(FIELD.rows, WireType.Varint).uint64(rows);
    return writer.join().finish();
  }
}

/** Of at least two rows. */
function halves(pieces: readonly Piece[]): [Piece[], Piece[]] {
  const [only] = pieces;
  if (only === undefined || pieces.length > 1) {
    const middle = pieces.length >> 1;
    return [pieces.slice(0, middle), pieces.slice(middle)];
  }
  const middle = (only.first + only.until) >> 1;
  return [[{ ...only, until: middle }], [{ ...only, first: middle }]];
}
