// Moments and lengths of time in query parameters: as people write them by hand, and as programs have
// them.

import { z } from 'zod';
import { isCalendarDay } from '../../../core/iso-time.ts';
import { msPerUnit } from '../../../core/time-units.ts';

const US_PER_MS = 1000;

/** Microseconds of them are exact in a double. */
const LEAST_MS = Date.UTC(1900, 0, 1);
const MOST_MS = Date.UTC(2200, 0, 1);

const AGE = /^-(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/;
const LENGTH = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/;
const EPOCH_MS = /^\d{1,15}$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d))?$/;

/** As it was asked: a moment, or how long ago from when the request came. */
export type Moment =
  | { readonly kind: 'at'; readonly us: number }
  | { readonly kind: 'ago'; readonly us: number }
  | { readonly kind: 'earliest' };

const forms = 'a time as 2025-01-31T12:00:00Z, epoch milliseconds, an age as -1h, or now';

/** `earliest` is one where the resource says so. */
export function moment(why: string, { hasEarliest = false } = {}) {
  const error = hasEarliest ? `${forms}, or earliest` : forms;
  return z
    .string({ error })
    .transform((text, context): Moment => {
      const found = hasEarliest && text === 'earliest' ? EARLIEST : readMoment(text);
      if (found !== null) return found;
      context.addIssue({ code: 'custom', message: error });
      return z.NEVER;
    })
    .describe(why);
}

/** Microseconds. */
export function lengthOfTime(why: string) {
  const error = 'a length of time as 500ms, 10s, 5m, 1h or 1d, or milliseconds';
  return z
    .string({ error })
    .transform((text, context): number => {
      const us = readLengthUs(text);
      if (us !== null) return us;
      context.addIssue({ code: 'custom', message: error });
      return z.NEVER;
    })
    .describe(why);
}

/** Microseconds since the epoch; null for the earliest there is. */
export function momentUs(asked: Moment, nowUs: number): number | null {
  if (asked.kind === 'earliest') return null;
  return asked.kind === 'at' ? asked.us : nowUs - asked.us;
}

const EARLIEST: Moment = { kind: 'earliest' };

function readMoment(text: string): Moment | null {
  if (text === 'now') return { kind: 'ago', us: 0 };
  const age = AGE.exec(text);
  if (age !== null) return ago(Number(age[1]) * (msPerUnit[age[2] as string] as number));
  if (EPOCH_MS.test(text)) return at(Number(text), 0);
  // A plus that was not encoded arrives as a blank.
  const found = ISO.exec(text.replace(/ (?=\d\d:\d\d$)/, '+'));
  if (found === null) return null;
  const [, day, clock = '00:00', fraction = '', zone = 'Z'] = found;
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6));
  const date = Date.parse(`${day}T${clock}${zone}`);
  return isCalendarDay(day as string) ? at(date, micros) : null;
}

function ago(ms: number): Moment | null {
  return ms <= MOST_MS ? { kind: 'ago', us: Math.round(ms * US_PER_MS) } : null;
}

function at(ms: number, micros: number): Moment | null {
  if (!(ms >= LEAST_MS && ms < MOST_MS)) return null;
  return { kind: 'at', us: ms * US_PER_MS + micros };
}

function readLengthUs(text: string): number | null {
  const found = LENGTH.exec(text);
  const ms = found === null ? wholeMs(text) : Number(found[1]) * (msPerUnit[found[2] ?? ''] ?? 0);
  const us = Math.round(ms * US_PER_MS);
  return us >= US_PER_MS && ms <= MOST_MS ? us : null;
}

function wholeMs(text: string): number {
  return EPOCH_MS.test(text) ? Number(text) : Number.NaN;
}
