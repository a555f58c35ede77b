// The list of losses, a page at a time, in the order of their times, from either end. A page goes on behind what the
// last one ended with, so that entries which come or go meanwhile neither repeat nor hide others.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { LossCursor, LossEntry, LossPageRequest, Page } from '../core/log-inspection.ts';

export async function listLosses(
  connection: DuckDBConnection,
  { stream, order, from, limit }: LossPageRequest,
): Promise<Page<LossEntry, LossCursor>> {
  const isOldest = order === 'oldest';
  const beginning = isOldest ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
  const start: LossCursor = from ?? { recordedAtUs: beginning, skip: 0 };
  const direction = isOldest ? 'asc' : 'desc';
  // Entries of one time stand in the order in which they were written.
  const result = await connection.runAndReadAll(
    `select stream, first_offset, last_offset, count, reason, detail,
       epoch_us(recorded_at) as recorded_at_us
     from losses
     where epoch_us(recorded_at) ${isOldest ? '>=' : '<='} $1 and ($2 is null or stream = $2)
     order by recorded_at ${direction}, rowid ${direction} limit $3 offset $4`,
    [BigInt(start.recordedAtUs), stream, BigInt(limit + 1), BigInt(start.skip)],
  );
  const found = result.getRowObjects().map(entryOf);
  const entries = found.slice(0, limit);
  return { entries, next: found.length > limit ? cursorBehind(entries, start) : null };
}

function entryOf(row: Record<string, unknown>): LossEntry {
  const first = Number(row.first_offset);
  return {
    stream: String(row.stream),
    range: first < 0 ? null : { first, next: Number(row.last_offset) + 1 },
    count: Number(row.count),
    reason: String(row.reason),
    detail: String(row.detail),
    recordedAtUs: Number(row.recorded_at_us),
  };
}

function cursorBehind(entries: readonly LossEntry[], start: LossCursor): LossCursor {
  const recordedAtUs = entries.at(-1)?.recordedAtUs ?? start.recordedAtUs;
  const alike = entries.filter((entry) => entry.recordedAtUs === recordedAtUs).length;
  return { recordedAtUs, skip: alike + (recordedAtUs === start.recordedAtUs ? start.skip : 0) };
}
