// A moment as programs and people read it; moments are microseconds since the Unix epoch.

const usPerMs = 1000n;

/**
 * UTC with all six digits: `2025-01-31T12:00:00.123456Z`. What is no date of the calendar is shown as
 * the number that it is.
 */
export function isoTime(us: bigint | number): string {
  const whole = BigInt(us);
  const micros = ((whole % usPerMs) + usPerMs) % usPerMs;
  const date = dateOf(whole);
  if (date === null) return String(us);
  return date.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

/** The millisecond that it is in; null for what is no date of the calendar. */
export function dateOf(us: bigint): Date | null {
  const ms = us / usPerMs - (us % usPerMs < 0n ? 1n : 0n);
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Of `2025-01-31` and its like: Date.parse takes 31 February for 3 March. */
export function isCalendarDay(day: string): boolean {
  return new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true;
}
