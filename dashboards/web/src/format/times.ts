// Times and durations as people read them, by the browser's own time zone.

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** The largest unit alone: `340 ms`, `12 s`, `4 min`, `3 h`, `5 d`. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < SECOND_MS) return `${Math.round(size)} ms`;
  if (size < MINUTE_MS) return `${Math.floor(size / SECOND_MS)} s`;
  if (size < HOUR_MS) return `${Math.floor(size / MINUTE_MS)} min`;
  if (size < 2 * DAY_MS) return `${Math.floor(size / HOUR_MS)} h`;
  if (size < 2 * YEAR_MS) return `${Math.floor(size / DAY_MS)} d`;
  return `${Math.floor(size / YEAR_MS)} years`;
}

/** Since then: `now` for the last seconds, then `12 s ago`. */
export function ageText(ms: number): string {
  return ms < 2 * SECOND_MS ? 'just now' : `${durationText(ms)} ago`;
}

/** The time of day; with its date if that is not today. */
export function timeText(iso: string | number, nowMs = Date.now()): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date(nowMs).toDateString();
  return (isToday ? clock : dayAndClock).format(time);
}

export function fullTimeText(iso: string | number): string {
  return dayAndClock.format(new Date(iso));
}
