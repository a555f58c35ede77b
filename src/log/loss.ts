// The ledger of what was lost: what each row says, how rows are written, how their number stays
// bounded. Written in the transaction that loses something, or in the commit that follows.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Database } from './database.ts';
import type { StreamState } from './stream-state.ts';

export interface Loss {
  /** Empty where it is no stream's. */
  readonly stream: string;
  /** -1 where the loss is not a range of offsets. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Readings, messages or dead letters, as the reason says. */
  readonly count: number;
  /** A stable code. */
  readonly reason: string;
  readonly detail: string;
  readonly atUs: number;
}

/** Puts together what follows one another, so that a stream at its limit has one row and not one a segment. */
export async function writeLosses(
  connection: DuckDBConnection,
  losses: readonly Loss[],
): Promise<void> {
  for (const loss of losses) {
    const { stream, firstOffset, lastOffset, count, reason, detail, atUs } = loss;
    const joined = await connection.runAndReadAll(
      `update losses set last_offset = $1, count = count + $2, recorded_at = make_timestamp($3::bigint),
         detail = $4
       where stream = $5 and reason = $6 and last_offset = $7
         and recorded_at > make_timestamp($3::bigint) - interval 1 day returning 1`,
      [
        BigInt(lastOffset),
        BigInt(count),
        BigInt(atUs),
        detail,
        stream,
        reason,
        BigInt(firstOffset < 0 ? -1 : firstOffset - 1),
      ],
    );
    if (joined.currentRowCount > 0) continue;
    await connection.run(
      'insert into losses values ($1, $2, $3, $4, $5, $6, make_timestamp($7::bigint))',
      [
        stream,
        BigInt(firstOffset),
        BigInt(lastOffset),
        BigInt(count),
        reason,
        detail,
        BigInt(atUs),
      ],
    );
  }
}

/**
 * Once there are more than `rowsMax`, the older half becomes one row for each stream and reason: the
 * counts stay, single events go.
 */
export async function boundLosses(connection: DuckDBConnection, rowsMax: number): Promise<void> {
  const found = await connection.runAndReadAll('select count(*) from losses');
  const rows = Number(found.getRows()[0]?.[0]);
  if (rows <= rowsMax) return;
  const middle = `(select quantile_disc(recorded_at, 0.5) from losses)`;
  await connection.run(`create temp table joined_losses as
    select stream, min(first_offset), max(last_offset), sum(count)::bigint, reason,
      count(*) || ' losses joined' as detail, max(recorded_at)
    from losses where recorded_at <= ${middle} group by stream, reason`);
  await connection.run(`delete from losses where recorded_at <= ${middle}`);
  await connection.run('insert into losses select * from joined_losses');
  await connection.run('drop table joined_losses');
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

/** How much was lost since the log began, by reason. */
export class LossTotals {
  readonly #counts = new Map<string, number>();

  note(losses: readonly Loss[]): void {
    for (const { reason, count } of losses) this.noteCount(reason, count);
  }

  noteCount(reason: string, count: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  get byReason(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
