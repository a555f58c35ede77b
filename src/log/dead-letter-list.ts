// Dead letters read back: a page of them, from either end, or one with its bytes.

import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBBlobValue } from '@duckdb/node-api';
import type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterPageRequest,
  DeadLetterWithPayload,
} from '../core/dead-letter.ts';
import { globExpression } from '../core/glob.ts';
import type { Page } from '../core/log-inspection.ts';
import { marksOf } from '../core/raw-message.ts';
import { PARTIAL } from './schema.ts';

const columns = `id, epoch_us(received_at) as received_at_us, source, topic, profile, reason, detail,
  flags, octet_length(payload) as bytes`;
// An empty text is any; an empty list is any. Topics by RE2, which takes as long as the topic is:
// LIKE tries every way that a pattern's stars may fall, and half a dozen of them stop the log.
const chosen = `($2 = '' or profile = $2) and ($3 = '' or reason = $3)
  and ($4 = '' or regexp_full_match(topic, $4, 's')) and (len($5) = 0 or list_contains(string_split($5, ','), id::varchar))`;

function valuesOf({ profile, reason, topic, ids }: DeadLetterFilter, from: number) {
  return [BigInt(from), profile, reason, globExpression(topic), ids.join(',')];
}

export async function listDeadLetters(
  connection: DuckDBConnection,
  { filter, order, from, limit }: DeadLetterPageRequest,
): Promise<Page<DeadLetterEntry, number>> {
  const isOldest = order === 'oldest';
  const result = await connection.runAndReadAll(
    `select ${columns} from dead_letters
     where id ${isOldest ? '>=' : '<='} $1 and ${chosen}
     order by id ${isOldest ? 'asc' : 'desc'} limit ${limit + 1}`,
    valuesOf(filter, from ?? (isOldest ? 0 : Number.MAX_SAFE_INTEGER)),
  );
  const found = result.getRowObjects().map(entryOf);
  return { entries: found.slice(0, limit), next: found[limit]?.id ?? null };
}

/** As many of the list as `bytesMax` of payloads allow, at least one if there is one. */
export async function readDeadLetters(
  connection: DuckDBConnection,
  filter: DeadLetterFilter,
  { from, limit, bytesMax }: { from: number; limit: number; bytesMax: number },
): Promise<DeadLetterWithPayload[]> {
  const { entries } = await listDeadLetters(connection, { filter, order: 'oldest', from, limit });
  let bytes = 0;
  const taken = entries.filter((entry, index) => {
    bytes += entry.bytes;
    return index === 0 || bytes <= bytesMax;
  });
  const last = taken.at(-1);
  if (last === undefined) return [];
  const result = await connection.runAndReadAll(
    `select ${columns}, payload, parts from dead_letters left join dead_letter_parts using (id)
     where id >= $1 and ${chosen} and id <= ${last.id} order by id`,
    valuesOf(filter, from),
  );
  return result.getRowObjects().map((row) => ({
    ...entryOf(row),
    payload: bytesOf(row.payload),
    parts: bytesOf(row.parts),
  }));
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof DuckDBBlobValue ? value.bytes : new Uint8Array();
}

function entryOf(row: Record<string, unknown>): DeadLetterEntry {
  const flags = Number(row.flags);
  return {
    id: Number(row.id),
    receivedAtUs: Number(row.received_at_us),
    source: String(row.source),
    topic: String(row.topic),
    profile: String(row.profile),
    reason: String(row.reason),
    detail: String(row.detail),
    ...marksOf(flags),
    isPartial: (flags & PARTIAL) !== 0,
    bytes: Number(row.bytes),
  };
}
