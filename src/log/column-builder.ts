// Collects rows into growing columns, in the layout that DuckDB's vectors and the encoder share.

import { wordsOf, writeInt64 } from '../core/int64.ts';
import type { DecodedReading, ReadingColumns } from '../core/reading.ts';

const INITIAL_ROWS = 256;

export class ColumnBuilder {
  #capacity = 0;
  #count = 0;
  #offset = new Uint32Array(0);
  #series = new Int32Array(0);
  #measured = new Uint32Array(0);
  #received = new Uint32Array(0);
  #number = new Float64Array(0);
  #quality = new Uint8Array(0);
  #text: (string | null)[] | null = null;

  get count(): number {
    return this.#count;
  }

  add(offset: number, series: number, reading: DecodedReading, receivedAtUs: number): void {
    if (this.#count === this.#capacity) this.#grow();
    const row = this.#count;
    writeInt64(this.#offset, row, offset);
    this.#series[row] = series;
    writeInt64(this.#measured, row, reading.measuredAtUs);
    writeInt64(this.#received, row, receivedAtUs);
    this.#quality[row] = reading.quality;
    const value = reading.value;
    if (typeof value === 'number') {
      this.#number[row] = value;
      if (this.#text !== null) this.#text.push(null);
    } else {
      this.#number[row] = Number.NaN;
      this.#text ??= new Array(row).fill(null);
      this.#text.push(value);
    }
    // Last, so that a row that could not be written is not there at all.
    this.#count = row + 1;
  }

  /** The rows so far, in arrays of their exact length that the caller owns; the builder is empty after. */
  take(): ReadingColumns {
    const count = this.#count;
    const columns: ReadingColumns = {
      count,
      offset: exact64(this.#offset, count),
      series: this.#series.slice(0, count),
      measuredAtUs: exact64(this.#measured, count),
      receivedAtUs: exact64(this.#received, count),
      number: this.#number.slice(0, count),
      text: this.#text,
      quality: this.#quality.slice(0, count),
    };
    this.#count = 0;
    this.#text = null;
    return columns;
  }

  #grow(): void {
    const rows = Math.max(INITIAL_ROWS, this.#capacity * 2);
    this.#offset = grown(this.#offset, new Uint32Array(rows * 2));
    this.#series = grown(this.#series, new Int32Array(rows));
    this.#measured = grown(this.#measured, new Uint32Array(rows * 2));
    this.#received = grown(this.#received, new Uint32Array(rows * 2));
    this.#number = grown(this.#number, new Float64Array(rows));
    this.#quality = grown(this.#quality, new Uint8Array(rows));
    this.#capacity = rows;
  }
}

type Column = Uint32Array | Int32Array | Float64Array | Uint8Array;

function grown<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}

function exact64(words: Uint32Array, count: number): BigInt64Array {
  return new BigInt64Array(words.slice(0, count * 2).buffer);
}

/** Bytes that the columns hold, texts counted at two bytes a character. */
export function columnBytes(columns: ReadingColumns): number {
  let bytes = columns.count * (8 + 4 + 8 + 8 + 8 + 1);
  for (const text of columns.text ?? []) bytes += 8 + 2 * (text?.length ?? 0);
  return bytes;
}

/** The rows [first, last) of `columns`, as views on the same memory. */
export function sliceColumns(columns: ReadingColumns, first: number, last: number): ReadingColumns {
  if (first === 0 && last === columns.count) return columns;
  return {
    count: last - first,
    offset: columns.offset.subarray(first, last),
    series: columns.series.subarray(first, last),
    measuredAtUs: columns.measuredAtUs.subarray(first, last),
    receivedAtUs: columns.receivedAtUs.subarray(first, last),
    number: columns.number.subarray(first, last),
    text: columns.text?.slice(first, last) ?? null,
    quality: columns.quality.subarray(first, last),
  };
}

/** The first row whose offset is at or after `offset`; `count` if none is. */
export function rowAt(columns: ReadingColumns, offset: number): number {
  const words = wordsOf(columns.offset);
  let low = 0;
  let high = columns.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = (words[2 * middle + 1] as number) * 4294967296 + (words[2 * middle] as number);
    if (at < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
