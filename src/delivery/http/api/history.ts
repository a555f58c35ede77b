// GET /status/history: how the gateway did over the last hours, as points of charts.

import { z } from 'zod';
import { systemClock } from '../../../core/clock.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { HISTORY_MS_MAX } from '../../../observability/status-history.ts';
import { count, time } from './fields.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const MINUTE_MS = 60_000;
const units = { min: MINUTE_MS, m: MINUTE_MS, h: 60 * MINUTE_MS } as const;
const expected = 'a time from 1min to 24h, as 15min or 6h';

const range = z
  .string({ error: expected })
  .transform((text, context) => {
    const [, amount, unit] = /^(\d{1,4})(min|m|h)$/.exec(text) ?? [];
    const ms = Number(amount) * (units[unit as keyof typeof units] ?? Number.NaN);
    if (ms >= MINUTE_MS && ms <= HISTORY_MS_MAX) return ms;
    context.issues.push({ code: 'custom', input: text, message: expected });
    return z.NEVER;
  })
  .prefault('1h')
  .describe('How far back: 1min to 24h.');

const rate = () => z.number().min(0);

const historySchema = z.strictObject({
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

export function addHistory(api: ApiRoutes, { history }: ApiParts): void {
  const schema = {
    summary: 'How the gateway did over the last hours',
    tags: ['status'],
    querystring: z.strictObject({ range }),
    response: { 200: historySchema },
  };
  api.get('/status/history', { schema }, async ({ query }) => {
    const { stepMs, points, consumers } = history.last(query.range, systemClock());
    return {
      stepMs,
      points: points.map(({ timeUs, ...others }) => ({ time: isoTime(timeUs), ...others })),
      consumers: consumers.map(({ stream, consumer, points: lags }) => ({
        stream,
        consumer,
        points: lags.map(({ timeUs, lag }) => ({ time: isoTime(timeUs), lag })),
      })),
    };
  });
}
