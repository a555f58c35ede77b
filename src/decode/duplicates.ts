// What radio bridges say twice: the same device, times and values again within a window that the profile
// sets. The first is stored, the others are counted. What is remembered is bounded by count and bytes.

import type { DecodedReading } from '../core/reading.ts';

export interface DuplicateLimits {
  readonly keysMax: number;
  readonly keyBytesMax: number;
}

const defaults: DuplicateLimits = { keysMax: 20_000, keyBytesMax: 8 * 1024 * 1024 };

/** Messages of more readings are batches of history and no repeats of a radio. */
const readingsMax = 64;

/** Remembers when it saw each message's readings first. Of two generations, the older one is let go. */
export class DuplicateFilter {
  readonly #limits: DuplicateLimits;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngBytes = 0;

  constructor(limits: DuplicateLimits = defaults) {
    this.#limits = limits;
  }

  /**
   * True when the same readings came within `windowUs` before. A later one than that counts as the first
   * again: a sensor that stands still is no duplicate.
   */
  isDuplicate(
    readings: readonly DecodedReading[],
    windowUs: number,
    receivedAtUs: number,
  ): boolean {
    if (readings.length === 0 || readings.length > readingsMax) return false;
    const key = keyOf(readings, receivedAtUs);
    const first = this.#young.get(key) ?? this.#old.get(key);
    const age = first === undefined ? -1 : receivedAtUs - first;
    if (age >= 0 && age <= windowUs) return true;
    this.#remember(key, receivedAtUs);
    return false;
  }

  #remember(key: string, receivedAtUs: number): void {
    const bytes = key.length * 2;
    const { keysMax, keyBytesMax } = this.#limits;
    const isFull = this.#young.size >= keysMax / 2 || this.#youngBytes + bytes > keyBytesMax / 2;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, receivedAtUs);
    this.#youngBytes += bytes;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

/** A time of the device is part of what it says; that of arrival is not. */
function keyOf(readings: readonly DecodedReading[], receivedAtUs: number): string {
  let key = '';
  for (const { device, channel, metric, value, measuredAtUs } of readings) {
    const time = measuredAtUs === receivedAtUs ? '' : measuredAtUs;
    key += `${device}\n${channel}\n${metric}\n${value}\n${time}\n`;
  }
  return key;
}
