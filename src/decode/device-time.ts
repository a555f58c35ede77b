// A device's own idea of the time, in the shapes devices send it, made microseconds since the epoch.
// A guess is never made: without a zone there is no time, and without a clock there is none either.

export type TimeForm = 'auto' | 'iso' | 's' | 'ms' | 'us' | 'ns';

/** The text names a time of day but no zone, and the profile states none: the device gave no usable time. */
export const timeWithoutZone = -1;
/** Not a time at all, or the time of a clock that was never set (0, -1, an uptime). */
export const timeUnusable = -2;

/** 2000-01-01. A clock before it was never set; many start there or in 1970. */
const earliestUs = 946_684_800_000_000;
const latestUs = Number.MAX_SAFE_INTEGER;

const unitUs = { s: 1_000_000, ms: 1000, us: 1, ns: 0.001 } as const;

// Bounds between the units, as magnitudes: 1e11 s is the year 5138, 1e11 ms is 1973, and so on.
function magnitudeUs(value: number): number {
  if (value < 1e11) return unitUs.s;
  if (value < 1e14) return unitUs.ms;
  return value < 1e17 ? unitUs.us : unitUs.ns;
}

/** Microseconds since the epoch, or `timeUnusable`. */
export function parseEpoch(value: number, form: TimeForm): number {
  if (!(value > 0)) return timeUnusable;
  const factor = form === 'auto' || form === 'iso' ? magnitudeUs(value) : unitUs[form];
  const us = factor < 1 ? Math.floor(value / 1000) : Math.round(value * factor);
  return us >= earliestUs && us <= latestUs ? us : timeUnusable;
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;
const zone = /^(?:UTC|Z|([+-])(\d\d):?(\d\d)?)$/i;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Minutes east of UTC for `UTC`, `Z` or `+02:00`; undefined for anything else. */
export function parseZone(text: string): number | undefined {
  const match = zone.exec(text);
  if (match === null) return undefined;
  if (match[1] === undefined) return 0;
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  if (hours > 18 || minutes > 59) return undefined;
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * Microseconds since the epoch of an ISO 8601 / RFC 3339 date and time (a blank for the T is allowed,
 * digits beyond the microsecond are cut, second 60 is the next minute's first), or one of the codes.
 */
export function parseIso(text: string, zoneMinutes: number | null): number {
  const match = text.length <= 48 ? iso.exec(text.trim()) : null;
  if (match === null) return timeUnusable;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6] ?? 0);
  if (!isDateTime({ year, month, day, hour, minute, second })) return timeUnusable;
  const offset = match[8] === undefined ? zoneMinutes : parseZone(match[8]);
  if (offset === undefined) return timeUnusable;
  if (offset === null) return timeWithoutZone;
  const fraction = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return utcUs({ year, month, day, hour, minute, second, fraction }, offset);
}

interface DateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function isDateTime({ year, month, day, hour, minute, second }: DateTime): boolean {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lastDay = month === 2 && isLeapYear ? 29 : (monthDays[month - 1] ?? 0);
  return day >= 1 && day <= lastDay && hour <= 23 && minute <= 59 && second <= 60;
}

/** Of a date and time `offset` minutes east of UTC, its fraction in microseconds; or `timeUnusable`. */
export function utcUs(at: DateTime & { readonly fraction: number }, offset: number): number {
  if (!isDateTime(at)) return timeUnusable;
  const ms = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute - offset, at.second);
  const us = ms * 1000 + at.fraction;
  return us >= earliestUs && us <= latestUs ? us : timeUnusable;
}

const numeric = /^\d{1,20}(?:\.\d{1,12})?$/;

/** The time in a field of a payload: a number or a text. `zoneMinutes` is the profile's, null where it states none. */
export function parseTime(value: unknown, form: TimeForm, zoneMinutes: number | null): number {
  if (typeof value === 'number') return form === 'iso' ? timeUnusable : parseEpoch(value, form);
  if (typeof value !== 'string') return timeUnusable;
  if (form !== 'iso' && value.length <= 34 && numeric.test(value)) {
    return parseEpoch(Number(value), form);
  }
  return form === 'iso' || form === 'auto' ? parseIso(value, zoneMinutes) : timeUnusable;
}
