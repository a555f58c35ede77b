// GET /dead-letters, one of them with its bytes, and POST /dead-letters/reprocess: what could not be
// decoded, and another try at it.

import { z } from 'zod';
import type { DeadLetterEntry, DeadLetterFilter } from '../../../core/dead-letter.ts';
import { MillpondError } from '../../../core/errors.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { each, sendLists } from '../sliced-answer.ts';
import { cursor, nextCursor, toCursor } from './cursor.ts';
import { count, time } from './fields.ts';
import { choice, globText, limit, repeated, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const IDS_MAX = 1000;
/** Letters of one piece of work. */
const WORK_LETTERS_MAX = 1000;

const id = z.string({ error: 'the number of a dead letter' }).regex(/^\d{1,15}$/, {
  error: 'the number of a dead letter',
});

const filterFields = {
  profile: text('Only those that this profile read.'),
  reason: text('Only those with this reason.'),
  topic: text(globText('Topics, or ports')),
};
const letterCursor = cursor(z.tuple([z.int().min(0)]));

const letterSchema = z.strictObject({
  id: z.string().describe('Those that came later have greater numbers.'),
  receivedAt: time(),
  source: z.string().describe('The way in.'),
  topic: z.string().describe('The MQTT topic, or the name of the port.'),
  profile: z.string().nullable().describe('Null when none matched.'),
  reason: z.string(),
  detail: z.string(),
  isRetained: z.boolean(),
  isRedelivered: z.boolean(),
  isPartial: z.boolean().describe('Other parts of the message became readings.'),
  bytes: count(),
});

const wholeLetterSchema = z.strictObject({
  ...letterSchema.shape,
  payload: z.base64().describe('Its bytes, in base64.'),
  text: z.string().nullable().describe('The same as a text; null where it is none.'),
});

const tags = ['dead letters'];

export function addDeadLetters(api: ApiRoutes, { log }: ApiParts): void {
  const listSchema = {
    summary: 'Messages that could not be decoded',
    tags,
    querystring: z.strictObject({
      ...filterFields,
      id: repeated(id, {
        countMax: IDS_MAX,
        error: `at most ${IDS_MAX} of them`,
        why: 'Only those with these numbers.',
      }),
      order: choice(['newest', 'oldest'], 'newest', 'Which ones are first.'),
      limit,
      cursor: letterCursor,
    }),
    response: { 200: z.strictObject({ deadLetters: z.array(letterSchema), nextCursor }) },
  };
  api.get('/dead-letters', { schema: listSchema }, async ({ query }, reply) => {
    const { entries, next } = await log.listDeadLetters({
      filter: filterOf({ ...query, ids: query.id }),
      order: query.order,
      from: query.cursor?.[0] ?? null,
      limit: query.limit,
    });
    const frame = { nextCursor: toCursor(next === null ? null : [next]) };
    return sendLists(reply, frame, { deadLetters: each(entries, letterAnswer) });
  });

  const readSchema = {
    summary: 'One dead letter with its bytes',
    tags,
    params: z.strictObject({ id }),
    response: { 200: wholeLetterSchema },
  };
  api.get('/dead-letters/:id', { schema: readSchema }, async ({ params }) => {
    const letter = await log.readDeadLetter(Number(params.id));
    if (letter === null) {
      throw new MillpondError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${params.id}.`);
    }
    const payload = Buffer.from(letter.payload);
    return {
      ...letterAnswer(letter),
      payload: payload.toString('base64'),
      text: textOf(payload),
    };
  });

  const reprocessSchema = {
    summary: 'Decodes dead letters again by the profiles of now',
    description: `At most ${WORK_LETTERS_MAX} with one request: while nextCursor is not null, ask again with it.`,
    tags,
    body: z.strictObject(
      {
        ...filterFields,
        ids: z
          .array(id)
          .max(IDS_MAX, { error: `at most ${IDS_MAX} of them` })
          .default([])
          .describe('Only those with these numbers.'),
        cursor: letterCursor,
      },
      { error: 'a JSON object' },
    ),
    response: {
      200: z.strictObject({
        reprocessed: count().describe('Letters that are none any more.'),
        readings: count().describe('Readings that came of them.'),
        kept: count().describe('Letters that still cannot be decoded.'),
        nextCursor,
      }),
    },
  };
  api.post('/dead-letters/reprocess', { schema: reprocessSchema }, async ({ body }) => {
    // The work may take long; a log that does not answer is told at once.
    await log.status();
    const { letters, readings, kept, next } = await log.reprocessDeadLetters({
      filter: filterOf(body),
      from: body.cursor?.[0] ?? 0,
      limit: WORK_LETTERS_MAX,
    });
    const cursor = toCursor(next === null ? null : [next]);
    return { reprocessed: letters, readings, kept, nextCursor: cursor };
  });
}

interface AskedFilter extends Omit<DeadLetterFilter, 'ids'> {
  readonly ids: readonly string[];
}

function filterOf({ profile, reason, topic, ids }: AskedFilter): DeadLetterFilter {
  return { profile, reason, topic, ids: ids.map(Number) };
}

function letterAnswer(letter: DeadLetterEntry): z.infer<typeof letterSchema> {
  return {
    id: String(letter.id),
    receivedAt: isoTime(letter.receivedAtUs),
    source: letter.source,
    topic: letter.topic,
    profile: letter.profile || null,
    reason: letter.reason,
    detail: letter.detail,
    isRetained: letter.isRetained,
    isRedelivered: letter.isRedelivered,
    isPartial: letter.isPartial,
    bytes: letter.bytes,
  };
}

/** UTF-8 without controls but those of lines and columns. */
function textOf(payload: Buffer): string | null {
  const text = payload.toString();
  const isText = Buffer.from(text).equals(payload) && !/[\u0000-\u0008\u000e-\u001f]/.test(text);
  return isText ? text : null;
}
