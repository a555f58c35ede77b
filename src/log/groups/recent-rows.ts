// The rows that a group looked at last, so that most of what it gives out need not be read twice.
// Bounded by bytes; the oldest go first.

import { readInt64, wordsOf } from '../../core/int64.ts';
import type { ReadingColumns } from '../../core/reading.ts';
import { columnBytes } from '../column-builder.ts';

export interface RowRun {
  readonly first: number;
  /** One past the last offset. */
  readonly next: number;
  readonly columns: ReadingColumns;
}

export function runOf(columns: ReadingColumns): RowRun {
  const first = readInt64(wordsOf(columns.offset), 0);
  return { first, next: first + columns.count, columns };
}

export class RecentRows {
  readonly #bytesMax: () => number;
  #runs: RowRun[] = [];
  #start = 0;
  #bytes = 0;

  constructor(bytesMax: () => number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes rows that follow on the last ones. */
  push(run: RowRun): void {
    this.#runs.push(run);
    this.#bytes += columnBytes(run.columns);
    const bytesMax = this.#bytesMax();
    while (this.#bytes > bytesMax && this.#start < this.#runs.length - 1) {
      this.#bytes -= columnBytes((this.#runs[this.#start] as RowRun).columns);
      this.#start += 1;
    }
    if (this.#start > 64 && this.#start * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(this.#start);
      this.#start = 0;
    }
  }

  clear(): void {
    this.#runs = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  /** The run that has the offset; null if none does. */
  find(offset: number): RowRun | null {
    let low = this.#start;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const run = this.#runs[middle] as RowRun;
      if (offset < run.first) high = middle - 1;
      else if (offset >= run.next) low = middle + 1;
      else return run;
    }
    return null;
  }
}
