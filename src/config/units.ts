// Reads durations and sizes as people write them in a config file: `200ms`, `24h`, `64KiB`.

import { msPerUnit } from '../core/time-units.ts';

// As IEC 80000-13 has it: KiB counts in 1024, kB in 1000. `KB` is read as `kB`.
const bytesPerUnit: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

export const durationPattern = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/;
export const sizePattern = /^(\d+(?:\.\d+)?) ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

function inSmallestUnit(
  value: number | string,
  pattern: RegExp,
  factors: Readonly<Record<string, number>>,
): number | null {
  if (typeof value === 'number') return value;
  const match = pattern.exec(value);
  const factor = factors[match?.[2] ?? ''];
  if (match === null || factor === undefined) return null;
  return Math.round(Number(match[1]) * factor);
}

/** Milliseconds, to the nearest whole one; a number is milliseconds already. Null if unreadable. */
export function parseDurationMs(value: number | string): number | null {
  return inSmallestUnit(value, durationPattern, msPerUnit);
}

/** Bytes, to the nearest whole one; a number is bytes already. Null if unreadable. */
export function parseSizeBytes(value: number | string): number | null {
  return inSmallestUnit(value, sizePattern, bytesPerUnit);
}
