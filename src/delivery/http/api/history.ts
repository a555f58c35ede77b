// GET /status/history: how the gateway did over the last hours, as points of charts.

import { z } from 'zod';
import { isoTime } from '../../../core/iso-time.ts';
import { HISTORY_MS_MAX } from '../../../observability/status-history.ts';
import { each, sendLists } from '../sliced-answer.ts';
import { count, time } from './fields.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { lengthOfTime } from './time-parameter.ts';

const US_PER_MS = 1000;
const MINUTE_US = 60_000 * US_PER_MS;

const range = lengthOfTime('How far back: 1m to 24h.')
  .refine((us) => us >= MINUTE_US && us <= HISTORY_MS_MAX * US_PER_MS, {
    error: 'a length of time from 1m to 24h',
  })
  .prefault('1h');

const rate = () => z.number().min(0);

export const historySchema = z.strictObject({
  stepMs: count().describe('From one point to the next; points without a sample are left out.'),
  points: z.array(
    z.strictObject({
      time: time(),
      receivedPerSecond: rate().describe('Readings decoded.'),
      storedPerSecond: rate().describe('Readings made durable.'),
      deliveredPerSecond: rate().describe('Readings sent to consumers.'),
      commitMsP50: z.number(),
      commitMsP99: z.number(),
      queueBytes: count(),
      diskFreeBytes: count(),
      deadLetters: count().describe('That there are.'),
      lost: count().describe('Of all times, but for what was thrown away on demand.'),
    }),
  ),
  consumers: z
    .array(
      z.strictObject({
        stream: z.string(),
        consumer: z.string(),
        points: z.array(z.strictObject({ time: time(), lag: z.number().min(0) })),
      }),
    )
    .describe('The lag of up to 32 consumers.'),
});

export function addHistory(api: ApiRoutes, { history, clock }: ApiParts): void {
  const schema = {
    summary: 'How the gateway did over the last hours',
    tags: ['status'],
    querystring: z.strictObject({ range }),
    response: { 200: historySchema },
  };
  api.get('/status/history', { schema }, async ({ query }, reply) => {
    const { stepMs, points, consumers } = history.last(query.range / US_PER_MS, clock());
    return sendLists(
      reply,
      { stepMs },
      {
        points: each(points, ({ timeUs, ...others }) => ({ time: isoTime(timeUs), ...others })),
        consumers: each(consumers, ({ stream, consumer, points: lags }) => ({
          stream,
          consumer,
          points: lags.map(({ timeUs, lag }) => ({ time: isoTime(timeUs), lag })),
        })),
      },
    );
  });
}
