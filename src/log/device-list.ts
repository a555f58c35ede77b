// The list of devices, a page at a time, in the order in which they were first seen. A page looks at
// so many devices and holds so many bytes, so that it never keeps commits waiting for long.

import { matchesGlob } from '../core/glob.ts';
import type {
  DeviceEntry,
  DevicePage,
  DevicePageRequest,
  LatestValue,
} from '../core/log-inspection.ts';
import type { DeviceState } from './device-state.ts';
import type { SeriesState } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';

/** Devices looked at for one page, whether they are on it or not. */
const LOOKED_AT_MAX = 20_000;
/** Values of one device: so many, and none behind the one with which they go beyond the bytes. */
const LATEST_MAX = 200;
const LATEST_BYTES = 512 * 1024;
/** A page ends behind the device with which it goes beyond this. */
const PAGE_BYTES = 1024 * 1024;
/** About what a value takes beside its names and its text. */
const VALUE_BYTES = 64;

export interface DeviceListParts {
  readonly series: SeriesTable;
  readonly seriesState: SeriesState;
  readonly devices: DeviceState;
}

export function listDevices(
  parts: DeviceListParts,
  { glob, onlyStale, from, limit }: DevicePageRequest,
  nowUs: number,
): DevicePage {
  const { series, devices } = parts;
  const entries: DeviceEntry[] = [];
  const end = Math.min(series.deviceCount, from + LOOKED_AT_MAX);
  let bytes = 0;
  let device = from;
  for (; device < end && entries.length < limit && bytes < PAGE_BYTES; device++) {
    if (glob !== '' && !matchesGlob(glob, series.deviceName(device))) continue;
    if (onlyStale && !devices.activity(device, nowUs).isStale) continue;
    const entry = entryOf(parts, device, nowUs);
    if (entry === null) continue;
    entries.push(entry);
    bytes += entry.latest.reduce((sum, latest) => sum + bytesOf(latest), VALUE_BYTES);
  }
  return { nowUs, entries, next: device < series.deviceCount ? device : null };
}

/** Null for a device of which nothing is durable yet. */
function entryOf(
  { series, seriesState, devices }: DeviceListParts,
  device: number,
  nowUs: number,
): DeviceEntry | null {
  const latest: LatestValue[] = [];
  let firstSeenUs = Number.POSITIVE_INFINITY;
  let readings = 0;
  let count = 0;
  let bytes = 0;
  for (const id of series.seriesOf(device)) {
    const state = seriesState.get(id);
    if (state === null) continue;
    count += 1;
    readings += state.readings;
    firstSeenUs = Math.min(firstSeenUs, state.firstSeenUs);
    if (latest.length === LATEST_MAX || bytes >= LATEST_BYTES) continue;
    const { channel, metric, unit, source } = series.keyOf(id);
    const { value, measuredAtUs, lastSeenUs: receivedAtUs } = state;
    const entry = { channel, metric, unit, source, value, measuredAtUs, receivedAtUs };
    latest.push(entry);
    bytes += bytesOf(entry);
  }
  if (count === 0) return null;
  return {
    device: series.deviceName(device),
    profile: devices.profileOf(device),
    firstSeenUs,
    readings,
    series: count,
    latest,
    ...devices.activity(device, nowUs),
  };
}

/** About what it takes in the answer. */
function bytesOf({ channel, metric, unit, source, value }: LatestValue): number {
  const texts = channel.length + metric.length + unit.length + source.length;
  return VALUE_BYTES + texts + (typeof value === 'string' ? value.length : 0);
}
