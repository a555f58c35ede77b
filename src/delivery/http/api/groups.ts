// GET /groups and what is below one: groups of consumers, who is in them, what they gave up.

import { z } from 'zod';
import type { GroupDeadLetter, GroupMember, GroupStatus } from '../../../core/group.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { qualityName } from '../../../core/reading.ts';
import { each, sendLists } from '../sliced-answer.ts';
import { checkStream } from './consumers.ts';
import { cursor, nextCursor, toCursor } from './cursor.ts';
import { latestAnswer, latestSchema } from './device-answer.ts';
import { count, offset, time, timeOrNull } from './fields.ts';
import { pageOf } from './named-page.ts';
import { limit, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const groupSchema = z.strictObject({
  stream: z.string(),
  group: z.string(),
  nextOffset: offset().describe('Everything before it is settled.'),
  lag: count().describe('Readings that are not settled.'),
  members: count().describe('Connected now.'),
  credits: count().describe('Readings that they take beside what they hold.'),
  inFlight: count().describe('Readings that they hold.'),
  waiting: count().describe('Readings that failed and wait to be sent again.'),
  redeliveries: count().describe('Since the start of the gateway.'),
  deadLetters: count().describe('Readings that failed too often.'),
  stall: z.string().nullable().describe('Why nothing can be sent; null while it can.'),
  stalledSince: time().nullable(),
  ackDeadlineMs: z.number(),
  deliveriesMax: count().nullable().describe('Null: a reading is never given up.'),
  devices: z.array(z.string()).describe('Globs; empty for all.'),
  metrics: z.array(z.string()).describe('Globs; empty for all.'),
});

const memberSchema = z.strictObject({
  memberId: z.string(),
  member: z.string().describe('The name that it gave itself; may be empty.'),
  joinedAt: time(),
  credits: count(),
  inFlight: count(),
  lastAckAt: time().nullable(),
  oldestDeadline: time().nullable().describe('The earliest of what it holds.'),
});

const letterSchema = z.strictObject({
  failures: count(),
  reason: z.string().describe('What its last failure was.'),
  diedAt: time(),
  isRedelivering: z.boolean().describe('Sent round again and not settled yet.'),
  reading: z.strictObject({
    offset: offset(),
    device: z.string(),
    ...latestSchema.shape,
    quality: z.string(),
  }),
});

const tags = ['consumers'];
const groupName = z.strictObject({ stream: z.string(), group: z.string() });

export function addGroups(api: ApiRoutes, { log, groups }: ApiParts): void {
  const listSchema = {
    summary: 'Groups of consumers',
    tags,
    querystring: z.strictObject({
      stream: text('Only of this stream.'),
      limit,
      cursor: cursor(z.tuple([z.string(), z.string()])),
    }),
    response: { 200: z.strictObject({ groups: z.array(groupSchema), nextCursor }) },
  };
  api.get('/groups', { schema: listSchema }, async ({ query }) => {
    const [{ streams }, all] = await Promise.all([log.status(), groups.listGroups()]);
    checkStream(query.stream, streams);
    const ends = new Map(streams.map((each) => [each.stream, each.highWatermark]));
    const wanted = all.filter(({ stream }) => query.stream === '' || stream === query.stream);
    const { page, nextCursor } = pageOf(wanted, {
      keyOf: ({ stream, group }) => [stream, group],
      after: query.cursor,
      limit: query.limit,
    });
    const answers = page.map((each) => groupAnswer(each, ends.get(each.stream) ?? each.nextOffset));
    return { groups: answers, nextCursor };
  });

  const membersSchema = {
    summary: 'The members of a group',
    tags,
    params: groupName,
    querystring: z.strictObject({ limit, cursor: cursor(z.tuple([z.int().min(0)])) }),
    response: { 200: z.strictObject({ members: z.array(memberSchema), nextCursor }) },
  };
  api.get('/groups/:stream/:group/members', { schema: membersSchema }, async (request) => {
    const { params, query } = request;
    const members = await groups.listGroupMembers(params.stream, params.group);
    const { page, nextCursor } = pageOf(members, {
      keyOf: ({ id }) => [id],
      after: query.cursor,
      limit: query.limit,
    });
    return { members: page.map(memberAnswer), nextCursor };
  });

  const lettersSchema = {
    summary: 'The readings that a group gave up, the oldest first',
    tags,
    params: groupName,
    querystring: z.strictObject({ limit, cursor: cursor(z.tuple([z.int().min(0)])) }),
    response: { 200: z.strictObject({ deadLetters: z.array(letterSchema), nextCursor }) },
  };
  api.get(
    '/groups/:stream/:group/dead-letters',
    { schema: lettersSchema },
    async (request, reply) => {
      const { params, query } = request;
      const { entries, next } = await groups.listGroupDeadLetters({
        ...params,
        offsets: [],
        from: query.cursor?.[0] ?? 0,
        limit: query.limit,
      });
      const frame = { nextCursor: toCursor(next === null ? null : [next]) };
      return sendLists(reply, frame, { deadLetters: each(entries, letterAnswer) });
    },
  );
}

function groupAnswer(group: GroupStatus, highWatermark: number): z.infer<typeof groupSchema> {
  const { settings, stall } = group;
  return {
    stream: group.stream,
    group: group.group,
    nextOffset: String(group.nextOffset),
    lag: Math.max(0, highWatermark - group.nextOffset - group.settledAbove),
    members: group.members,
    credits: group.credits,
    inFlight: group.inFlight,
    waiting: group.waitingRedelivery,
    redeliveries: group.redeliveries,
    deadLetters: group.deadLetters,
    stall: stall?.reason ?? null,
    stalledSince: timeOrNull(stall?.sinceUs ?? null),
    ackDeadlineMs: settings.ackDeadlineMs,
    deliveriesMax: settings.deliveriesMax || null,
    devices: [...settings.devices],
    metrics: [...settings.metrics],
  };
}

function memberAnswer(member: GroupMember): z.infer<typeof memberSchema> {
  return {
    memberId: String(member.id),
    member: member.name,
    joinedAt: isoTime(member.joinedAtUs),
    credits: member.credits,
    inFlight: member.inFlight,
    lastAckAt: timeOrNull(member.lastAckAtUs),
    oldestDeadline: timeOrNull(member.oldestDeadlineUs),
  };
}

function letterAnswer(letter: GroupDeadLetter): z.infer<typeof letterSchema> {
  return {
    failures: letter.failures,
    reason: letter.reason,
    diedAt: isoTime(letter.diedAtUs),
    isRedelivering: letter.isRedelivering,
    reading: {
      offset: String(letter.offset),
      device: letter.device,
      ...latestAnswer(letter),
      quality: qualityName(letter.quality),
    },
  };
}
