// A date and time in a form of a device's own: `YYMMDDhhmmss`, `DD.MM.YYYY hh:mm`. Fixed places only, so
// reading it costs its length; a zone must be in it or in the profile.

import { parseZone, timeUnusable, timeWithoutZone, utcUs } from './device-time.ts';
import { NotationError } from './segment-pattern.ts';

export interface TimePattern {
  /** Microseconds since the epoch, or a code of device-time. */
  parse(text: string, zoneMinutes: number | null): number;
}

type Unit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction';

const widths: Readonly<Record<string, readonly [Unit, number]>> = {
  YYYY: ['year', 4],
  YY: ['year', 2],
  MM: ['month', 2],
  DD: ['day', 2],
  hh: ['hour', 2],
  mm: ['minute', 2],
  ss: ['second', 2],
};

const token = /YYYY|YY|MM|DD|hh|mm|ss|f|z|./gs;
const lengthMax = 48;
const isDigit = (character: string | undefined) =>
  character !== undefined && character >= '0' && character <= '9';

/** Throws NotationError. `zones` gives the offsets of what `z` may stand for, as { W: +01:00 }. */
export function parseTimePattern(
  source: string,
  zones: ReadonlyMap<string, number> | null,
): TimePattern {
  const tokens: readonly string[] = source.match(token) ?? [];
  for (const needed of ['MM', 'DD', 'hh', 'mm']) {
    if (!tokens.includes(needed)) {
      throw new NotationError(`"${source}" is no time: ${needed} is missing from its pattern`);
    }
  }
  if (!tokens.includes('YYYY') && !tokens.includes('YY')) {
    throw new NotationError(`"${source}" is no time: YYYY or YY is missing from its pattern`);
  }
  return { parse: (text, zoneMinutes) => parse(tokens, zones, text, zoneMinutes) };
}

function parse(
  tokens: readonly string[],
  zones: ReadonlyMap<string, number> | null,
  whole: string,
  zoneMinutes: number | null,
): number {
  if (whole.length > lengthMax) return timeUnusable;
  const text = whole.trim();
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, fraction: 0 };
  let offset = zoneMinutes;
  let at = 0;
  for (const one of tokens) {
    const part = widths[one];
    let end = at;
    if (part !== undefined) {
      const [unit, width] = part;
      while (end < at + width && isDigit(text[end])) end += 1;
      if (end !== at + width) return timeUnusable;
      parts[unit] = Number(text.slice(at, end)) + (one === 'YY' ? 2000 : 0);
    } else if (one === 'f') {
      while (isDigit(text[end])) end += 1;
      parts.fraction = Number(text.slice(at, end).slice(0, 6).padEnd(6, '0'));
    } else if (one === 'z') {
      const found = text.slice(at);
      const named = zones === null ? parseZone(found) : zones.get(found);
      if (named === undefined) return timeUnusable;
      offset = named;
      end = text.length;
    } else {
      if (text[at] !== one) return timeUnusable;
      end = at + 1;
    }
    at = end;
  }
  if (at !== text.length) return timeUnusable;
  if (offset === null) return timeWithoutZone;
  return utcUs(parts, offset);
}
