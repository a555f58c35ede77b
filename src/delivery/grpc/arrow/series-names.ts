// The five names of series as dictionary columns: each name that a message has, once, and for each row
// the place of its name. Names are looked up for the message's series, never for its rows.

import type { Column } from '@uwdata/flechette';
import type { SeriesKey } from '../../../core/reading.ts';
import { dictionaryColumn, nameColumns, textColumn, types } from './arrow-columns.ts';

const INITIAL_SERIES = 1024;
const INITIAL_ROWS = 1024;

interface Dictionary {
  readonly names: Column<unknown>;
  /** By the place of a series in the message's list. */
  readonly codes: Int32Array;
}

export class SeriesNames {
  readonly #keys: readonly SeriesKey[];
  /** By series: its place in the list that the dictionaries were made for. */
  #places = new Int32Array(INITIAL_SERIES);
  #series: Int32Array = new Int32Array(0);
  #dictionaries: Dictionary[] = [];
  /** One for each column, used again for each message. */
  readonly #codes: Int32Array[] = nameColumns.map(() => new Int32Array(INITIAL_ROWS));
  #zeros = new Int32Array(INITIAL_ROWS);

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  /**
   * The columns for rows of these series; `list` has each of them once, in ascending order. Valid
   * until the next call.
   */
  columnsOf(rows: Int32Array, list: Int32Array): Column<unknown>[] {
    this.#use(list);
    return nameColumns.map((name, index) => {
      const { names, codes } = this.#dictionaries[index] as Dictionary;
      const rowCodes =
        names.length === 1 ? this.#zerosFor(rows.length) : this.#codesFor(index, rows, codes);
      return dictionaryColumn(types[name], rowCodes, names);
    });
  }

  // One message after the other of a backlog has the same series.
  #use(list: Int32Array): void {
    if (isEqual(list, this.#series)) return;
    if (this.#places.length < this.#keys.length) {
      this.#places = new Int32Array(2 * this.#keys.length);
    }
    for (let place = 0; place < list.length; place++) this.#places[list[place] as number] = place;
    this.#dictionaries = nameColumns.map((name) => {
      const codeOf = new Map<string, number>();
      const codes = new Int32Array(list.length);
      for (let place = 0; place < list.length; place++) {
        const { [name]: text } = this.#keys[list[place] as number] as SeriesKey;
        let code = codeOf.get(text);
        if (code === undefined) {
          code = codeOf.size;
          codeOf.set(text, code);
        }
        codes[place] = code;
      }
      return { names: textColumn(types[name].dictionary, [...codeOf.keys()]), codes };
    });
    this.#series = list;
  }

  #codesFor(index: number, rows: Int32Array, codes: Int32Array): Int32Array {
    let out = this.#codes[index] as Int32Array;
    if (out.length < rows.length) {
      out = new Int32Array(rows.length);
      this.#codes[index] = out;
    }
    const places = this.#places;
    for (let row = 0; row < rows.length; row++) {
      out[row] = codes[places[rows[row] as number] as number] as number;
    }
    return out.subarray(0, rows.length);
  }

  #zerosFor(count: number): Int32Array {
    if (this.#zeros.length < count) this.#zeros = new Int32Array(count);
    return this.#zeros.subarray(0, count);
  }
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
