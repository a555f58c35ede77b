// Reads committed rows by offset: from the ring where it holds them, else from the hot table by a
// bounded range, so that no read transaction stays open and holds back DuckDB's checkpoints.

import { MillpondError } from '../core/errors.ts';
import { readInt64, wordsOf } from '../core/int64.ts';
import type { ReadingColumns } from '../core/reading.ts';
import { sliceColumns } from './column-builder.ts';
import type { Database } from './database.ts';
import { hotColumnList, readColumns } from './hot-vectors.ts';
import { hotTable } from './schema.ts';
import type { StreamState } from './stream-state.ts';

export interface ReadResult {
  /** Offsets [first, next) that are gone; they come before the rows. */
  readonly gap: { readonly first: number; readonly next: number; readonly reason: string } | null;
  /** Dense rows in offset order. */
  readonly runs: readonly ReadingColumns[];
  /** Where to read on. */
  readonly next: number;
}

export class StreamReader {
  readonly #database: () => Database;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(database: () => Database) {
    this.#database = database;
  }

  /** At most `rowsMax` rows of [from, highWatermark). */
  async read(stream: StreamState, from: number, rowsMax: number): Promise<ReadResult> {
    if (from >= stream.highWatermark) return { gap: null, runs: [], next: from };
    const recent = stream.ring.read(from, rowsMax);
    if (recent !== null) return resultOf(from, recent);
    const until = Math.min(stream.highWatermark, from + rowsMax);
    const columns = await this.#alone(() => this.#readHot(stream, from, until));
    if (columns.count === 0) {
      const found = await this.#alone(() => this.#firstAtOrAfter(stream, from));
      return this.#gap(stream, from, found ?? stream.highWatermark, []);
    }
    const first = readInt64(wordsOf(columns.offset), 0);
    const dense = denseRows(columns);
    if (first > from) return this.#gap(stream, from, first, [dense]);
    return resultOf(from, [dense]);
  }

  /** The first offset received at or after `timeUs`; the high watermark if there is none yet. */
  async offsetAtTime(stream: StreamState, timeUs: number): Promise<number> {
    const sql = `select min("offset") from ${hotTable(stream.id)} where received_at >= make_timestamp($1::bigint)`;
    return this.#alone(async () => {
      const statement = await this.#database().prepared(sql);
      statement.bindBigInt(1, BigInt(timeUs));
      const found = (await statement.runAndReadAll()).getRows()[0]?.[0];
      const offset = found === null || found === undefined ? stream.highWatermark : Number(found);
      return Math.min(offset, stream.highWatermark);
    });
  }

  async #readHot(stream: StreamState, from: number, until: number): Promise<ReadingColumns> {
    const sql = `select ${hotColumnList} from ${hotTable(stream.id)} where "offset" >= $1 and "offset" < $2`;
    const statement = await this.#database().prepared(sql);
    statement.bindBigInt(1, BigInt(from));
    statement.bindBigInt(2, BigInt(until));
    return readColumns(await statement.run());
  }

  async #firstAtOrAfter(stream: StreamState, from: number): Promise<number | null> {
    const sql = `select min("offset") from ${hotTable(stream.id)} where "offset" >= $1`;
    const statement = await this.#database().prepared(sql);
    statement.bindBigInt(1, BigInt(from));
    const found = (await statement.runAndReadAll()).getRows()[0]?.[0];
    return found === null || found === undefined ? null : Number(found);
  }

  async #gap(
    stream: StreamState,
    first: number,
    next: number,
    runs: ReadingColumns[],
  ): Promise<ReadResult> {
    const reason = await this.#alone(() => this.#lossReason(stream, first, next));
    return { ...resultOf(next, runs), gap: { first, next, reason } };
  }

  async #lossReason(stream: StreamState, first: number, next: number): Promise<string> {
    const statement = await this.#database().prepared(
      `select reason from losses where stream = $1 and first_offset < $3 and last_offset >= $2
       order by recorded_at desc limit 1`,
    );
    statement.bindVarchar(1, stream.name);
    statement.bindBigInt(2, BigInt(first));
    statement.bindBigInt(3, BigInt(next));
    const found = (await statement.runAndReadAll()).getRows()[0]?.[0];
    return typeof found === 'string' ? found : 'not_recorded';
  }

  /** Resolves when the reads under way have ended; those that wait and come later throw LOG_STOPPING. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  /** Runs `change` while nothing is read: DuckDB may crash when a connection in use is closed. */
  whileIdle<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change, change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  // Prepared statements hold their bindings, so reads take turns.
  #alone<T>(read: () => Promise<T>): Promise<T> {
    return this.whileIdle(() => {
      if (this.#isClosed) throw new MillpondError('LOG_STOPPING', 'The log is closed.');
      return read();
    });
  }
}

function resultOf(from: number, runs: readonly ReadingColumns[]): ReadResult {
  let next = from;
  for (const run of runs) next += run.count;
  return { gap: null, runs, next };
}

/** The rows up to the first hole. */
function denseRows(columns: ReadingColumns): ReadingColumns {
  const words = wordsOf(columns.offset);
  const first = readInt64(words, 0);
  const isDense = readInt64(words, columns.count - 1) - first === columns.count - 1;
  if (isDense) return columns;
  let row = 1;
  while (readInt64(words, row) - first === row) row += 1;
  return sliceColumns(columns, 0, row);
}
