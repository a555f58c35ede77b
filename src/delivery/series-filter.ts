// A subscriber's globs as a yes or no for each series number, worked out once a series.

import type { ReadingFilter } from '../core/contracts.ts';
import { matchesGlob } from '../core/glob.ts';
import type { SeriesKey } from '../core/reading.ts';

const FILTERS_MAX = 64;
const BYTES_MAX = 16 * 1024 * 1024;
const INITIAL_SERIES = 1024;
const UNKNOWN = 0;
const YES = 1;
const NO = 2;

export interface FilterLimits {
  readonly filtersMax: number;
  /** The one in use may go beyond it. */
  readonly bytesMax: number;
}

interface Table {
  readonly name: string;
  /** Whether each series is wanted: a byte each, by its number. */
  answers: Uint8Array;
  readonly wants: (series: number) => boolean;
}

/** The filters in use, so that many subscribers with the same globs share one answer table. */
export class SeriesFilters {
  readonly #keys: readonly SeriesKey[];
  readonly #limits: FilterLimits;
  /** The one used longest ago first. */
  readonly #tables = new Map<string, Table>();
  #bytes = 0;

  constructor(
    keys: readonly SeriesKey[],
    limits: FilterLimits = { filtersMax: FILTERS_MAX, bytesMax: BYTES_MAX },
  ) {
    this.#keys = keys;
    this.#limits = limits;
  }

  get count(): number {
    return this.#tables.size;
  }

  /** Of answers and globs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For one fetch: do not keep it. Null when the filter lets everything through. */
  get(filter: ReadingFilter | null): ((series: number) => boolean) | null {
    if (filter === null || (filter.devices.length === 0 && filter.metrics.length === 0))
      return null;
    const name = JSON.stringify([filter.devices, filter.metrics]);
    const known = this.#tables.get(name);
    if (known !== undefined) {
      this.#tables.delete(name);
      this.#tables.set(name, known);
      return known.wants;
    }
    const table = this.#make(name, filter);
    this.#tables.set(name, table);
    this.#bytes += bytesOf(table);
    this.#makeRoom();
    return table.wants;
  }

  #make(name: string, filter: ReadingFilter): Table {
    const table: Table = {
      name,
      answers: new Uint8Array(INITIAL_SERIES),
      wants: (series) => {
        if (series >= table.answers.length) this.#grow(table, series);
        const known = table.answers[series];
        if (known !== UNKNOWN) return known === YES;
        const key = this.#keys[series];
        const answer =
          key !== undefined &&
          anyMatches(filter.devices, key.device) &&
          anyMatches(filter.metrics, key.metric);
        table.answers[series] = answer ? YES : NO;
        return answer;
      },
    };
    return table;
  }

  #grow(table: Table, series: number): void {
    const answers = new Uint8Array(Math.max(series + 1, 2 * table.answers.length));
    answers.set(table.answers);
    const isKept = this.#tables.get(table.name) === table;
    if (isKept) this.#bytes += answers.length - table.answers.length;
    table.answers = answers;
    if (isKept) this.#makeRoom();
  }

  /** Lets go of the tables used longest ago; never of the last one. */
  #makeRoom(): void {
    const { filtersMax, bytesMax } = this.#limits;
    for (const [name, table] of this.#tables) {
      if (this.#tables.size <= filtersMax && this.#bytes <= bytesMax) return;
      if (this.#tables.size === 1) return;
      this.#tables.delete(name);
      this.#bytes -= bytesOf(table);
    }
  }
}

function bytesOf({ name, answers }: Table): number {
  return answers.length + 2 * name.length;
}

function anyMatches(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((glob) => matchesGlob(glob, name));
}
