// Buckets out of a query's result, a vector at a time, so that a long answer does not hold up the
// thread that commits.

import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBVarCharVector,
} from '@duckdb/node-api';
import { noteOffHeap } from '../../core/off-heap.ts';
import type { BucketSum } from './bucket-sums.ts';

const doubles = [
  'series',
  'time',
  'count',
  'min',
  'max',
  'sum',
  'texts',
  'last_us',
  'last_offset',
] as const;

const ROW_BYTES = doubles.length * 8 + 16;

/** Takes what `bucketsOfRows` and `bucketsOfRollups` give. */
export async function readSums(
  connection: DuckDBConnection,
  buckets: string,
  take: (series: number, time: number, sum: BucketSum) => void,
): Promise<void> {
  const list = doubles.map((name) => `${name}::double as ${name}`);
  const result = await connection.stream(`select ${list.join(', ')}, last from (${buckets})`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    takeChunk(chunk, take);
  }
}

function takeChunk(
  chunk: DuckDBDataChunk,
  take: (series: number, time: number, sum: BucketSum) => void,
): void {
  noteOffHeap(chunk.rowCount * ROW_BYTES);
  const vectors = doubles.map((_, column) => chunk.getColumnVector(column));
  const texts = chunk.getColumnVector(doubles.length);
  if (!(texts instanceof DuckDBVarCharVector)) throw new TypeError('the last texts are no varchar');
  const at = (column: number, row: number): number => {
    const vector = vectors[column];
    if (!(vector instanceof DuckDBDoubleVector)) throw new TypeError('a sum is no double');
    return vector.getItem(row) ?? 0;
  };
  for (let row = 0; row < chunk.rowCount; row++) {
    take(at(0, row), at(1, row), {
      count: at(2, row),
      min: at(3, row),
      max: at(4, row),
      sum: at(5, row),
      texts: at(6, row),
      lastUs: at(7, row),
      lastOffset: at(8, row),
      last: texts.getItem(row),
    });
  }
}
