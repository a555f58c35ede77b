// A rollup: what some sealed segments come to per series and minute, or per series and hour, as a
// small Parquet file. It is derived: whatever is wrong with one, it is deleted and made again. Its
// name says everything that must be known of it without reading it.

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Segment } from '../segments/segment.ts';

export type RollupUnit = 'minutes' | 'hours';

export const unitUs: Readonly<Record<RollupUnit, number>> = {
  minutes: 60_000_000,
  hours: 3_600_000_000,
};

/** Of the segments of offsets [first, next). */
export interface Rollup {
  readonly first: number;
  readonly next: number;
  readonly unit: RollupUnit;
  /** 0 where it was made of segments, else one more than that of the rollups it was made of. */
  readonly tier: number;
  /** The least and the greatest measured time in it, in units since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Which segments it is of: as `segmentsKey`. */
  readonly key: number;
  /** CRC-32 of the whole file. */
  readonly crc32: number;
  readonly bytes: number;
}

const FOLDER = 'rollups';
const HEX_DIGITS = 8;
const NAME =
  /^(\d+)-(\d+)\.(minutes|hours)\.(\d)\.(-?\d+)\.(-?\d+)\.(\d+)\.([0-9a-f]{8})\.([0-9a-f]{8})\.parquet$/;

export function rollupsFolder(directory: string): string {
  return join(directory, FOLDER);
}

export function rollupFolder(directory: string, stream: string): string {
  return join(rollupsFolder(directory), stream);
}

export function rollupPath(directory: string, stream: string, rollup: Rollup): string {
  return join(rollupFolder(directory, stream), rollupName(rollup));
}

/** The files of one unit. */
export interface RollupFiles {
  readonly paths: readonly string[];
  readonly unitUs: number;
}

/** Those of each unit, also of one that has none. */
export function rollupFiles(
  directory: string,
  stream: string,
  rollups: readonly Rollup[],
): RollupFiles[] {
  return (['minutes', 'hours'] as const).map((unit) => ({
    unitUs: unitUs[unit],
    paths: rollups
      .filter((each) => each.unit === unit)
      .map((each) => rollupPath(directory, stream, each)),
  }));
}

export function rollupName(rollup: Omit<Rollup, 'bytes'>): string {
  const { first, next, unit, tier, from, to, rows, key, crc32: checksum } = rollup;
  const facts = [`${first}-${next}`, unit, tier, from, to, rows, hex(key), hex(checksum)];
  return `${facts.join('.')}.parquet`;
}

/** Null for a file that is none of ours. */
export function parseRollupName(name: string, bytes: number): Rollup | null {
  const found = NAME.exec(name);
  if (found === null) return null;
  const [, first, next, unit, tier, from, to, rows, key, checksum] = found;
  return {
    first: Number(first),
    next: Number(next),
    unit: unit as RollupUnit,
    tier: Number(tier),
    from: Number(from),
    to: Number(to),
    rows: Number(rows),
    key: Number.parseInt(key as string, 16),
    crc32: Number.parseInt(checksum as string, 16),
    bytes,
  };
}

/** Tells these segments from any others, so that a rollup of others is known for one. */
export function segmentsKey(segments: readonly Segment[]): number {
  return crc32(segments.map((each) => `${each.first} ${each.next} ${each.crc32}\n`).join(''));
}

function hex(value: number): string {
  return value.toString(16).padStart(HEX_DIGITS, '0');
}
