// One message on its way to readings: where it stands in the payload, what came of it so far. A decoder
// has one and resets it for each message; only the arrays it gives out are new.

import type { DeadLetterReason, Decoded, DropReason } from '../core/contracts.ts';
import type { RawMessage } from '../core/raw-message.ts';
import type { DecodedReading } from '../core/reading.ts';
import { Quality } from '../core/reading.ts';
import type { BuiltinSet } from './builtin-set.ts';
import { DecoderMemory } from './decoder-memory.ts';
import { timeUnusable } from './device-time.ts';
import type { Scope } from './template.ts';
import type { ToldUnits } from './told-units.ts';

export interface EmissionLimits {
  readonly readingsMax: number;
  readonly maxClockSkewUs: number;
}

const none: readonly never[] = Object.freeze([]);

/** Values looked at for each reading allowed; hostile payloads end here, real ones never come near. */
const visitsPerReading = 2;

export class Emission implements Scope {
  readonly slots: string[] = [];
  root: unknown = null;
  readonly containers: unknown[] = [];
  depth = 0;

  /** The device where a reading names no other, already judged; empty when it must be rendered. */
  device = '';
  measuredAtUs = 0;
  quality: Quality = Quality.good;
  /** No more of this message is looked at. */
  isOver = false;

  topic = '';
  receivedAtUs = 0;
  isPast = false;
  /** Empty for none. */
  rebirthTopic = '';
  readonly builtins: BuiltinSet;
  readonly units: ToldUnits;

  readonly #limits: EmissionLimits;
  #deliveryQuality: Quality = Quality.good;
  #readingsMax = 0;
  #visits = 0;
  #readings: DecodedReading[] = [];
  #dropped: DropReason[] | null = null;
  #deadLetter: Decoded['deadLetter'] = null;

  constructor(limits: EmissionLimits, memory: DecoderMemory = new DecoderMemory()) {
    this.#limits = limits;
    this.builtins = memory.builtins;
    this.units = memory.units;
  }

  begin(message: RawMessage): void {
    this.topic = message.topic;
    this.receivedAtUs = message.receivedAtUs;
    this.isPast = message.isPast === true;
    this.rebirthTopic = '';
    this.#readingsMax = this.#limits.readingsMax;
    this.#deliveryQuality = message.isRedelivered
      ? Quality.redelivered
      : message.isRetained
        ? Quality.retained
        : Quality.good;
    this.#visits = 0;
    this.#readings = [];
    this.#dropped = null;
    this.#deadLetter = null;
    this.isOver = false;
    this.useArrivalTime();
  }

  /** For this message alone. */
  allow(readingsMax: number): void {
    this.#readingsMax = Math.max(this.#readingsMax, readingsMax);
  }

  capture(texts: readonly string[]): void {
    for (let slot = 0; slot < texts.length; slot += 1) this.slots[slot] = texts[slot]!;
  }

  useArrivalTime(): void {
    this.measuredAtUs = this.receivedAtUs;
    this.quality = this.#deliveryQuality;
  }

  /** Takes the device's time or one of device-time's codes for there being none. */
  useDeviceTime(us: number, isHistorical = false): void {
    let isSuspect = us === timeUnusable;
    if (us < 0) {
      this.measuredAtUs = this.receivedAtUs;
    } else {
      this.measuredAtUs = us;
      const aheadUs = us - this.receivedAtUs;
      const skewUs = isHistorical ? aheadUs : Math.abs(aheadUs);
      isSuspect = skewUs > this.#limits.maxClockSkewUs;
    }
    this.quality =
      isSuspect && this.#deliveryQuality === Quality.good
        ? Quality.clockSuspect
        : this.#deliveryQuality;
  }

  /** Counts one value looked at; false when there were too many. */
  visit(): boolean {
    this.#visits += 1;
    const visitsMax = this.#readingsMax * visitsPerReading;
    if (this.#visits <= visitsMax) return true;
    this.reject('too_many_readings', `more than ${visitsMax} values in one message`);
    this.isOver = true;
    return false;
  }

  add(reading: DecodedReading): void {
    if (this.#readings.length >= this.#readingsMax) {
      this.reject('too_many_readings', `more than ${this.#readingsMax} readings`);
      this.isOver = true;
      return;
    }
    this.#readings.push(reading);
  }

  drop(reason: DropReason): void {
    if (this.#dropped === null) this.#dropped = [reason];
    else this.#dropped.push(reason);
  }

  /** The first fault is the dead letter's reason; good siblings are kept all the same. */
  reject(reason: DeadLetterReason, detail: string): void {
    this.#deadLetter ??= { reason, detail };
  }

  /** There were fields, and not one of them was a measurement or even stood for one. */
  get hasOnlyForeign(): boolean {
    if (this.#readings.length > 0 || this.#deadLetter !== null) return false;
    return this.#dropped === null || this.#dropped.every((reason) => reason === 'ignored_field');
  }

  end(profile: string): Decoded {
    const hasNothing =
      this.#readings.length === 0 && this.#deadLetter === null && this.#dropped === null;
    if (hasNothing) this.drop('no_measurement');
    this.root = null;
    this.containers.length = 0;
    const decoded = {
      profile,
      readings: this.#readings,
      dropped: this.#dropped ?? none,
      deadLetter: this.#deadLetter,
    };
    return this.rebirthTopic === '' ? decoded : { ...decoded, rebirthTopic: this.rebirthTopic };
  }
}
