// Which devices come next in a list: those that are asked for, in the order asked for, behind where
// the last page ended. Devices are looked at in pieces, so that commits never wait for long.

import { setImmediate } from 'node:timers/promises';
import { matchesGlob } from '../core/glob.ts';
import type { DeviceCursor, DevicePageRequest } from '../core/log-inspection.ts';
import type { DeviceState } from './device-state.ts';
import type { SeriesTable } from './series-table.ts';

/** Devices looked at in one piece. */
const PIECE_DEVICES = 20_000;

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
  nowUs: number,
): Promise<PickedDevices> {
  const isWanted = judgeOf(parts, wanted, nowUs);
  if (wanted.order === 'firstSeen') return Promise.resolve(pickInTurn(parts, wanted, isWanted));
  return pickFirst(parts, wanted, isWanted);
}

type Judge = (device: DeviceCursor) => boolean;

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

/** By their numbers: one piece, and no more than are asked for. */
function pickInTurn(
  { series }: DeviceOrderParts,
  { from, limit }: Wanted,
  isWanted: Judge,
): PickedDevices {
  const first = from === null ? 0 : from.number + 1;
  const end = Math.min(series.deviceCount, first + PIECE_DEVICES);
  const picked: DeviceCursor[] = [];
  let number = first;
  for (; number < end && picked.length < limit; number++) {
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
  isWanted: Judge,
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
    if (number % PIECE_DEVICES === PIECE_DEVICES - 1) await setImmediate();
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
