// A group's dead letters: which there are, and how many; the rows are in the database. Bounded by
// count: the oldest go, which is a loss.

import { readInt64, wordsOf } from '../../core/int64.ts';
import type { ReadingColumns } from '../../core/reading.ts';
import type { GroupRecord } from './group-record.ts';

/** The share of all that goes at once, so that a full store is not trimmed with every letter. */
const TRIM_SHARE = 0.1;

export interface DeadReading {
  readonly columns: ReadingColumns;
  readonly row: number;
  readonly offset: number;
  readonly failures: number;
  readonly reason: string;
  readonly diedAtUs: number;
}

export class GroupLetters {
  readonly #countMax: number;
  readonly #trimmed: (count: number) => void;
  /** The oldest first. */
  readonly #offsets: Set<number>;

  /** `trimmed` is told how many went for want of room. */
  constructor(offsets: readonly number[], countMax: number, trimmed: (count: number) => void) {
    this.#offsets = new Set(offsets);
    this.#countMax = countMax;
    this.#trimmed = trimmed;
  }

  get count(): number {
    return this.#offsets.size;
  }

  has(offset: number): boolean {
    return this.#offsets.has(offset);
  }

  add({ columns, row, offset, ...why }: DeadReading, record: GroupRecord): void {
    this.#offsets.delete(offset);
    this.#trim(record);
    this.#offsets.add(offset);
    record.addLetter({
      offset,
      series: columns.series[row] as number,
      measuredAtUs: readInt64(wordsOf(columns.measuredAtUs), row),
      receivedAtUs: readInt64(wordsOf(columns.receivedAtUs), row),
      value: columns.text?.[row] ?? (columns.number[row] as number),
      quality: columns.quality[row] as number,
      ...why,
    });
  }

  remove(offsets: Iterable<number>, record: GroupRecord): void {
    const known = [...offsets].filter((offset) => this.#offsets.delete(offset));
    record.removeLetters(known);
  }

  #trim(record: GroupRecord): void {
    if (this.#offsets.size < this.#countMax) return;
    const count = Math.max(1, Math.floor(this.#countMax * TRIM_SHARE));
    const oldest = [...this.#offsets].slice(0, count);
    this.remove(oldest, record);
    this.#trimmed(oldest.length);
  }
}
