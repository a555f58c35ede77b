// One simulated thermometer: what it does at each of its steps. The same seed gives the same steps;
// only the times in its messages are those of the day.

import { Climate } from './climate.ts';
import type { Make, Measurement, Message } from './make.ts';
import { createRandom, oneOf, type Random, wholeBetween } from './random.ts';

export type Step =
  | { readonly kind: 'send'; readonly messages: readonly Message[] }
  /** Connected, and saying nothing. */
  | { readonly kind: 'silent' }
  /** The connection breaks without a word, or is still broken. */
  | { readonly kind: 'cut' }
  /** Connects again; `messages` begin with the one that was never acknowledged. */
  | { readonly kind: 'resume'; readonly messages: readonly Message[] };

type Doing = 'measuring' | 'silent' | 'cut';

export class Thermometer {
  readonly device: string;
  readonly make: Make;
  readonly #random: Random;
  readonly #climate: Climate;
  #number = 0;
  #doing: Doing = 'measuring';
  /** Steps until it does something else. */
  #left: number;
  #last: Message | null = null;
  /** At most one a step of a cut, so a handful. */
  #unsent: Message[] = [];

  /** `number` is its place in the fleet, from 0. */
  constructor(options: { make: Make; place: string; number: number; seed: number }) {
    const { make, place, number, seed } = options;
    this.make = make;
    this.device = make.deviceName(place, number);
    this.#random = createRandom(Math.imul(seed, 0x01000193) ^ Math.imul(number + 1, 0x85ebca6b));
    this.#climate = new Climate(this.#random);
    this.#left = this.#healthySteps();
  }

  step(nowMs: number): Step {
    const measurement = this.#measure(nowMs);
    this.#left -= 1;
    if (this.#left < 0) return this.#change(measurement);
    if (this.#doing === 'measuring') return this.#send(this.make.message(measurement));
    if (this.#doing === 'cut') this.#keep(measurement);
    return { kind: this.#doing };
  }

  #measure(atMs: number): Measurement {
    const sample = this.#climate.next();
    return { ...sample, device: this.device, atMs, number: this.#number++ };
  }

  /** From health into one of its troubles, or back. */
  #change(measurement: Measurement): Step {
    if (this.#doing !== 'measuring') {
      const wasCut = this.#doing === 'cut';
      this.#doing = 'measuring';
      this.#left = this.#healthySteps();
      const message = this.make.message(measurement);
      return wasCut ? this.#resume(message) : this.#send(message);
    }
    const { troubles, keepsUnsent } = this.make;
    const choices = [...troubles, 'silent' as const, ...(keepsUnsent ? ['cut' as const] : [])];
    const trouble = oneOf(this.#random, choices);
    if (typeof trouble === 'function') {
      this.#left = this.#healthySteps();
      return this.#send(trouble(measurement));
    }
    this.#doing = trouble;
    this.#left = wholeBetween(this.#random, 4, 10);
    if (trouble === 'cut') this.#keep(measurement);
    return { kind: trouble };
  }

  #send(message: Message): Step {
    this.#last = message;
    return { kind: 'send', messages: [message] };
  }

  #keep(measurement: Measurement): void {
    if (this.make.keepsUnsent) this.#unsent.push(this.make.message(measurement));
  }

  #resume(message: Message): Step {
    // Its acknowledgement got lost with the connection, so the device must send it again.
    const again = this.#last === null ? [] : [{ ...this.#last, isResend: true }];
    const messages = [...again, ...this.#unsent, message];
    this.#unsent = [];
    this.#last = message;
    return { kind: 'resume', messages };
  }

  #healthySteps(): number {
    return wholeBetween(this.#random, 8, 24);
  }
}

const places = [
  'boiler',
  'living room',
  'attic',
  'terrace',
  'greenhouse',
  'cellar',
  'barn',
  'kitchen',
  'garage',
  'nursery',
  'orchard',
  'workshop',
];

/** The makes take turns; places are numbered once they repeat. */
export function createThermometers(
  makes: readonly Make[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Thermometer[] {
  return Array.from({ length: count }, (_, number) => {
    const round = Math.floor(number / places.length);
    const place = places[number % places.length] as string;
    return new Thermometer({
      make: makes[number % makes.length] as Make,
      place: round === 0 ? place : `${place} ${round + 1}`,
      number,
      seed,
    });
  });
}
