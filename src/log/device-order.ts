// Which devices come next in a list: those that are asked for, in the order asked for, behind where
// the last page ended.

import { matchesGlob } from '../core/glob.ts';
import type { DeviceCursor, DevicePageRequest } from '../core/log-inspection.ts';
import type { DeviceState } from './device-state.ts';
import type { SeriesTable } from './series-table.ts';
import type { Slices } from './slices.ts';

/** Devices looked at for one page in the order in which they came, whether they are on it or not. */
const LOOKED_AT_MAX = 20_000;

export interface DeviceOrderParts {
  readonly series: Pick<SeriesTable, 'deviceCount' | 'deviceName'>;
  readonly devices: Pick<DeviceState, 'activity'>;
}

export interface PickedDevices {
  readonly devices: readonly DeviceCursor[];
  /** Everything up to it was looked at, and more may follow; null where nothing does. */
  readonly next: DeviceCursor | null;
}

type Wanted = Pick<
  DevicePageRequest,
  'devices' | 'search' | 'onlyStale' | 'order' | 'from' | 'limit'
>;

/** At most `limit` of them. */
export function pickDevices(
  parts: DeviceOrderParts,
  wanted: Wanted,
  { nowUs, slices }: { nowUs: number; slices: Slices },
): Promise<PickedDevices> {
  const look = { isWanted: judgeOf(parts, wanted, nowUs), slices };
  return wanted.order === 'firstSeen'
    ? pickInTurn(parts, wanted, look)
    : pickFirst(parts, wanted, look);
}

type Judge = (device: DeviceCursor) => boolean;

interface Look {
  readonly isWanted: Judge;
  readonly slices: Slices;
}

function judgeOf({ series, devices }: DeviceOrderParts, wanted: Wanted, nowUs: number): Judge {
  const { devices: globs, onlyStale } = wanted;
  const search = wanted.search.toLowerCase();
  return ({ number }) => {
    const name = series.deviceName(number);
    if (globs.length > 0 && !globs.some((glob) => matchesGlob(glob, name))) return false;
    if (search !== '' && !name.toLowerCase().includes(search)) return false;
    return !onlyStale || devices.activity(number, nowUs).isStale;
  };
}

/** By their numbers, and no more than are asked for. */
async function pickInTurn(
  { series }: DeviceOrderParts,
  { from, limit }: Wanted,
  { isWanted, slices }: Look,
): Promise<PickedDevices> {
  const first = from === null ? 0 : from.number + 1;
  const end = Math.min(series.deviceCount, first + LOOKED_AT_MAX);
  const picked: DeviceCursor[] = [];
  let number = first;
  for (; number < end && picked.length < limit; number++) {
    await slices.step();
    const device = { number, lastSeenUs: 0 };
    if (isWanted(device)) picked.push(device);
  }
  const next = number < series.deviceCount ? { number: number - 1, lastSeenUs: 0 } : null;
  return { devices: picked, next };
}

/** All are looked at; no more than twice the limit are kept meanwhile. */
async function pickFirst(
  parts: DeviceOrderParts,
  { order, from, limit }: Wanted,
  { isWanted, slices }: Look,
): Promise<PickedDevices> {
  const { series, devices } = parts;
  // Of a log that was lost meanwhile.
  if (from !== null && from.number >= series.deviceCount) return { devices: [], next: null };
  const compare = order === 'name' ? byName(parts) : newestFirst(parts);
  let picked: DeviceCursor[] = [];
  let isMore = false;
  const prune = (): void => {
    picked.sort(compare);
    isMore ||= picked.length > limit;
    picked = picked.slice(0, limit);
  };
  for (let number = 0; number < series.deviceCount; number++) {
    await slices.step();
    const lastSeenUs = order === 'lastSeen' ? devices.activity(number, 0).lastSeenUs : 0;
    const device = { number, lastSeenUs };
    if (from !== null && compare(device, from) <= 0) continue;
    if (!isWanted(device)) continue;
    picked.push(device);
    if (picked.length >= 2 * limit + 1) prune();
  }
  prune();
  return { devices: picked, next: isMore ? (picked.at(-1) ?? null) : null };
}

type Compare = (a: DeviceCursor, b: DeviceCursor) => number;

function byName({ series }: DeviceOrderParts): Compare {
  return (a, b) => {
    if (a.number === b.number) return 0;
    return series.deviceName(a.number) < series.deviceName(b.number) ? -1 : 1;
  };
}

function newestFirst(parts: DeviceOrderParts): Compare {
  const ofSameTime = byName(parts);
  return (a, b) => b.lastSeenUs - a.lastSeenUs || ofSameTime(a, b);
}
