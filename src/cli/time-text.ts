// Moments and durations as people and programs read them. Moments are microseconds since the Unix
// epoch; anything that is no date of the calendar is shown as the number it is.

import { dateOf } from '../core/iso-time.ts';

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The time zone of this machine, to the millisecond: `2025-01-31 13:00:00.123+01:00`. */
export function localTime(us: bigint): string {
  const date = dateOf(us);
  if (date === null) return String(us);
  const year = date.getFullYear();
  const day = `${String(year).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  const east = -date.getTimezoneOffset();
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  return `${day} ${clock}.${millis}${zone}`;
}

/** As localTime, to the second. */
export function localSecond(us: bigint): string {
  return localTime(us).replace(/\.\d{3}(?=[+-])/, '');
}

const spans = [
  { seconds: 86_400, unit: 'd' },
  { seconds: 3600, unit: 'h' },
  { seconds: 60, unit: 'min' },
  { seconds: 1, unit: 's' },
] as const;

/** The two largest units: `3 h 12 min`, `45 s`, `0 s`. Negative durations count as none. */
export function durationText(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const { seconds, unit } of spans) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
