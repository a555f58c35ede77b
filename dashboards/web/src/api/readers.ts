// The questions of the pages on consumers, dead letters and losses.
import { getJson, postJson, type Query } from './client.ts';
import type {
  ConsumerPage,
  DeadLetterPage,
  GroupPage,
  LagCourse,
  LossPage,
  MemberPage,
  Reprocessed,
  WholeDeadLetter,
} from './reader-answers.ts';

export function readConsumers(signal: AbortSignal): Promise<ConsumerPage> {
  return getJson<ConsumerPage>('consumers', { limit: 1000 }, signal);
}

export function readGroups(signal: AbortSignal): Promise<GroupPage> {
  return getJson<GroupPage>('groups', { limit: 1000 }, signal);
}

export function readMembers(
  { stream, group }: { readonly stream: string; readonly group: string },
  signal: AbortSignal,
): Promise<MemberPage> {
  const names = [stream, group].map(encodeURIComponent).join('/');
  return getJson<MemberPage>(`groups/${names}/members`, { limit: 1000 }, signal);
}

export async function readLags(range: string, signal: AbortSignal): Promise<readonly LagCourse[]> {
  const { consumers } = await getJson<{ consumers: readonly LagCourse[] }>(
    'status/history',
    { range },
    signal,
  );
  return consumers;
}

export function readDeadLetters(query: Query, signal: AbortSignal): Promise<DeadLetterPage> {
  return getJson<DeadLetterPage>('dead-letters', query, signal);
}

export function readDeadLetter(id: string, signal: AbortSignal): Promise<WholeDeadLetter> {
  return getJson<WholeDeadLetter>(`dead-letters/${encodeURIComponent(id)}`, {}, signal);
}

export interface LetterFilter {
  readonly reason?: string;
  readonly topic?: string;
  readonly ids?: readonly string[];
}

/** Decodes all of the filter again, a thousand with each request. */
export async function reprocess(
  filter: LetterFilter,
  signal: AbortSignal,
  progress: (sum: Reprocessed) => void,
): Promise<Reprocessed> {
  let sum: Reprocessed = { reprocessed: 0, readings: 0, kept: 0, nextCursor: null };
  do {
    const cursor = sum.nextCursor === null ? {} : { cursor: sum.nextCursor };
    const part = await postJson<Reprocessed>(
      'dead-letters/reprocess',
      { ...filter, ...cursor },
      signal,
    );
    sum = {
      reprocessed: sum.reprocessed + part.reprocessed,
      readings: sum.readings + part.readings,
      kept: sum.kept + part.kept,
      nextCursor: part.nextCursor,
    };
    progress(sum);
  } while (sum.nextCursor !== null);
  return sum;
}

export function readLosses(query: Query, signal: AbortSignal): Promise<LossPage> {
  return getJson<LossPage>('losses', query, signal);
}
