// The questions that the pages ask, each with its answer's type.
import type { Device, DevicePage, SeriesAnswer, Status, StatusHistory } from './answers.ts';
import { getJson, type Query } from './client.ts';
import { reportClock } from './connection.ts';

export async function readStatus(signal: AbortSignal): Promise<Status> {
  const status = await getJson<Status>('status', {}, signal);
  reportClock(status.now);
  return status;
}

export function readHistory(range: string, signal: AbortSignal): Promise<StatusHistory> {
  return getJson<StatusHistory>('status/history', { range }, signal);
}

export function readDevices(query: Query, signal: AbortSignal): Promise<DevicePage> {
  return getJson<DevicePage>('devices', query, signal);
}

export function readDevice(device: string, signal: AbortSignal): Promise<Device> {
  return getJson<Device>(`devices/${encodeURIComponent(device)}`, {}, signal);
}

export function readSeries(query: Query, signal: AbortSignal): Promise<SeriesAnswer> {
  return getJson<SeriesAnswer>('series', query, signal);
}
