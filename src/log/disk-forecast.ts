// When the disk of the log will be full, if everything goes on at the current rate. Pure: what happens
// then, retention decides by what is on disk, not by this.

import type { StreamRetention } from '../core/stream-config.ts';

/** What goes on for so long at one rate is no forecast: a year. */
const HORIZON_SECONDS = 365 * 86_400;

export interface GrowingStream {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly retention: StreamRetention;
}

export interface DiskRoom {
  /** What may be written before no more than log.diskFreeMin is free. */
  readonly diskBytes: number;
  /** What may be written before log.bytesMax is reached, beyond which the log does not grow; infinite without it. */
  readonly logBytes: number;
}

/**
 * Seconds until the disk is full. Null when that is not foreseeable: the streams' retention or
 * log.bytesMax keeps the log below it, or it takes more than a year. Consumers that are protected
 * count as keeping up.
 */
export function secondsToFull(streams: readonly GrowingStream[], room: DiskRoom): number | null {
  if (room.diskBytes <= 0) return 0;
  if (room.logBytes <= room.diskBytes) return null;
  const growing = streams
    .filter(({ bytesPerSecond }) => bytesPerSecond > 0)
    .map((stream) => ({ stream, untilSeconds: growthBytes(stream) / stream.bytesPerSecond }))
    .sort((a, b) => a.untilSeconds - b.untilSeconds);
  let rate = growing.reduce((sum, { stream }) => sum + stream.bytesPerSecond, 0);
  let left = room.diskBytes;
  let seconds = 0;
  for (const { stream, untilSeconds } of growing) {
    const written = rate * (untilSeconds - seconds);
    if (written >= left) return withinHorizon(seconds + left / rate);
    left -= written;
    seconds = untilSeconds;
    rate -= stream.bytesPerSecond;
  }
  return null;
}

function withinHorizon(seconds: number): number | null {
  return seconds > HORIZON_SECONDS ? null : seconds;
}

/** By how much it still grows before retention takes as much as comes in. */
function growthBytes({ bytes, bytesPerSecond, retention }: GrowingStream): number {
  const limits = [
    retention.bytes,
    retention.hardBytes,
    (bytesPerSecond * retention.ageMs) / 1000,
  ].filter((limit) => limit > 0);
  return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...limits) - bytes);
}
