// Readings for a group's member as encoded `ConsumeResponse` messages, on the log thread. A message is
// ConsumeResponse{delivery = 2: Delivery{readings = 1..., delivery_count = 2}}: one count for all of
// its readings, so that a new message begins wherever the count changes.

import { readInt64, wordsOf } from '../../core/int64.ts';
import type { ReadingColumns } from '../../core/reading.ts';
import { ReadingWriter, ROW_OVERHEAD_BYTES } from './reading-writer.ts';

const TAG = {
  // ConsumeResponse
  delivery: 0x12,
  // Delivery
  deliveryCount: 0x10,
} as const;

/** The outer tag and a five-byte length. */
const HEADER_BYTES = 6;
/** delivery_count. */
const TRAILER_BYTES = 6;
const READINGS_MAX = 1000;

export interface DeliveryRequest {
  /** Ascending. */
  readonly offsets: readonly number[];
  /** Dense rows in offset order; together they have all the offsets. */
  readonly runs: readonly ReadingColumns[];
  readonly deliveryCount: (offset: number) => number;
  /** About how many bytes to stop at; one row may go beyond it. */
  readonly bytesMax: number;
}

export interface EncodedDelivery {
  readonly buffer: ArrayBuffer;
  /** Start and end of each message in the buffer. */
  readonly ranges: number[];
  /** How many of the offsets are in it, from the first on. */
  readonly readings: number;
}

export class DeliveryEncoder extends ReadingWriter {
  encode({ offsets, runs, deliveryCount, bytesMax }: DeliveryRequest): EncodedDelivery {
    this.start(Math.min(bytesMax, Math.ceil(offsets.length * this.bytesPerRow * 1.5)) + 256);
    const ranges: number[] = [];
    let open = new OpenRun(runs[0] as ReadingColumns);
    let nextRun = 1;
    let count = 0;
    let bodyStart = -1;
    let inMessage = 0;
    let readings = 0;
    const finish = (): void => {
      this.writeByte(TAG.deliveryCount);
      this.writeVarint(count);
      ranges.push(this.closeMessage(TAG.delivery, bodyStart), this.at);
      bodyStart = -1;
      inMessage = 0;
    };
    for (const offset of offsets) {
      while (offset >= open.next) open = new OpenRun(runs[nextRun++] as ReadingColumns);
      const { run, received, measured } = open;
      const row = offset - open.first;
      const text = run.text?.[row] ?? null;
      const seriesBytes = this.seriesBytes(run.series[row] as number);
      const most =
        ROW_OVERHEAD_BYTES +
        HEADER_BYTES +
        2 * TRAILER_BYTES +
        seriesBytes.length +
        3 * (text?.length ?? 0);
      if (this.at + most > this.out.length) {
        if (readings > 0) break;
        this.start(most);
      }
      const itsCount = deliveryCount(offset);
      if (bodyStart >= 0 && (itsCount !== count || inMessage === READINGS_MAX)) finish();
      if (bodyStart < 0) {
        bodyStart = this.at + HEADER_BYTES;
        this.at = bodyStart;
        count = itsCount;
      }
      this.writeRow({ run, row, offset, text, received, measured }, seriesBytes);
      readings += 1;
      inMessage += 1;
    }
    if (bodyStart >= 0) finish();
    if (readings > 0) this.learn(this.at / readings);
    return { buffer: this.take(), ranges, readings };
  }
}

class OpenRun {
  readonly run: ReadingColumns;
  readonly first: number;
  readonly next: number;
  readonly received: Uint32Array;
  readonly measured: Uint32Array;

  constructor(run: ReadingColumns) {
    this.run = run;
    this.first = run.count === 0 ? 0 : readInt64(wordsOf(run.offset), 0);
    this.next = this.first + run.count;
    this.received = wordsOf(run.receivedAtUs);
    this.measured = wordsOf(run.measuredAtUs);
  }
}
