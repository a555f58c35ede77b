// What each device does: which profile reads it, how often it speaks, and whether it is silent for
// longer than it usually is. Kept in one array by device number, a few floats for a reading.

import { readInt64, wordsOf } from '../core/int64.ts';
import type { ReadingColumns } from '../core/reading.ts';
import type { SeriesSnapshot } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';

const SECOND_US = 1_000_000;
/** What comes closer together is one turn of speaking: parts of a message, a burst after waking. */
const TURN_US = SECOND_US;
/** Turns that the means go back over: each new one weighs an eighth. */
const MEAN_OVER = 8;
/** One long silence is no new habit: it counts for no more than so many usual intervals. */
const GAP_INTERVALS_MAX = 10;
/** Three turns have two gaps between them, and fewer say nothing of a habit. */
const GAPS_MIN = 2;
const STALE_INTERVALS = 3;
const STALE_AFTER_US_MIN = 60 * SECOND_US;

/** Fields of a device, one behind the other in the array. */
const LAST_SEEN = 0;
/** When its last turn began; 0 when the next gap would not be one that was listened to. */
const TURN = 1;
/** Readings since then. */
const SINCE = 2;
/** Means over its turns: the time between two of them, the readings of one. */
const INTERVAL = 3;
const READINGS = 4;
/** Gaps that the means hold, up to MEAN_OVER. */
const GAPS = 5;
const FIELDS = 6;

export interface DeviceActivity {
  readonly lastSeenUs: number;
  /** Null until it has spoken three times. */
  readonly usualIntervalUs: number | null;
  readonly readingsPerMinute: number | null;
  readonly isStale: boolean;
}

export class DeviceState {
  readonly #series: Pick<SeriesTable, 'deviceOf' | 'deviceCount'>;
  readonly #profiles: string[] = [];
  #cells = new Float64Array(64 * FIELDS);
  #listeningSinceUs = 0;

  constructor(series: Pick<SeriesTable, 'deviceOf' | 'deviceCount'>) {
    this.#series = series;
  }

  /** The profile that reads the device of this series now. Not stored: the next message tells it. */
  setProfile(series: number, profile: string): void {
    this.#profiles[this.#series.deviceOf(series)] = profile;
  }

  /** Empty while it is not known. */
  profileOf(device: number): string {
    return this.#profiles[device] ?? '';
  }

  /** From what was stored: the mean over all that was seen, as a first guess at the habit. */
  restore(snapshots: readonly SeriesSnapshot[]): void {
    const perUs = new Map<number, number>();
    for (const { series, firstSeenUs, lastSeenUs, readings } of snapshots) {
      const device = this.#series.deviceOf(series);
      const at = this.#reserve(device);
      const cells = this.#cells;
      if (lastSeenUs > (cells[at + LAST_SEEN] as number)) {
        cells[at + LAST_SEEN] = lastSeenUs;
        cells[at + TURN] = lastSeenUs;
      }
      const spanUs = lastSeenUs - firstSeenUs;
      if (readings <= GAPS_MIN || spanUs <= 0) continue;
      // The series that speaks most often makes the device's habit.
      const intervalUs = Math.max(TURN_US, spanUs / (readings - 1));
      const known = cells[at + INTERVAL] as number;
      if (known === 0 || intervalUs < known) cells[at + INTERVAL] = intervalUs;
      cells[at + GAPS] = GAPS_MIN;
      perUs.set(device, (perUs.get(device) ?? 0) + (readings - 1) / spanUs);
    }
    for (const [device, rate] of perUs) {
      const at = device * FIELDS;
      this.#cells[at + READINGS] = rate * (this.#cells[at + INTERVAL] as number);
    }
  }

  /** Says that it listens from now on: silence before it was the gateway's, not the devices'. */
  listen(nowUs: number): void {
    this.#listeningSinceUs = nowUs;
    for (let at = 0; at < this.#cells.length; at += FIELDS) {
      this.#cells[at + TURN] = 0;
      this.#cells[at + SINCE] = 0;
    }
  }

  /** Takes note of committed rows. */
  note(columns: ReadingColumns): void {
    const received = wordsOf(columns.receivedAtUs);
    for (let row = 0; row < columns.count; row++) {
      const at = this.#reserve(this.#series.deviceOf(columns.series[row] as number));
      const cells = this.#cells;
      const nowUs = readInt64(received, row);
      if (nowUs > (cells[at + LAST_SEEN] as number)) cells[at + LAST_SEEN] = nowUs;
      const turnUs = cells[at + TURN] as number;
      if (turnUs === 0) {
        cells[at + TURN] = nowUs;
        continue;
      }
      const gapUs = nowUs - turnUs;
      // Dead letters that are decoded again keep the times at which they came.
      if (gapUs < 0) continue;
      cells[at + SINCE] = (cells[at + SINCE] as number) + 1;
      if (gapUs >= TURN_US) this.#learn(at, nowUs, gapUs);
    }
  }

  #learn(at: number, nowUs: number, gapUs: number): void {
    const cells = this.#cells;
    const interval = cells[at + INTERVAL] as number;
    const readings = cells[at + READINGS] as number;
    const gaps = cells[at + GAPS] as number;
    const count = Math.min(gaps + 1, MEAN_OVER);
    const counted = gaps < MEAN_OVER ? gapUs : Math.min(gapUs, interval * GAP_INTERVALS_MAX);
    cells[at + INTERVAL] = interval + (counted - interval) / count;
    cells[at + READINGS] = readings + ((cells[at + SINCE] as number) - readings) / count;
    cells[at + GAPS] = count;
    cells[at + TURN] = nowUs;
    cells[at + SINCE] = 0;
  }

  activity(device: number, nowUs: number): DeviceActivity {
    const at = device * FIELDS;
    const lastSeenUs = this.#cells[at + LAST_SEEN] ?? 0;
    if ((this.#cells[at + GAPS] ?? 0) < GAPS_MIN) {
      return { lastSeenUs, usualIntervalUs: null, readingsPerMinute: null, isStale: false };
    }
    const interval = this.#cells[at + INTERVAL] as number;
    // A device that is late speaks less often already.
    const overUs = Math.max(interval, this.#silenceUs(at, nowUs));
    return {
      lastSeenUs,
      usualIntervalUs: Math.round(interval),
      readingsPerMinute: ((this.#cells[at + READINGS] as number) * 60 * SECOND_US) / overUs,
      isStale: this.#isStale(at, nowUs),
    };
  }

  staleCount(nowUs: number): number {
    let count = 0;
    const end = Math.min(this.#cells.length, this.#series.deviceCount * FIELDS);
    for (let at = 0; at < end; at += FIELDS) if (this.#isStale(at, nowUs)) count += 1;
    return count;
  }

  #isStale(at: number, nowUs: number): boolean {
    if ((this.#cells[at + GAPS] as number) < GAPS_MIN) return false;
    const limitUs = STALE_INTERVALS * (this.#cells[at + INTERVAL] as number);
    return this.#silenceUs(at, nowUs) > Math.max(STALE_AFTER_US_MIN, limitUs);
  }

  #silenceUs(at: number, nowUs: number): number {
    return nowUs - Math.max(this.#cells[at + LAST_SEEN] as number, this.#listeningSinceUs);
  }

  /** Where the device's fields begin. */
  #reserve(device: number): number {
    const at = device * FIELDS;
    if (at >= this.#cells.length) {
      const longer = new Float64Array(Math.max(at + FIELDS, this.#cells.length * 2));
      longer.set(this.#cells);
      this.#cells = longer;
    }
    return at;
  }
}
