// What was lost, on record twice: in the ledger, which outlives the database, and in the table
// `losses`, which says the same to whoever looks with SQL.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { LossReason } from '../core/loss-reason.ts';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import type { Loss, LossEntry } from './loss-book.ts';
import type { StreamState } from './stream-state.ts';

export class Losses {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Oldest first. */
  all(): LossEntry[] {
    return this.#ledger.state.losses.all();
  }

  /** How much was lost since the log began, by reason. */
  byReason(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { reason, count } of this.all()) {
      counts.set(reason, (counts.get(reason) ?? 0) + count);
    }
    return counts;
  }

  /** When something was lost for the last time, by reason. */
  lastAtUs(): Map<string, number> {
    const times = new Map<string, number>();
    for (const { reason, atUs } of this.all()) {
      times.set(reason, Math.max(times.get(reason) ?? atUs, atUs));
    }
    return times;
  }

  /** Takes losses on record; durable with the ledger's next `sync`. */
  note(losses: readonly Loss[]): void {
    for (const loss of losses) this.#ledger.noteLoss(loss);
  }

  /**
   * Makes losses durable before what they tell of is done: a crash between the two records a loss
   * that comes all the same, and counts once.
   */
  async record(losses: readonly Loss[]): Promise<void> {
    if (losses.length === 0) return;
    this.note(losses);
    await this.#ledger.sync();
  }

  /** Brings the table up to the record, for the kinds of the losses given. Within a transaction. */
  async write(connection: DuckDBConnection, losses: readonly Loss[]): Promise<void> {
    const kinds = new Map(losses.map((loss) => [`${loss.stream}\n${loss.reason}`, loss]));
    for (const { stream, reason } of kinds.values()) {
      await connection.run('delete from losses where stream = $1 and reason = $2', [
        stream,
        reason,
      ]);
      for (const entry of this.all()) {
        if (entry.stream === stream && entry.reason === reason) await insert(connection, entry);
      }
    }
  }
}

async function insert(connection: DuckDBConnection, loss: Loss): Promise<void> {
  await connection.run(
    'insert into losses values ($1, $2, $3, $4, $5, $6, make_timestamp($7::bigint))',
    [
      loss.stream,
      BigInt(loss.firstOffset),
      BigInt(loss.lastOffset),
      BigInt(loss.count),
      loss.reason,
      loss.detail,
      BigInt(loss.atUs),
    ],
  );
}

/** The losses in the table, for a ledger that does not have them. */
export async function loadLosses(database: Database): Promise<Loss[]> {
  const rows = await database.rows(
    `select stream, first_offset, last_offset, count, reason, detail,
       epoch_us(recorded_at) as at_us from losses order by recorded_at`,
  );
  return rows.map((row) => ({
    stream: String(row.stream),
    firstOffset: Number(row.first_offset),
    lastOffset: Number(row.last_offset),
    count: Number(row.count),
    reason: String(row.reason) as LossReason,
    detail: String(row.detail),
    atUs: Number(row.at_us),
  }));
}

/** Why the offsets [first, next) of a stream are gone: a code. On the reader's connection. */
export async function lossReason(
  database: Database,
  stream: StreamState,
  { first, next }: { first: number; next: number },
): Promise<string> {
  const statement = await database.prepared(
    `select reason from losses where stream = $1 and first_offset < $3 and last_offset >= $2
     order by recorded_at desc limit 1`,
  );
  statement.bindVarchar(1, stream.name);
  statement.bindBigInt(2, BigInt(first));
  statement.bindBigInt(3, BigInt(next));
  const found = (await statement.runAndReadAll()).getRows()[0]?.[0];
  if (typeof found === 'string') return found;
  // Dropped as the stream's retention says, while no known consumer wanted them.
  return next <= stream.lowWatermark ? 'retention' : 'not_recorded';
}
