// GET /series: what a chart shows, the readings of one device in buckets of time.

import { z } from 'zod';
import { seriesLimits } from '../../../core/series-points.ts';
import { clientSignal } from '../client-signal.ts';
import { sendSliced } from '../sliced-answer.ts';
import { count, time } from './fields.ts';
import { whole } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { seriesText } from './series-text.ts';
import { lengthOfTime, moment, momentUs } from './time-parameter.ts';

const { pointsMax, pointsDefault, seriesMax } = seriesLimits;
const TEXT_CHARACTERS_MAX = 1024;

const name = (error: string) => z.string({ error }).max(TEXT_CHARACTERS_MAX, { error });

const querySchema = z.strictObject({
  device: name('the name of one device').min(1).describe('Its name, exactly.'),
  metric: name('one metric').optional().describe('One alone; without it all of the device.'),
  channel: name('one channel').optional().describe('One alone; empty for that without a name.'),
  stream: name('the name of one stream').optional().describe('One alone; without it all.'),
  from: moment('The first moment, by the time of measurement.', { hasEarliest: true }).default({
    kind: 'ago',
    us: 3_600_000_000,
  }),
  to: moment('The moment behind the last one.').default({ kind: 'ago', us: 0 }),
  bucket: lengthOfTime('How long a bucket is; else the gateway chooses by `points`.').optional(),
  points: whole({ min: 2, max: pointsMax })
    .optional()
    .describe(`At most so many buckets; ${pointsDefault} where nothing is said.`),
});

const pointSchema = z.strictObject({
  time: time().describe('When the bucket begins.'),
  count: count().describe('Readings in it.'),
  min: z.number().optional().describe('Of its numbers, as the next two.'),
  mean: z.number().optional(),
  max: z.number().optional(),
  last: z.string().optional().describe('The text measured last in it, where it has one.'),
});

export const seriesSchema = z.strictObject({
  from: time().describe('The range, widened to whole buckets.'),
  to: time(),
  bucketMs: z.number(),
  series: z
    .array(
      z.strictObject({
        device: z.string(),
        channel: z.string(),
        metric: z.string(),
        unit: z.string(),
        points: z.array(pointSchema).describe('By time; buckets without a reading are left out.'),
      }),
    )
    .describe(`Those with a reading in the range; at most ${seriesMax}.`),
});

export function addSeries(api: ApiRoutes, { series, clock }: ApiParts): void {
  const schema = {
    summary: 'A chart: the readings of a device in buckets of time',
    description:
      'Least, mean and greatest of each bucket, of all readings: nothing is left out, so a spike is in the chart however long it is. Buckets are whole multiples of their length since 1970 in UTC.',
    tags: ['readings'],
    querystring: querySchema,
    response: { 200: seriesSchema },
  };
  api.get('/series', { schema }, async (request, reply) => {
    const { device, metric, channel, stream, from, to, bucket, points } = request.query;
    const nowUs = clock();
    const asked = {
      stream: stream ?? null,
      device,
      metric: metric ?? null,
      channel: channel ?? null,
      fromUs: momentUs(from, nowUs),
      toUs: momentUs(to, nowUs) as number,
      bucketUs: bucket ?? null,
      pointsMax: points ?? (bucket === undefined ? pointsDefault : pointsMax),
    };
    return sendSliced(reply, seriesText(await series.readSeries(asked, clientSignal(reply))));
  });
}
