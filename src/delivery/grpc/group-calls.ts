// AdminService's calls about groups: what they do, who is in them, what they gave up.

import { MillpondError } from '../../core/errors.ts';
import type {
  GroupDeadLetter,
  GroupDeadLetterWork,
  GroupInspector,
  GroupMember,
  GroupStatus,
} from '../../core/group.ts';
import type { LogInspector } from '../../core/log-inspection.ts';
import type {
  ListGroupDeadLettersRequest,
  ListGroupDeadLettersResponse,
  ListGroupMembersRequest,
  ListGroupMembersResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  PurgeGroupDeadLettersRequest,
  PurgeGroupDeadLettersResponse,
  RedeliverGroupDeadLettersRequest,
  RedeliverGroupDeadLettersResponse,
  Group as WireGroup,
  GroupDeadLetter as WireLetter,
  GroupMember as WireMember,
} from '../../generated/millpond/v1/groups.ts';
import type { Quality } from '../../generated/millpond/v1/reading.ts';
import { fromPageToken, pageSizeOf, toPageToken } from './page-token.ts';

const OFFSETS_MAX = 1000;

export interface GroupParts {
  readonly groups: GroupInspector;
  readonly log: Pick<LogInspector, 'status'>;
}

export async function listGroups(
  { groups, log }: GroupParts,
  { stream, pageSize, pageToken }: ListGroupsRequest,
): Promise<ListGroupsResponse> {
  const after = fromPageToken(pageToken, { stream: 'string', group: 'string' });
  const [{ streams }, all] = await Promise.all([log.status(), groups.listGroups()]);
  const ends = new Map(streams.map((each) => [each.stream, each.highWatermark]));
  if (stream !== '' && !ends.has(stream)) {
    throw new MillpondError('STREAM_UNKNOWN', `There is no stream ${JSON.stringify(stream)}.`);
  }
  const wanted = all
    .filter((each) => stream === '' || each.stream === stream)
    .filter((each) => after === null || byName(each, after) > 0)
    .sort(byName);
  const { page, last } = firstOf(wanted, pageSize);
  return {
    groups: page.map((each) => toGroup(each, ends.get(each.stream) ?? each.nextOffset)),
    nextPageToken: toPageToken(last === null ? null : [last.stream, last.group]),
  };
}

export async function listGroupMembers(
  { groups }: GroupParts,
  { stream, group, pageSize, pageToken }: ListGroupMembersRequest,
): Promise<ListGroupMembersResponse> {
  const after = fromPageToken(pageToken, { id: 'number' });
  const members = await groups.listGroupMembers(stream, group);
  const wanted = members
    .filter(({ id }) => after === null || id > after.id)
    .sort((a, b) => a.id - b.id);
  const { page, last } = firstOf(wanted, pageSize);
  return {
    members: page.map(toMember),
    nextPageToken: toPageToken(last === null ? null : [last.id]),
  };
}

export async function listGroupDeadLetters(
  { groups }: GroupParts,
  { stream, group, offsets, pageSize, pageToken }: ListGroupDeadLettersRequest,
): Promise<ListGroupDeadLettersResponse> {
  const { entries, next } = await groups.listGroupDeadLetters({
    stream,
    group,
    offsets: numbersOf(offsets),
    from: fromPageToken(pageToken, { offset: 'number' })?.offset ?? 0,
    limit: pageSizeOf(pageSize),
  });
  return {
    deadLetters: entries.map(toLetter),
    nextPageToken: toPageToken(next === null ? null : [next]),
  };
}

export async function redeliverGroupDeadLetters(
  { groups }: GroupParts,
  request: RedeliverGroupDeadLettersRequest,
): Promise<RedeliverGroupDeadLettersResponse> {
  const { letters, next } = await groups.redeliverGroupDeadLetters(workOf(request));
  return { redelivered: BigInt(letters), nextOffset: next === null ? undefined : BigInt(next) };
}

export async function purgeGroupDeadLetters(
  { groups }: GroupParts,
  request: PurgeGroupDeadLettersRequest,
): Promise<PurgeGroupDeadLettersResponse> {
  const { letters, next } = await groups.purgeGroupDeadLetters(workOf(request));
  return { purged: BigInt(letters), nextOffset: next === null ? undefined : BigInt(next) };
}

/** `last` is the page's last entry if others follow. */
function firstOf<Entry>(entries: readonly Entry[], pageSize: number) {
  const limit = pageSizeOf(pageSize);
  const page = entries.slice(0, limit);
  return { page, last: entries.length > limit ? (page.at(-1) ?? null) : null };
}

type Named = { readonly stream: string; readonly group: string };

function byName(a: Named, b: Named): number {
  return compare(a.stream, b.stream) || compare(a.group, b.group);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function workOf(
  request: RedeliverGroupDeadLettersRequest | PurgeGroupDeadLettersRequest,
): GroupDeadLetterWork {
  const { stream, group, offsets, fromOffset, limit } = request;
  const from = numberOf(fromOffset, 'from_offset');
  return { stream, group, offsets: numbersOf(offsets), from, limit: pageSizeOf(limit) };
}

function numbersOf(offsets: readonly bigint[]): number[] {
  if (offsets.length > OFFSETS_MAX) {
    throw new MillpondError('REQUEST_INVALID', `offsets: at most ${OFFSETS_MAX} of them.`);
  }
  return offsets.map((offset) => numberOf(offset, 'offsets'));
}

function numberOf(offset: bigint, field: string): number {
  if (offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
  const text = `${field}: ${offset} is beyond the end of every stream.`;
  throw new MillpondError('REQUEST_INVALID', text);
}

function toGroup(group: GroupStatus, highWatermark: number): WireGroup {
  const { settings, stall } = group;
  return {
    stream: group.stream,
    group: group.group,
    nextOffset: BigInt(group.nextOffset),
    lag: BigInt(Math.max(0, highWatermark - group.nextOffset - group.settledAbove)),
    members: group.members,
    credits: BigInt(group.credits),
    inFlight: BigInt(group.inFlight),
    waiting: BigInt(group.waitingRedelivery),
    redeliveries: BigInt(group.redeliveries),
    deadLetters: BigInt(group.deadLetters),
    stall: stall?.reason ?? '',
    stalledSinceUs: BigInt(stall?.sinceUs ?? 0),
    ackDeadlineMs: settings.ackDeadlineMs,
    deliveriesMax: settings.deliveriesMax,
    devices: [...settings.devices],
    metrics: [...settings.metrics],
  };
}

function toMember({ id, name, joinedAtUs, credits, inFlight }: GroupMember): WireMember {
  return {
    memberId: BigInt(id),
    member: name,
    joinedAtUs: BigInt(joinedAtUs),
    credits: BigInt(credits),
    inFlight: BigInt(inFlight),
  };
}

function toLetter(letter: GroupDeadLetter): WireLetter {
  const { value, failures, reason, diedAtUs, isRedelivering } = letter;
  return {
    reading: {
      offset: BigInt(letter.offset),
      device: letter.device,
      metric: letter.metric,
      value: typeof value === 'number' ? { $case: 'number', value } : { $case: 'text', value },
      unit: letter.unit,
      measuredAtUs: BigInt(letter.measuredAtUs),
      receivedAtUs: BigInt(letter.receivedAtUs),
      quality: letter.quality as Quality,
      source: letter.source,
      channel: letter.channel,
    },
    failures,
    reason,
    diedAtUs: BigInt(diedAtUs),
    isRedelivering,
  };
}
