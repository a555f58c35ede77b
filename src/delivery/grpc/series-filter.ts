// A subscriber's globs as a yes or no for each series number, worked out once a series.

import type { ReadingFilter } from '../../core/contracts.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { SeriesKey } from '../../core/reading.ts';

const FILTERS_MAX = 256;

/** The filters in use, so that many subscribers with the same globs share one answer table. */
export class SeriesFilters {
  readonly #keys: readonly SeriesKey[];
  readonly #known = new Map<string, (series: number) => boolean>();

  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  /** Null when the filter lets everything through. */
  get(filter: ReadingFilter | null): ((series: number) => boolean) | null {
    if (filter === null || (filter.devices.length === 0 && filter.metrics.length === 0))
      return null;
    const name = JSON.stringify([filter.devices, filter.metrics]);
    const known = this.#known.get(name);
    if (known !== undefined) {
      // Last used last, so that the first one is the one to go.
      this.#known.delete(name);
      this.#known.set(name, known);
      return known;
    }
    const made = this.#make(filter);
    this.#known.set(name, made);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > FILTERS_MAX && oldest !== undefined) this.#known.delete(oldest);
    return made;
  }

  #make(filter: ReadingFilter): (series: number) => boolean {
    const answers: boolean[] = [];
    return (series) => {
      const known = answers[series];
      if (known !== undefined) return known;
      const key = this.#keys[series];
      const answer =
        key !== undefined &&
        anyMatches(filter.devices, key.device) &&
        anyMatches(filter.metrics, key.metric);
      answers[series] = answer;
      return answer;
    };
  }
}

function anyMatches(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((glob) => matchesGlob(glob, name));
}
