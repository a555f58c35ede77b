// GET /readings: readings as they are stored, by time of measurement and by offset, as a page of JSON
// or as a file.

import { z } from 'zod';
import { MillpondError } from '../../../core/errors.ts';
import { type ReadingsFormat, readingsFormats } from '../../../core/query.ts';
import { clientSignal } from '../client-signal.ts';
import { documentStream } from '../document-stream.ts';
import { offset, time } from './fields.ts';
import { choice, globs, whole } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { moment, momentUs } from './time-parameter.ts';

const PAGE = { byDefault: 1000, max: 10_000 };
const FILE_READINGS_MAX = 10_000_000;
const NAME_CHARACTERS_MAX = 1024;

const types: Readonly<Record<ReadingsFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

const offsetParameter = (why: string) =>
  whole({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional().describe(why);

const querySchema = z.strictObject({
  stream: z
    .string({ error: 'the name of one stream' })
    .max(NAME_CHARACTERS_MAX)
    .optional()
    .describe('One alone; without it all, one behind the other.'),
  device: globs('Names of devices'),
  metric: globs('Metrics'),
  from: moment('The first moment, by the time of measurement.').optional(),
  to: moment('The moment behind the last one.').optional(),
  fromOffset: offsetParameter('The first offset.'),
  toOffset: offsetParameter('The offset behind the last one.'),
  limit: whole({ min: 1, max: FILE_READINGS_MAX })
    .optional()
    .describe(
      `At most so many readings; as JSON ${PAGE.byDefault} where nothing is said and ${PAGE.max} at most, in a file ${FILE_READINGS_MAX}.`,
    ),
  format: choice(['', ...readingsFormats], '', 'Without it as the header Accept says, else JSON.'),
});

export const readingsSchema = z.strictObject({
  readings: z.array(
    z.strictObject({
      event: z.literal('reading'),
      stream: z.string(),
      offset: offset(),
      device: z.string(),
      channel: z.string(),
      metric: z.string(),
      value: z.union([z.number(), z.string()]).nullable(),
      unit: z.string(),
      measuredAt: time(),
      measuredAtUs: z.number(),
      receivedAt: time(),
      receivedAtUs: z.number(),
      quality: z.string(),
      source: z.string(),
    }),
  ),
  nextOffset: offset()
    .nullable()
    .describe(
      '`fromOffset` of the next page; null behind the last, and where they are of several streams.',
    ),
  isTruncated: z.boolean().describe('There are more than these.'),
});

export function addReadings(api: ApiRoutes, { readings, clock }: ApiParts): void {
  const file = { schema: z.string() };
  const schema = {
    summary: 'Readings, as JSON, CSV or Parquet',
    description:
      'In the order of their offsets. In CSV a text that a spreadsheet would take for a formula has an apostrophe before it.',
    tags: ['readings'],
    querystring: querySchema,
    response: {
      200: {
        description: 'The readings.',
        content: {
          'application/json': { schema: readingsSchema },
          'text/csv': file,
          'application/vnd.apache.parquet': file,
        },
      },
    },
  };
  // One that is asked for its headers alone would be read all the same. Queries have turns of their own.
  api.get(
    '/readings',
    { schema, exposeHeadRoute: false, config: { hasOwnBound: true } },
    async (request, reply) => {
      const { query } = request;
      const format = query.format === '' ? accepted(request.headers.accept) : query.format;
      const nowUs = clock();
      const ask = {
        format,
        stream: query.stream ?? null,
        devices: query.device,
        metrics: query.metric,
        fromUs: query.from === undefined ? null : momentUs(query.from, nowUs),
        toUs: query.to === undefined ? null : momentUs(query.to, nowUs),
        fromOffset: query.fromOffset ?? null,
        toOffset: query.toOffset ?? null,
        limit: limitOf(format, query.limit),
      };
      checkOrder('from', ask.fromUs, ask.toUs);
      checkOrder('fromOffset', ask.fromOffset, ask.toOffset);
      const body = await documentStream(
        (sink, signal) => readings.readings(ask, sink, signal),
        clientSignal(reply),
      );
      reply.type(types[format]).header('vary', 'accept');
      if (format !== 'json') {
        const name = `${fileName(query.device)}.${format}`;
        reply.header('content-disposition', `attachment; filename="${name}"`);
      }
      // The type provider knows the document, and not that it is a stream.
      return reply.send(body as never);
    },
  );
}

/** The first of the list that there is; quality values are not looked at. */
function accepted(accept = ''): ReadingsFormat {
  const asked = accept.split(',').map((each) => each.split(';')[0]?.trim().toLowerCase());
  const found = readingsFormats.find((format) => asked.includes(types[format].split(';')[0]));
  return found ?? 'json';
}

function limitOf(format: ReadingsFormat, asked: number | undefined): number {
  if (format !== 'json') return asked ?? FILE_READINGS_MAX;
  if (asked === undefined) return PAGE.byDefault;
  if (asked <= PAGE.max) return asked;
  const text = `limit: at most ${PAGE.max} as JSON; csv and parquet have ${FILE_READINGS_MAX}.`;
  throw new MillpondError('REQUEST_INVALID', text);
}

function checkOrder(name: string, from: number | null, to: number | null): void {
  if (from === null || to === null || from < to) return;
  throw new MillpondError('REQUEST_INVALID', `${name}: must be before its end.`);
}

/** Of the one device that was asked for, where it was one. */
function fileName(devices: readonly string[]): string {
  const [device = '', ...others] = devices;
  const name = others.length > 0 ? '' : device.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 64);
  return name === '' ? 'readings' : `readings-${name}`;
}
