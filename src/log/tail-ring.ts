// The newest committed rows of one stream, in memory: what followers at the tail are fed from, so
// that they touch DuckDB only to catch up. Bounded by bytes; the oldest commits go first.

import type { ReadingColumns } from '../core/reading.ts';
import { columnBytes, rowAt, sliceColumns } from './column-builder.ts';

interface Entry {
  readonly first: number;
  /** One past the last offset. */
  readonly next: number;
  readonly bytes: number;
  readonly columns: ReadingColumns;
}

export class TailRing {
  /** Null before `start`: their rows went, their places go in one sweep. */
  readonly #entries: (Entry | null)[] = [];
  readonly #bytesMax: number;
  #start = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the rows of one commit; they must follow the last ones. */
  push(first: number, columns: ReadingColumns): void {
    if (columns.count === 0) return;
    const bytes = columnBytes(columns);
    this.#entries.push({ first, next: first + columns.count, bytes, columns });
    this.#bytes += bytes;
    while (this.#bytes > this.#bytesMax && this.#start < this.#entries.length) {
      this.#bytes -= (this.#entries[this.#start] as Entry).bytes;
      this.#entries[this.#start++] = null;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#start);
      this.#start = 0;
    }
  }

  /**
   * Runs of rows from `offset` on, at most `rowsMax` in all, as views on the ring's memory;
   * null when the ring no longer (or not yet) holds `offset`.
   */
  read(offset: number, rowsMax: number): ReadingColumns[] | null {
    let index = this.#find(offset);
    if (index < 0) return null;
    const runs: ReadingColumns[] = [];
    let rows = 0;
    for (; index < this.#entries.length && rows < rowsMax; index++) {
      const { columns } = this.#entries[index] as Entry;
      const from = runs.length === 0 ? rowAt(columns, offset) : 0;
      const run = sliceColumns(columns, from, Math.min(columns.count, from + rowsMax - rows));
      rows += run.count;
      runs.push(run);
    }
    return runs;
  }

  #find(offset: number): number {
    let low = this.#start;
    let high = this.#entries.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle] as Entry;
      if (offset < entry.first) high = middle - 1;
      else if (offset >= entry.next) low = middle + 1;
      else return middle;
    }
    return -1;
  }
}
