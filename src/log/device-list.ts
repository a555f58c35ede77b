// The list of devices, a page at a time, and one of them. A page holds so many bytes, so that it never
// keeps commits waiting for long.

import { matchesGlob } from '../core/glob.ts';
import type {
  DeviceCursor,
  DeviceEntry,
  DevicePage,
  DevicePageRequest,
  LatestValue,
  OneDevice,
} from '../core/log-inspection.ts';
import { pickDevices } from './device-order.ts';
import type { DeviceState } from './device-state.ts';
import type { SeriesState } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';
import { Slices } from './slices.ts';

/** Values of one device on a page: so many. */
const LATEST_MAX = 200;
/** And none behind the one with which they go beyond this. */
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

export async function listDevices(
  parts: DeviceListParts,
  request: DevicePageRequest,
  nowUs: number,
): Promise<DevicePage> {
  const slices = new Slices();
  const { devices, next } = await pickDevices(parts, request, { nowUs, slices });
  const wanted = { nowUs, isWanted: metricJudge(request.metrics), latestMax: LATEST_MAX };
  const entries: DeviceEntry[] = [];
  let bytes = 0;
  let last: DeviceCursor | null = null;
  for (const device of devices) {
    if (bytes >= PAGE_BYTES) return { nowUs, entries, next: last };
    await slices.step();
    last = device;
    const entry = entryOf(parts, device.number, wanted);
    if (entry === null) continue;
    entries.push(entry);
    bytes += entry.latest.reduce((sum, latest) => sum + bytesOf(latest), VALUE_BYTES);
  }
  return { nowUs, entries, next };
}

/** Not longer than a page either. */
export function readDevice(parts: DeviceListParts, name: string, nowUs: number): OneDevice {
  const number = parts.series.deviceNumber(name);
  if (number === null) return { nowUs, entry: null };
  const wanted = { nowUs, isWanted: null, latestMax: Number.POSITIVE_INFINITY };
  return { nowUs, entry: entryOf(parts, number, wanted) };
}

interface WantedValues {
  readonly nowUs: number;
  /** Null for all metrics. */
  readonly isWanted: ((metric: string) => boolean) | null;
  readonly latestMax: number;
}

/** Devices have few metrics between them: each is held against the globs once. */
function metricJudge(globs: readonly string[]): WantedValues['isWanted'] {
  if (globs.length === 0) return null;
  const known = new Map<string, boolean>();
  return (metric) => {
    const found = known.get(metric) ?? globs.some((glob) => matchesGlob(glob, metric));
    known.set(metric, found);
    return found;
  };
}

/** Null for a device of which nothing is durable yet, or nothing of the metrics. */
function entryOf(
  { series, seriesState, devices }: DeviceListParts,
  device: number,
  { nowUs, isWanted, latestMax }: WantedValues,
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
    if (latest.length >= latestMax || bytes >= LATEST_BYTES) continue;
    const { channel, metric, unit, source } = series.keyOf(id);
    if (isWanted?.(metric) === false) continue;
    const { value, measuredAtUs, lastSeenUs: receivedAtUs } = state;
    const entry = { channel, metric, unit, source, value, measuredAtUs, receivedAtUs };
    latest.push(entry);
    bytes += bytesOf(entry);
  }
  if (count === 0 || (isWanted !== null && latest.length === 0)) return null;
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
