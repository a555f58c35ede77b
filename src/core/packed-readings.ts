// Rows of readings as one buffer, for crossing to another thread or process.

import type { ReadingColumns } from './reading.ts';

export interface PackedReadings {
  readonly count: number;
  /** The columns one after the other, those of eight bytes a value first. */
  readonly buffer: ArrayBuffer;
  /** Null when no row has a text. */
  readonly text: readonly (string | null)[] | null;
}

const ROW_BYTES = 4 * 8 + 4 + 1;

/** Copies the runs, one behind the other. */
export function packReadings(runs: readonly ReadingColumns[]): PackedReadings {
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const buffer = new ArrayBuffer(count * ROW_BYTES);
  const all = viewsOf(buffer, count);
  const hasText = runs.some(({ text }) => text !== null);
  const text: (string | null)[] = [];
  let row = 0;
  for (const run of runs) {
    all.offset.set(run.offset, row);
    all.measuredAtUs.set(run.measuredAtUs, row);
    all.receivedAtUs.set(run.receivedAtUs, row);
    all.number.set(run.number, row);
    all.series.set(run.series, row);
    all.quality.set(run.quality, row);
    if (hasText) {
      for (let index = 0; index < run.count; index++) text.push(run.text?.[index] ?? null);
    }
    row += run.count;
  }
  return { count, buffer, text: hasText ? text : null };
}

/** Views on the buffer. */
export function unpackReadings({ count, buffer, text }: PackedReadings): ReadingColumns {
  return { count, text, ...viewsOf(buffer, count) };
}

function viewsOf(buffer: ArrayBuffer, count: number) {
  const wide = count * 8;
  return {
    offset: new BigInt64Array(buffer, 0, count),
    measuredAtUs: new BigInt64Array(buffer, wide, count),
    receivedAtUs: new BigInt64Array(buffer, 2 * wide, count),
    number: new Float64Array(buffer, 3 * wide, count),
    series: new Int32Array(buffer, 4 * wide, count),
    quality: new Uint8Array(buffer, 4 * wide + count * 4, count),
  };
}
