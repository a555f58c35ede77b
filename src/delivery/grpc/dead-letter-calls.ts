// AdminService's calls about dead letters: from requests of whoever asks to work within bounds.

import type { DeadLetterEntry, DeadLetterFilter } from '../../core/dead-letter.ts';
import { MillpondError } from '../../core/errors.ts';
import type { LogInspector } from '../../core/log-inspection.ts';
import type {
  DeadLetter,
  GetDeadLetterRequest,
  GetDeadLetterResponse,
  ListDeadLettersRequest,
  ListDeadLettersResponse,
  PurgeDeadLettersRequest,
  PurgeDeadLettersResponse,
  ReprocessDeadLettersRequest,
  ReprocessDeadLettersResponse,
} from '../../generated/millpond/v1/admin_service.ts';
import { fromPageToken, pageSizeOf, toPageToken } from './page-token.ts';

const IDS_MAX = 1000;

export async function listDeadLetters(
  log: LogInspector,
  { filter, pageSize, pageToken }: ListDeadLettersRequest,
): Promise<ListDeadLettersResponse> {
  const { entries, next } = await log.listDeadLetters({
    filter: filterOf(filter),
    order: 'oldest',
    from: fromPageToken(pageToken, { id: 'number' })?.id ?? null,
    limit: pageSizeOf(pageSize),
  });
  return {
    deadLetters: entries.map(toDeadLetter),
    nextPageToken: toPageToken(next === null ? null : [next]),
  };
}

export async function getDeadLetter(
  log: LogInspector,
  { id }: GetDeadLetterRequest,
): Promise<GetDeadLetterResponse> {
  const letter = await log.readDeadLetter(numberOf(id, 'id'));
  if (letter === null) {
    throw new MillpondError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${id}.`);
  }
  return { deadLetter: toDeadLetter(letter), payload: Buffer.from(letter.payload) };
}

export async function reprocessDeadLetters(
  log: LogInspector,
  request: ReprocessDeadLettersRequest,
): Promise<ReprocessDeadLettersResponse> {
  const { letters, readings, kept, next } = await log.reprocessDeadLetters(workOf(request));
  return {
    reprocessed: BigInt(letters),
    readings: BigInt(readings),
    kept: BigInt(kept),
    nextId: next === null ? undefined : BigInt(next),
  };
}

export async function purgeDeadLetters(
  log: LogInspector,
  request: PurgeDeadLettersRequest,
): Promise<PurgeDeadLettersResponse> {
  const { letters, next } = await log.purgeDeadLetters(workOf(request));
  return { purged: BigInt(letters), nextId: next === null ? undefined : BigInt(next) };
}

function workOf({ filter, fromId, limit }: ReprocessDeadLettersRequest | PurgeDeadLettersRequest) {
  return {
    filter: filterOf(filter),
    from: numberOf(fromId, 'from_id'),
    limit: pageSizeOf(limit),
  };
}

function filterOf(filter: ListDeadLettersRequest['filter']): DeadLetterFilter {
  if (filter === undefined) return { profile: '', reason: '', topic: '', ids: [] };
  const { profile, reason, ids } = filter;
  if (ids.length > IDS_MAX) {
    throw new MillpondError('REQUEST_INVALID', `filter.ids: at most ${IDS_MAX} of them.`);
  }
  return { profile, reason, topic: '', ids: ids.map((id) => numberOf(id, 'filter.ids')) };
}

function numberOf(id: bigint, field: string): number {
  if (id <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(id);
  throw new MillpondError('REQUEST_INVALID', `${field}: ${id} is the number of no dead letter.`);
}

function toDeadLetter(entry: DeadLetterEntry): DeadLetter {
  const { id, receivedAtUs, bytes, source, topic, profile, reason, detail } = entry;
  const { isRetained, isRedelivered, isPartial } = entry;
  return {
    id: BigInt(id),
    receivedAtUs: BigInt(receivedAtUs),
    source,
    topic,
    profile,
    reason,
    detail,
    bytes: BigInt(bytes),
    isRetained,
    isRedelivered,
    isPartial,
  };
}
