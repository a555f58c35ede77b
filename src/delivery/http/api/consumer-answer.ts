// A consumer as REST tells it: the fields of `millpond consumers --json`.

import { z } from 'zod';
import { isoTime } from '../../../core/iso-time.ts';
import type { ConsumerReport } from '../../../observability/consumer-report.ts';
import { count, offset, time, timeOrNull } from './fields.ts';

export const consumerSchema = z.strictObject({
  stream: z.string(),
  consumer: z.string(),
  isGroup: z.boolean(),
  nextOffset: offset().describe('The first offset it has not committed.'),
  lag: count().describe('Readings it has not committed.'),
  oldestUnreadAt: time()
    .nullable()
    .describe('When the oldest of them came; null without one, or where it is not known.'),
  readingsPerSecond: z.number().describe('How fast its position moves.'),
  committedAt: time(),
  subscriptions: count().describe('Open now.'),
  stall: z
    .strictObject({ reason: z.string(), since: time() })
    .nullable()
    .describe('Why it does not get on; null while it does.'),
  losesDataAt: time()
    .nullable()
    .describe('When it begins to lose readings at the present rate; null if that is not in sight.'),
  isProtected: z.boolean().describe('Retention waits for it.'),
});

export function consumerAnswer(consumer: ConsumerReport): z.infer<typeof consumerSchema> {
  const { stall } = consumer;
  return {
    stream: consumer.stream,
    consumer: consumer.consumer,
    isGroup: consumer.isGroup,
    nextOffset: String(consumer.nextOffset),
    lag: consumer.lag,
    oldestUnreadAt: timeOrNull(consumer.oldestUnreadUs),
    readingsPerSecond: consumer.readingsPerSecond,
    committedAt: isoTime(consumer.committedAtUs),
    subscriptions: consumer.subscriptions,
    stall: stall === null ? null : { reason: stall.reason, since: isoTime(stall.sinceUs) },
    losesDataAt: timeOrNull(consumer.losesDataAtUs),
    isProtected: consumer.isProtected,
  };
}
