// A moment as programs and people read it; moments are microseconds since the Unix epoch.

const US_PER_MS = 1000;
const usPerMs = BigInt(US_PER_MS);

/**
 * UTC with all six digits: `2025-01-31T12:00:00.123456Z`. What is no date of the calendar is shown as
 * the number that it is.
 */
export function isoTime(us: bigint | number): string {
  const number = Number(us);
  // As all times of some centuries are: lists have thousands of them, and big integers are slow.
  if (Number.isSafeInteger(number)) {
    const ms = Math.floor(number / US_PER_MS);
    return textOf(new Date(ms), number - ms * US_PER_MS);
  }
  const whole = BigInt(us);
  const micros = ((whole % usPerMs) + usPerMs) % usPerMs;
  const date = dateOf(whole);
  if (date === null) return String(us);
  return textOf(date, Number(micros));
}

function textOf(date: Date, micros: number): string {
  return `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
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
