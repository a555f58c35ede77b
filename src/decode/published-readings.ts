// Readings that came as such over gRPC: their form was judged when they were taken, and is looked at
// again because a dead letter may hold anything.

import { judgeName } from '../core/name.ts';
import type { PublishedReading } from '../core/published-reading.ts';
import { parseEpoch } from './device-time.ts';
import type { Emission } from './emission.ts';
import { readText } from './payload-text.ts';

export function decodeReadings(payload: Uint8Array, emission: Emission): void {
  let found: unknown;
  try {
    found = JSON.parse(readText(payload) ?? '');
  } catch {
    emission.reject('invalid_json', 'the published readings are not JSON');
    return;
  }
  if (!Array.isArray(found)) {
    emission.reject('malformed', 'the published readings are not a list');
    return;
  }
  for (const each of found) {
    if (emission.isOver) return;
    if (isReading(each)) add(each, emission);
    else emission.reject('malformed', 'a published reading has not the form of one');
  }
}

function add(reading: PublishedReading, emission: Emission): void {
  const { device, channel = '', metric, unit = '', value, measuredAtUs } = reading;
  if (measuredAtUs === undefined) emission.useArrivalTime();
  else emission.useDeviceTime(parseEpoch(measuredAtUs, 'us'));
  const { quality } = emission;
  emission.add({
    device,
    channel,
    metric,
    unit,
    value,
    measuredAtUs: emission.measuredAtUs,
    quality,
  });
}

function isReading(found: unknown): found is PublishedReading {
  if (typeof found !== 'object' || found === null) return false;
  const { device, channel, metric, unit, value, measuredAtUs } = found as Record<string, unknown>;
  return (
    isName(device) &&
    isName(metric) &&
    (channel === undefined || isName(channel)) &&
    (unit === undefined || isName(unit)) &&
    (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) &&
    (measuredAtUs === undefined || typeof measuredAtUs === 'number')
  );
}

function isName(found: unknown): boolean {
  return typeof found === 'string' && judgeName(found) === null;
}
