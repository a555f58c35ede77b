// A device and its latest values as REST tells them.

import { z } from 'zod';
import { isoTime } from '../../../core/iso-time.ts';
import type { DeviceEntry, LatestValue } from '../../../core/log-inspection.ts';
import { count, time } from './fields.ts';

const US_PER_MS = 1000;

export const latestSchema = z.strictObject({
  channel: z.string().describe('Tells sensors of one kind on one device apart; else empty.'),
  metric: z.string(),
  unit: z.string().describe('Empty where there is none, or where it is not known.'),
  source: z.string().describe('The way in.'),
  value: z.union([z.number(), z.string()]),
  measuredAt: time(),
  receivedAt: time(),
});

export const deviceSchema = z.strictObject({
  device: z.string(),
  profile: z.string().nullable().describe('Null until its first message after a start.'),
  firstSeen: time(),
  lastSeen: time(),
  readings: count(),
  usualIntervalMs: z.number().nullable().describe('Null until it has spoken three times.'),
  readingsPerMinute: z.number().nullable(),
  stale: z.boolean().describe('Silent for longer than it usually is.'),
  series: count(),
  latest: z.array(latestSchema).describe('The newest value of each of its series.'),
});

export function latestAnswer(latest: LatestValue): z.infer<typeof latestSchema> {
  return {
    channel: latest.channel,
    metric: latest.metric,
    unit: latest.unit,
    source: latest.source,
    value: latest.value,
    measuredAt: isoTime(latest.measuredAtUs),
    receivedAt: isoTime(latest.receivedAtUs),
  };
}

export function deviceAnswer(entry: DeviceEntry): z.infer<typeof deviceSchema> {
  return { ...deviceFields(entry), latest: entry.latest.map(latestAnswer) };
}

export function deviceFields(entry: DeviceEntry): Omit<z.infer<typeof deviceSchema>, 'latest'> {
  const { usualIntervalUs } = entry;
  return {
    device: entry.device,
    profile: entry.profile || null,
    firstSeen: isoTime(entry.firstSeenUs),
    lastSeen: isoTime(entry.lastSeenUs),
    readings: entry.readings,
    usualIntervalMs: usualIntervalUs === null ? null : usualIntervalUs / US_PER_MS,
    readingsPerMinute: entry.readingsPerMinute,
    stale: entry.isStale,
    series: entry.series,
  };
}
