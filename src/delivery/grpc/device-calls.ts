// AdminService's list of devices, between the wire and the log.

import { MillpondError } from '../../core/errors.ts';
import { globLengthMax } from '../../core/glob.ts';
import type { DeviceEntry, LatestValue, LogInspector } from '../../core/log-inspection.ts';
import type {
  Device,
  ListDevicesRequest,
  ListDevicesResponse,
  LatestValue as WireValue,
} from '../../generated/millpond/v1/admin_service.ts';
import { fromPageToken, pageSizeOf, toPageToken } from './page-token.ts';

export async function listDevices(
  log: LogInspector,
  { device, onlyStale, pageSize, pageToken }: ListDevicesRequest,
): Promise<ListDevicesResponse> {
  if (device.length > globLengthMax) {
    throw new MillpondError(
      'REQUEST_INVALID',
      `device: a glob has at most ${globLengthMax} characters, this one ${device.length}.`,
    );
  }
  const from = fromPageToken(pageToken, { device: 'number' })?.device ?? 0;
  if (from < 0) {
    throw new MillpondError('REQUEST_INVALID', 'page_token is none that a page ended with.');
  }
  const limit = pageSizeOf(pageSize);
  const { nowUs, entries, next } = await log.listDevices({
    devices: device === '' ? [] : [device],
    metrics: [],
    search: '',
    onlyStale,
    order: 'firstSeen',
    from: from === 0 ? null : { number: from - 1, lastSeenUs: 0 },
    limit,
  });
  return {
    devices: entries.map(toDevice),
    nextPageToken: toPageToken(next === null ? null : [next.number + 1]),
    nowUs: BigInt(nowUs),
  };
}

function toDevice(entry: DeviceEntry): Device {
  const { usualIntervalUs, readingsPerMinute } = entry;
  return {
    device: entry.device,
    profile: entry.profile,
    firstSeenUs: BigInt(entry.firstSeenUs),
    lastSeenUs: BigInt(entry.lastSeenUs),
    readings: BigInt(entry.readings),
    ...(usualIntervalUs === null ? {} : { usualIntervalUs: BigInt(usualIntervalUs) }),
    ...(readingsPerMinute === null ? {} : { readingsPerMinute }),
    isStale: entry.isStale,
    series: entry.series,
    latest: entry.latest.map(toLatestValue),
  };
}

function toLatestValue(latest: LatestValue): WireValue {
  const { value, channel, metric, unit, source } = latest;
  return {
    channel,
    metric,
    unit,
    source,
    value: typeof value === 'number' ? { $case: 'number', value } : { $case: 'text', value },
    measuredAtUs: BigInt(latest.measuredAtUs),
    receivedAtUs: BigInt(latest.receivedAtUs),
  };
}
