// Chooses the rows of the next Arrow message: those that the filter wants, until the message has as
// many as it may, or as many bytes. Notes on the way of which series they are, for the dictionaries.

import type { ReadingColumns, SeriesKey } from '../../../core/reading.ts';

/** What a row takes beside its text: four columns of 8 bytes, six of 4, one of 1, and bits. */
const ROW_BYTES = 4 * 8 + 5 * 4 + 4 + 1 + 1;
/** UTF-8 takes at most three bytes for a unit of a string. */
const UNIT_BYTES_MAX = 3;
/** The end of each of the five names in its dictionary. */
const NAME_ENDS_BYTES = 5 * 4;
const INITIAL_SERIES = 1024;

/** The next row of a read, by its run and its place in it. Moves on with each pick. */
export interface Cursor {
  readonly runs: readonly ReadingColumns[];
  run: number;
  row: number;
  /** Its offset; behind the last row the one to read on from. */
  next: number;
}

export interface PickLimits {
  /** So many are picked though they take more than bytesMax. */
  readonly rowsMin: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** Which series to leave in; null for all. */
  readonly wants: ((series: number) => boolean) | null;
}

/** Rows of one run: all of [first, last), or those of them that `rows` lists. */
export interface Stretch {
  readonly run: ReadingColumns;
  readonly first: number;
  readonly last: number;
  readonly rows: Int32Array | null;
}

export interface PickedRows {
  readonly count: number;
  readonly stretches: readonly Stretch[];
  /** The series of the rows, each once, in ascending order. */
  readonly series: Int32Array;
  /** The most that the rows and the names of their series take. */
  readonly bytes: number;
}

interface Progress {
  readonly series: number[];
  count: number;
  bytes: number;
  isFull: boolean;
}

export class RowPicker {
  readonly #keys: readonly SeriesKey[];
  /** By series: the number of the last pick that has it. */
  #lastPick = new Float64Array(INITIAL_SERIES);
  #pick = 0;

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  /** None when no row is left that the filter wants, or that fits. */
  pick(cursor: Cursor, limits: PickLimits): PickedRows {
    this.#begin();
    const progress: Progress = { series: [], count: 0, bytes: 0, isFull: false };
    const stretches: Stretch[] = [];
    for (let run = cursor.runs[cursor.run]; run !== undefined; run = cursor.runs[++cursor.run]) {
      const first = cursor.row;
      const { last, rows } = this.#scan(run, first, limits, progress);
      if (rows === null ? last > first : rows.length > 0)
        stretches.push({ run, first, last, rows });
      cursor.next += last - first;
      cursor.row = last;
      if (progress.isFull) break;
      cursor.row = 0;
    }
    const { count, bytes } = progress;
    return { count, stretches, series: Int32Array.from(progress.series).sort(), bytes };
  }

  #scan(
    run: ReadingColumns,
    first: number,
    { rowsMin, rowsMax, bytesMax, wants }: PickLimits,
    progress: Progress,
  ): { last: number; rows: Int32Array | null } {
    const { count, series, text } = run;
    const rows =
      wants === null ? null : new Int32Array(Math.min(count - first, rowsMax - progress.count));
    let picked = 0;
    let row = first;
    for (; row < count; row++) {
      const id = series[row] as number;
      if (wants !== null && !wants(id)) continue;
      const isNew = this.#lastPick[id] !== this.#pick;
      let bytes = isNew ? ROW_BYTES + this.#nameBytes(id) : ROW_BYTES;
      if (text !== null) bytes += UNIT_BYTES_MAX * (text[row]?.length ?? 0);
      if (progress.bytes + bytes > bytesMax && progress.count >= rowsMin) {
        progress.isFull = true;
        break;
      }
      if (isNew) {
        this.#lastPick[id] = this.#pick;
        progress.series.push(id);
      }
      if (rows !== null) rows[picked++] = row;
      progress.bytes += bytes;
      progress.count += 1;
      if (progress.count === rowsMax) {
        progress.isFull = true;
        row += 1;
        break;
      }
    }
    return { last: row, rows: rows?.subarray(0, picked) ?? null };
  }

  #begin(): void {
    this.#pick += 1;
    if (this.#lastPick.length >= this.#keys.length) return;
    this.#lastPick = new Float64Array(2 * this.#keys.length);
  }

  #nameBytes(series: number): number {
    const key = this.#keys[series];
    if (key === undefined) throw new RangeError(`series ${series} is not in the table`);
    const { device, channel, metric, unit, source } = key;
    const units = device.length + channel.length + metric.length + unit.length + source.length;
    return NAME_ENDS_BYTES + UNIT_BYTES_MAX * units;
  }
}
