// How fast a total grows: an exponentially weighted mean, so that a burst passes and a change shows.

import type { Clock } from '../core/clock.ts';

const MICROSECONDS_PER_SECOND = 1_000_000;

export interface WeightedRateOptions {
  /** A clock that never jumps. */
  readonly clock: Clock;
  /** What happened so long ago weighs 1/e of what happens now. */
  readonly meanUs: number;
}

export class WeightedRate {
  readonly #options: WeightedRateOptions;
  #last: { readonly total: number; readonly atUs: number } | null = null;
  /** Of the growth per second, and of the weights: their quotient is no lower at the beginning. */
  #weightedSum = 0;
  #weight = 0;

  constructor(options: WeightedRateOptions) {
    this.#options = options;
  }

  /** Takes note of the total at this moment. One that has become smaller begins anew. */
  observe(total: number): void {
    const { clock, meanUs } = this.#options;
    const atUs = clock();
    const last = this.#last;
    if (last !== null && atUs <= last.atUs) return;
    this.#last = { total, atUs };
    if (last === null || total < last.total) return;
    const elapsedUs = atUs - last.atUs;
    const kept = Math.exp(-elapsedUs / meanUs);
    const perSecond = ((total - last.total) * MICROSECONDS_PER_SECOND) / elapsedUs;
    this.#weightedSum = this.#weightedSum * kept + perSecond * (1 - kept);
    this.#weight = this.#weight * kept + (1 - kept);
  }

  /** Null until two totals were observed. */
  get perSecond(): number | null {
    return this.#weight === 0 ? null : this.#weightedSum / this.#weight;
  }
}
