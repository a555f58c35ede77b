// GET /live: readings as they are stored, as server-sent events. A browser's EventSource that loses
// the connection comes back with the id of the last event and goes on behind it.

import { z } from 'zod';
import { DEFAULT_STREAM } from '../../../core/stream-config.ts';
import type { LiveRequest } from '../live/live-streams.ts';
import { checkOrigin } from '../security.ts';
import { globs, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const NONE_YET = -1;

const lastEventId = () =>
  z
    .string()
    .refine((text) => text === String(NONE_YET) || /^\d{1,15}$/.test(text), {
      error: 'the offset of the last reading that is had, -1 for the time before the first',
    })
    .transform(Number)
    .optional();

const querystring = z.strictObject({
  stream: text('The stream; `readings` by default.'),
  device: globs('Names of devices'),
  metric: globs('Metrics'),
  lastEventId: lastEventId().describe(
    'As the header, for a first connection that begins in the past. Without either it begins at the end.',
  ),
});

const headers = z.looseObject({
  'last-event-id': lastEventId().describe(
    'The offset of the last reading that is had; browsers send it when they come back.',
  ),
});

const eventStream = {
  description:
    'For each reading an event with its offset as `id` and as `data` the JSON of `millpond tail --json`; `event: gap` for offsets that are gone; `event: dropped` for a client that was too slow, before the connection ends.',
  content: { 'text/event-stream': { schema: z.string() } },
};

export function addLive(api: ApiRoutes, { live }: ApiParts): void {
  const schema = {
    summary: 'Readings as they come',
    tags: ['live'],
    querystring,
    headers,
    response: { 200: eventStream },
  };
  // One that is asked for its headers alone would never end.
  api.get(
    '/live',
    { schema, exposeHeadRoute: false, config: { hasOwnBound: true, isEndless: true } },
    async (request, reply) => {
      // What stays open is for the gateway's own pages alone.
      checkOrigin(request);
      const follower = await live.open(requestOf(request.query, request.headers));
      reply.hijack();
      follower.run(reply.raw);
    },
  );
}

function requestOf(
  { stream, device, metric, lastEventId }: z.infer<typeof querystring>,
  fields: z.infer<typeof headers>,
): LiveRequest {
  const isFiltered = device.length > 0 || metric.length > 0;
  return {
    // Followers of one stream share what is read, under whichever of its names.
    stream: stream || DEFAULT_STREAM,
    filter: isFiltered ? { devices: device, metrics: metric } : null,
    lastOffset: fields['last-event-id'] ?? lastEventId ?? null,
  };
}
