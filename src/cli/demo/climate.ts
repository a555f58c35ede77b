// The air around one simulated thermometer: it drifts as rooms do, and never jumps.

import type { Random } from './random.ts';

export interface Sample {
  readonly celsius: number;
  readonly humidityPercent: number;
  readonly batteryPercent: number;
}

/** Steps from one warm time to the next. */
const swingSteps = 240;

export class Climate {
  readonly #random: Random;
  readonly #usualCelsius: number;
  readonly #phase: number;
  #step = 0;
  #drift = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#usualCelsius = 12 + random() * 12;
    this.#phase = random() * 2 * Math.PI;
  }

  /** The next measurement. Each call draws once. */
  next(): Sample {
    this.#step += 1;
    // Pulled back to the usual, so that a long run stays a room.
    this.#drift = this.#drift * 0.98 + (this.#random() - 0.5) * 0.3;
    const swing = 2 * Math.sin(this.#phase + (2 * Math.PI * this.#step) / swingSteps);
    const celsius = this.#usualCelsius + swing + this.#drift;
    return {
      celsius,
      humidityPercent: Math.min(95, Math.max(15, 85 - 1.8 * celsius + this.#drift)),
      batteryPercent: Math.max(5, 100 - Math.floor(this.#step / 500)),
    };
  }
}
