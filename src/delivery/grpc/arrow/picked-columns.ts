// The picked rows as columns: views where they are one stretch of one run, else copies.

import { wordsOf } from '../../../core/int64.ts';
import type { ReadingColumns } from '../../../core/reading.ts';
import type { PickedRows, Stretch } from './row-picker.ts';

/** Owned by whoever owns the runs, if they are views: to be used at once. */
export function pickedColumns({ count, stretches }: PickedRows): ReadingColumns {
  const [only] = stretches;
  if (only !== undefined && stretches.length === 1 && only.rows === null) return viewOf(only);
  const columns = {
    count,
    offset: new BigInt64Array(count),
    series: new Int32Array(count),
    measuredAtUs: new BigInt64Array(count),
    receivedAtUs: new BigInt64Array(count),
    number: new Float64Array(count),
    text: stretches.some(({ run }) => run.text !== null)
      ? new Array<string | null>(count).fill(null)
      : null,
    quality: new Uint8Array(count),
  };
  let at = 0;
  for (const stretch of stretches) {
    const { rows, first, last } = stretch;
    if (rows === null) copyStretch(viewOf(stretch), columns, at);
    else copyRows(stretch.run, rows, columns, at);
    at += rows?.length ?? last - first;
  }
  return columns;
}

interface Columns extends ReadingColumns {
  readonly text: (string | null)[] | null;
}

function viewOf({ run, first, last }: Stretch): ReadingColumns {
  return {
    count: last - first,
    offset: run.offset.subarray(first, last),
    series: run.series.subarray(first, last),
    measuredAtUs: run.measuredAtUs.subarray(first, last),
    receivedAtUs: run.receivedAtUs.subarray(first, last),
    number: run.number.subarray(first, last),
    text: run.text?.slice(first, last) ?? null,
    quality: run.quality.subarray(first, last),
  };
}

function copyStretch(from: ReadingColumns, to: Columns, at: number): void {
  to.offset.set(from.offset, at);
  to.series.set(from.series, at);
  to.measuredAtUs.set(from.measuredAtUs, at);
  to.receivedAtUs.set(from.receivedAtUs, at);
  to.number.set(from.number, at);
  to.quality.set(from.quality, at);
  for (const [row, text] of from.text?.entries() ?? []) {
    if (to.text !== null) to.text[at + row] = text;
  }
}

function copyRows(from: ReadingColumns, rows: Int32Array, to: Columns, at: number): void {
  copy64(wordsOf(from.offset), rows, wordsOf(to.offset), at);
  copy64(wordsOf(from.measuredAtUs), rows, wordsOf(to.measuredAtUs), at);
  copy64(wordsOf(from.receivedAtUs), rows, wordsOf(to.receivedAtUs), at);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number;
    to.series[at + index] = from.series[row] as number;
    to.number[at + index] = from.number[row] as number;
    to.quality[at + index] = from.quality[row] as number;
    if (to.text !== null) to.text[at + index] = from.text?.[row] ?? null;
  }
}

// A BigInt an item costs ten times as much.
function copy64(from: Uint32Array, rows: Int32Array, to: Uint32Array, at: number): void {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number;
    to[2 * (at + index)] = from[2 * row] as number;
    to[2 * (at + index) + 1] = from[2 * row + 1] as number;
  }
}
