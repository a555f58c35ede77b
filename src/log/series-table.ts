// Series numbers: one for each device, channel, metric, unit and source, given once for ever.
// In memory the whole table; on disk a new series is written by the commit that first uses it.

import type { DecodedReading, SeriesKey } from '../core/reading.ts';

/** U+0000 cannot be in a name (the decoder refuses it), so the joined key is unambiguous. */
const SEPARATOR = '\u0000';

export class SeriesTable {
  readonly #ids = new Map<string, number>();
  readonly #keys: SeriesKey[] = [];
  /** Numbers of devices, in the order in which they were first seen. */
  readonly #deviceIds = new Map<string, number>();
  readonly #deviceNames: string[] = [];
  /** By series: its device, and the device's next series (-1 for none). */
  readonly #deviceOf: number[] = [];
  readonly #nextOfDevice: number[] = [];
  /** By device: its first and last series. */
  readonly #firstOfDevice: number[] = [];
  readonly #lastOfDevice: number[] = [];
  readonly #countMax: number;
  #writtenCount = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#keys.length;
  }

  get deviceCount(): number {
    return this.#deviceNames.length;
  }

  /** All series in the order of their numbers. Owned by the table: read it, do not keep it. */
  get keys(): readonly SeriesKey[] {
    return this.#keys;
  }

  keyOf(series: number): SeriesKey {
    return this.#keys[series] as SeriesKey;
  }

  /** The number of the series' device. */
  deviceOf(series: number): number {
    return this.#deviceOf[series] as number;
  }

  /** Null when there is none of that name. */
  deviceNumber(name: string): number | null {
    return this.#deviceIds.get(name) ?? null;
  }

  deviceName(device: number): string {
    return this.#deviceNames[device] as string;
  }

  /** The numbers of the device's series, in order. */
  *seriesOf(device: number): Generator<number, void> {
    let series = this.#firstOfDevice[device] ?? -1;
    while (series >= 0) {
      yield series;
      series = this.#nextOfDevice[series] ?? -1;
    }
  }

  /** Takes a series as it was stored; numbers must come in order from 0. */
  restore(id: number, key: SeriesKey): void {
    if (id !== this.#keys.length)
      throw new RangeError(`series ${id} follows ${this.#keys.length - 1}`);
    this.#ids.set(joined(key.device, key.channel, key.metric, key.unit, key.source), id);
    this.#add(key);
    this.#writtenCount = this.#keys.length;
  }

  /** The series' number, a new one if need be; -1 when the table is full. */
  idOf(reading: DecodedReading, source: string): number {
    const { device, channel, metric, unit } = reading;
    const joinedKey = joined(device, channel, metric, unit, source);
    const known = this.#ids.get(joinedKey);
    if (known !== undefined) return known;
    if (this.#keys.length >= this.#countMax) return -1;
    const id = this.#keys.length;
    this.#ids.set(joinedKey, id);
    this.#add({ device, channel, metric, unit, source });
    return id;
  }

  /** Whether all readings would get a number. */
  hasRoomFor(readings: readonly DecodedReading[], source: string): boolean {
    const room = this.#countMax - this.#keys.length;
    if (readings.length <= room) return true;
    const added = new Set<string>();
    for (const { device, channel, metric, unit } of readings) {
      const joinedKey = joined(device, channel, metric, unit, source);
      if (!this.#ids.has(joinedKey)) added.add(joinedKey);
    }
    return added.size <= room;
  }

  #add(key: SeriesKey): void {
    const id = this.#keys.length;
    this.#keys.push(key);
    this.#nextOfDevice.push(-1);
    const known = this.#deviceIds.get(key.device);
    const device = known ?? this.#deviceNames.length;
    this.#deviceOf.push(device);
    if (known === undefined) {
      this.#deviceIds.set(key.device, device);
      this.#deviceNames.push(key.device);
      this.#firstOfDevice.push(id);
      this.#lastOfDevice.push(id);
    } else {
      this.#nextOfDevice[this.#lastOfDevice[device] as number] = id;
      this.#lastOfDevice[device] = id;
    }
  }

  /** Series that no commit has written yet: numbers [first, first + keys.length). */
  unwritten(): { first: number; keys: readonly SeriesKey[] } {
    return { first: this.#writtenCount, keys: this.#keys.slice(this.#writtenCount) };
  }

  /** Says that all series below `count` are durable. */
  markWritten(count: number): void {
    this.#writtenCount = Math.max(this.#writtenCount, count);
  }
}

function joined(
  device: string,
  channel: string,
  metric: string,
  unit: string,
  source: string,
): string {
  return device + SEPARATOR + channel + SEPARATOR + metric + SEPARATOR + unit + SEPARATOR + source;
}
