// What each series did last: the latest value, when it was first and last seen, how often. Kept in
// arrays by series number, so that a reading costs a few stores; written to `devices` now and then.

import { readInt64, wordsOf } from '../core/int64.ts';
import type { ReadingColumns } from '../core/reading.ts';

export interface SeriesSnapshot {
  readonly series: number;
  readonly firstSeenUs: number;
  readonly lastSeenUs: number;
  readonly readings: number;
  readonly value: number | string;
  readonly measuredAtUs: number;
}

export class SeriesState {
  #firstSeenUs = new Float64Array(64);
  #lastSeenUs = new Float64Array(64);
  #readings = new Float64Array(64);
  #number = new Float64Array(64);
  #measuredAtUs = new Float64Array(64);
  readonly #text = new Map<number, string>();
  readonly #dirty = new Set<number>();

  restore(snapshot: SeriesSnapshot): void {
    const id = snapshot.series;
    this.#reserve(id);
    this.#firstSeenUs[id] = snapshot.firstSeenUs;
    this.#lastSeenUs[id] = snapshot.lastSeenUs;
    this.#readings[id] = snapshot.readings;
    this.#measuredAtUs[id] = snapshot.measuredAtUs;
    this.#setValue(id, snapshot.value);
  }

  /** The newest time of arrival of any reading, microseconds; 0 if there is none. */
  get lastSeenUs(): number {
    let newest = 0;
    for (const seenUs of this.#lastSeenUs) if (seenUs > newest) newest = seenUs;
    return newest;
  }

  /** Takes note of committed rows. */
  note(columns: ReadingColumns): void {
    const received = wordsOf(columns.receivedAtUs);
    const measured = wordsOf(columns.measuredAtUs);
    for (let row = 0; row < columns.count; row++) {
      const id = columns.series[row] as number;
      this.#reserve(id);
      const receivedAtUs = readInt64(received, row);
      if (this.#readings[id] === 0) this.#firstSeenUs[id] = receivedAtUs;
      this.#readings[id] = (this.#readings[id] as number) + 1;
      this.#lastSeenUs[id] = receivedAtUs;
      this.#measuredAtUs[id] = readInt64(measured, row);
      this.#setValue(id, columns.text?.[row] ?? (columns.number[row] as number));
      this.#dirty.add(id);
    }
  }

  /** Null for a series of which nothing was noted. */
  get(id: number): SeriesSnapshot | null {
    return (this.#readings[id] ?? 0) === 0 ? null : this.#snapshot(id);
  }

  /** Snapshots of the series that changed since the last call. */
  takeDirty(): SeriesSnapshot[] {
    const snapshots = [...this.#dirty].map((id) => this.#snapshot(id));
    this.#dirty.clear();
    return snapshots;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  #snapshot(id: number): SeriesSnapshot {
    return {
      series: id,
      firstSeenUs: this.#firstSeenUs[id] as number,
      lastSeenUs: this.#lastSeenUs[id] as number,
      readings: this.#readings[id] as number,
      value: this.#text.get(id) ?? (this.#number[id] as number),
      measuredAtUs: this.#measuredAtUs[id] as number,
    };
  }

  #setValue(id: number, value: number | string): void {
    if (typeof value === 'number') {
      this.#number[id] = value;
      if (this.#text.size > 0) this.#text.delete(id);
    } else {
      this.#text.set(id, value);
    }
  }

  #reserve(id: number): void {
    if (id < this.#readings.length) return;
    const length = Math.max(id + 1, this.#readings.length * 2);
    this.#firstSeenUs = longer(this.#firstSeenUs, length);
    this.#lastSeenUs = longer(this.#lastSeenUs, length);
    this.#readings = longer(this.#readings, length);
    this.#number = longer(this.#number, length);
    this.#measuredAtUs = longer(this.#measuredAtUs, length);
  }
}

function longer(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(array);
  return copy;
}
