// GET /losses: what had to go, and why.

import { z } from 'zod';
import { isoTime } from '../../../core/iso-time.ts';
import type { LossEntry } from '../../../core/log-inspection.ts';
import { each, sendLists } from '../sliced-answer.ts';
import { cursor, nextCursor, toCursor } from './cursor.ts';
import { count, offset, time } from './fields.ts';
import { choice, limit, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const lossSchema = z.strictObject({
  stream: z.string().nullable().describe('Null for what belongs to no stream.'),
  firstOffset: offset().nullable().describe('Null where it is no range of offsets.'),
  nextOffset: offset().nullable().describe('Exclusive.'),
  count: count().describe('Readings, messages or dead letters.'),
  reason: z.string(),
  detail: z.string(),
  recordedAt: time(),
});

export function addLosses(api: ApiRoutes, { log }: ApiParts): void {
  const schema = {
    summary: 'What was lost',
    tags: ['losses'],
    querystring: z.strictObject({
      stream: text('Only of this stream.'),
      order: choice(['newest', 'oldest'], 'newest', 'Which ones are first.'),
      limit,
      cursor: cursor(z.tuple([z.int(), z.int().min(0)])),
    }),
    response: { 200: z.strictObject({ losses: z.array(lossSchema), nextCursor }) },
  };
  api.get('/losses', { schema }, async ({ query }, reply) => {
    const { stream, order, limit } = query;
    const from = query.cursor && { recordedAtUs: query.cursor[0], skip: query.cursor[1] };
    const { entries, next } = await log.listLosses({
      stream: stream || null,
      order,
      from: from ?? null,
      limit,
    });
    const parts = next === null ? null : [next.recordedAtUs, next.skip];
    const frame = { nextCursor: toCursor(parts) };
    return sendLists(reply, frame, { losses: each(entries, lossAnswer) });
  });
}

function lossAnswer(loss: LossEntry): z.infer<typeof lossSchema> {
  const { range } = loss;
  return {
    stream: loss.stream || null,
    firstOffset: range === null ? null : String(range.first),
    nextOffset: range === null ? null : String(range.next),
    count: loss.count,
    reason: loss.reason,
    detail: loss.detail,
    recordedAt: isoTime(loss.recordedAtUs),
  };
}
