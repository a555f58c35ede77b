// What every delivery format must give: rows of a stream as encoded messages in one buffer. Encoders
// run on the log thread, so that what crosses to the I/O thread is already what goes on the wire.

import type { ReadingColumns } from '../core/reading.ts';

export interface EncodeRequest {
  readonly stream: string;
  /** Dense rows in offset order. */
  readonly runs: readonly ReadingColumns[];
  readonly from: number;
  readonly batchReadingsMax: number;
  /** About how many bytes to stop at; one row may go beyond it. */
  readonly bytesMax: number;
  readonly highWatermark: number;
  /** Which series to leave in; null for all. */
  readonly wants: ((series: number) => boolean) | null;
}

export interface Encoded {
  readonly buffer: ArrayBuffer;
  /** Start and end of each message in the buffer. */
  readonly ranges: number[];
  /** Where to read on: the first offset not looked at. */
  readonly next: number;
  readonly readings: number;
}

export interface Encoder {
  /** How many rows fill `bytesMax`, by what rows took lately. */
  rowsFor(bytesMax: number): number;
  encode(request: EncodeRequest): Encoded;
}
