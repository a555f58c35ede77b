// GET /streams and /consumers: what there is to read, and how far its readers are.

import { z } from 'zod';
import { MillpondError } from '../../../core/errors.ts';
import { isoTime } from '../../../core/iso-time.ts';
import type { StreamStatus } from '../../../core/log-inspection.ts';
import { consumerAnswer, consumerSchema } from './consumer-answer.ts';
import { cursor, nextCursor } from './cursor.ts';
import { time } from './fields.ts';
import { pageOf } from './named-page.ts';
import { limit, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { streamAnswer, streamSchema } from './stream-answer.ts';

const consumersQuery = z.strictObject({
  stream: text('Only of this stream.'),
  limit,
  cursor: cursor(z.tuple([z.string(), z.string()])),
});

export function addConsumers(api: ApiRoutes, { log, gatewayStatus }: ApiParts): void {
  const streamsSchema = {
    summary: 'Streams',
    tags: ['streams'],
    response: { 200: z.strictObject({ streams: z.array(streamSchema) }) },
  };
  api.get('/streams', { schema: streamsSchema }, async () => ({
    streams: (await log.status()).streams.map(streamAnswer),
  }));

  const consumersSchema = {
    summary: 'Consumers and groups, with their lag',
    tags: ['consumers'],
    querystring: consumersQuery,
    response: {
      200: z.strictObject({ now: time(), consumers: z.array(consumerSchema), nextCursor }),
    },
  };
  api.get('/consumers', { schema: consumersSchema }, async ({ query }) => {
    const status = await gatewayStatus();
    checkStream(query.stream, status.log.streams);
    const { page, nextCursor } = pageOf(
      status.consumers.filter(({ stream }) => query.stream === '' || stream === query.stream),
      {
        keyOf: ({ stream, consumer }) => [stream, consumer],
        after: query.cursor,
        limit: query.limit,
      },
    );
    return { now: isoTime(status.log.nowUs), consumers: page.map(consumerAnswer), nextCursor };
  });
}

/** Throws STREAM_UNKNOWN; an empty name is any. */
export function checkStream(name: string, streams: readonly StreamStatus[]): void {
  if (name === '' || streams.some(({ stream }) => stream === name)) return;
  throw new MillpondError('STREAM_UNKNOWN', `There is no stream ${JSON.stringify(name)}.`);
}
