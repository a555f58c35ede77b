// Where `tail` begins: the text after --from to a start that the gateway understands.

import type { Start } from '../../client/follow.ts';
import { parseDurationMs } from '../../config/units.ts';
import { MillpondError } from '../../core/errors.ts';
import { isCalendarDay } from '../../core/iso-time.ts';

const offsetMax = 2n ** 64n - 1n;
const isoDate = /^\d{4}-\d\d-\d\d$/;
const isoTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)?$/;

/** `nowMs` is this machine's clock, which relative times count from. Throws USAGE, naming the flag. */
export function parseStart(text: string, nowMs: number, flag = '--from'): Start {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d+$/.test(text)) {
    const offset = BigInt(text);
    if (offset <= offsetMax) return { kind: 'offset', offset };
    throw new MillpondError('USAGE', `${flag} ${text} is no offset: offsets have 64 bits`);
  }
  const ms = text.startsWith('-') ? relativeMs(text.slice(1), nowMs) : absoluteMs(text);
  if (ms !== null && ms >= 0) return { kind: 'time', timeUs: BigInt(Math.floor(ms)) * 1000n };
  throw new MillpondError(
    'USAGE',
    `${flag} "${text}" is none of: earliest, latest, an offset, a time (2025-01-31T12:00:00Z), an age (-10m)`,
  );
}

function relativeMs(age: string, nowMs: number): number | null {
  const ageMs = parseDurationMs(age);
  return ageMs === null ? null : nowMs - ageMs;
}

/** A time without a zone is meant in the zone of this machine; so is a date, from its midnight on. */
function absoluteMs(text: string): number | null {
  const isDay = isoDate.test(text);
  if (!isDay && !isoTime.test(text)) return null;
  const day = text.slice(0, 10);
  if (!isCalendarDay(day)) return null;
  const ms = Date.parse(isDay ? `${day}T00:00` : `${day}T${text.slice(11).replace('z', 'Z')}`);
  return Number.isNaN(ms) ? null : ms;
}
