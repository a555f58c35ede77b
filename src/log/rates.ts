// How fast the totals of named things grow: streams' ends, consumers' positions.

import type { Clock } from '../core/clock.ts';
import { WeightedRate } from '../observability/weighted-rate.ts';

const MEAN_US = 300_000_000;

export class Rates {
  readonly #clock: Clock;
  readonly #byName = new Map<string, { readonly revision: number; readonly rate: WeightedRate }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A total of another revision counts from itself on: between the two nothing was read. */
  observe(name: string, total: number, revision = 0): void {
    let known = this.#byName.get(name);
    if (known?.revision !== revision) {
      known = { revision, rate: new WeightedRate({ clock: this.#clock, meanUs: MEAN_US }) };
      this.#byName.set(name, known);
    }
    known.rate.observe(total);
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#byName.keys()) if (!names.has(name)) this.#byName.delete(name);
  }

  /** 0 while it is not known. */
  perSecond(name: string): number {
    return this.#byName.get(name)?.rate.perSecond ?? 0;
  }
}
