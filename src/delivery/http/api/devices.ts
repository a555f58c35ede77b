// GET /devices, /devices/{device} and /latest: who talks, and what they say now.

import { z } from 'zod';
import { MillpondError } from '../../../core/errors.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { type DeviceEntry, type DevicePage, deviceOrders } from '../../../core/log-inspection.ts';
import { each, sendLists } from '../sliced-answer.ts';
import { cursor, nextCursor, toCursor } from './cursor.ts';
import {
  deviceAnswer,
  deviceFields,
  deviceSchema,
  latestAnswer,
  latestSchema,
} from './device-answer.ts';
import { time } from './fields.ts';
import { choice, flag, globs, limit, text } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';

const now = time().describe('The clock by which devices are stale.');
const whole = z.int().min(0);
const deviceCursor = cursor(z.tuple([whole, whole]));
const deviceGlobs = globs('Names of devices');
const metricGlobs = globs('Metrics');

const devicesQuery = z.strictObject({
  device: deviceGlobs,
  search: text('A part of the name, in any case.'),
  stale: flag('Only those that are silent for longer than they usually are.'),
  sort: choice(
    deviceOrders,
    'name',
    'The order: as they were first seen, by name, or the last seen first.',
  ),
  limit,
  cursor: deviceCursor,
});

const latestQuery = z.strictObject({
  device: deviceGlobs,
  metric: metricGlobs,
  limit: limit.describe('Devices of the page; there may be fewer.'),
  cursor: deviceCursor,
});

export const devicesSchema = z.strictObject({ now, devices: z.array(deviceSchema), nextCursor });
const oneSchema = z.strictObject({ now, ...deviceSchema.shape });
const latestListSchema = z.strictObject({
  now,
  latest: z.array(
    z.strictObject({ device: z.string(), stale: z.boolean(), ...latestSchema.shape }),
  ),
  nextCursor,
});

const tags = ['devices'];

export function addDevices(api: ApiRoutes, { log }: ApiParts): void {
  const listSchema = {
    summary: 'Devices, each with up to 200 latest values',
    tags,
    querystring: devicesQuery,
    response: { 200: devicesSchema },
  };
  api.get('/devices', { schema: listSchema }, async ({ query }, reply) => {
    const page = await log.listDevices({
      devices: query.device,
      metrics: [],
      search: query.search,
      onlyStale: query.stale,
      order: query.sort,
      from: fromCursor(query.cursor),
      limit: query.limit,
    });
    return sendLists(reply, frameOf(page), { devices: each(page.entries, deviceAnswer) });
  });

  const readSchema = {
    summary: 'One device with its latest values, as many as go into half a megabyte',
    tags,
    params: z.strictObject({ device: z.string().describe('Its name, percent-encoded.') }),
    response: { 200: oneSchema },
  };
  api.get('/devices/:device', { schema: readSchema }, async ({ params: { device } }, reply) => {
    const { nowUs, entry } = await log.readDevice(device);
    if (entry === null) {
      throw new MillpondError('DEVICE_UNKNOWN', `There is no device ${JSON.stringify(device)}.`);
    }
    const frame = { now: isoTime(nowUs), ...deviceFields(entry) };
    return sendLists(reply, frame, { latest: each(entry.latest, latestAnswer) });
  });

  const latestSchemas = {
    summary: 'The latest values of devices, one beside the other',
    tags,
    querystring: latestQuery,
    response: { 200: latestListSchema },
  };
  api.get('/latest', { schema: latestSchemas }, async ({ query }, reply) => {
    const page = await log.listDevices({
      devices: query.device,
      metrics: query.metric,
      search: '',
      onlyStale: false,
      order: 'name',
      from: fromCursor(query.cursor),
      limit: query.limit,
    });
    return sendLists(reply, frameOf(page), { latest: latestOf(page.entries) });
  });
}

function* latestOf(entries: readonly DeviceEntry[]) {
  for (const { device, isStale, latest } of entries) {
    for (const value of latest) yield { device, stale: isStale, ...latestAnswer(value) };
  }
}

function fromCursor(parts: readonly [number, number] | undefined) {
  return parts === undefined ? null : { number: parts[0], lastSeenUs: parts[1] };
}

function frameOf({ nowUs, next }: DevicePage) {
  const parts = next === null ? null : [next.number, next.lastSeenUs];
  return { now: isoTime(nowUs), nextCursor: toCursor(parts) };
}
