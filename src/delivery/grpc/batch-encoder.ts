// Rows to encoded `SubscribeResponse` messages, straight from columns into one buffer. Runs on the
// log thread, so that what crosses to the I/O thread is already what goes on the wire.
//
// Wire format: protobuf encoding (protobuf.dev/programming-guides/encoding); field numbers from
// proto/millpond/v1. A message is SubscribeResponse{batch = 1: ReadingBatch{readings = 1...,
// next_offset = 2, high_watermark = 3}}. test/unit holds it against the generated decoder.

import { wordsOf } from '../../core/int64.ts';
import type { Encoded, EncodeRequest, Encoder } from '../encoder.ts';
import { ReadingWriter, ROW_OVERHEAD_BYTES } from './reading-writer.ts';

const TAG = {
  // SubscribeResponse
  batch: 0x0a,
  // ReadingBatch
  nextOffset: 0x10,
  highWatermark: 0x18,
} as const;

/** The outer tag and a five-byte length. */
const HEADER_BYTES = 6;
/** next_offset and high_watermark. */
const TRAILER_BYTES = 22;

export class BatchEncoder extends ReadingWriter implements Encoder {
  encode(request: EncodeRequest): Encoded {
    const { runs, batchReadingsMax, highWatermark, wants } = request;
    this.start(this.#slabBytes(request));
    const ranges: number[] = [];
    let next = request.from;
    let bodyStart = -1;
    let inMessage = 0;
    let readings = 0;
    const finish = (): void => {
      ranges.push(this.#finishMessage(bodyStart, next, highWatermark), this.at);
      bodyStart = -1;
      inMessage = 0;
    };
    fill: for (const run of runs) {
      const received = wordsOf(run.receivedAtUs);
      const measured = wordsOf(run.measuredAtUs);
      for (let row = 0; row < run.count; row++) {
        const series = run.series[row] as number;
        if (wants !== null && !wants(series)) {
          next += 1;
          continue;
        }
        const text = run.text?.[row] ?? null;
        const seriesBytes = this.seriesBytes(series);
        const most =
          ROW_OVERHEAD_BYTES +
          HEADER_BYTES +
          TRAILER_BYTES +
          seriesBytes.length +
          3 * (text?.length ?? 0);
        if (this.at + most > this.out.length) {
          if (readings > 0) break fill;
          this.start(most);
        }
        if (bodyStart < 0) {
          bodyStart = this.at + HEADER_BYTES;
          this.at = bodyStart;
        }
        this.writeRow({ run, row, offset: next, text, received, measured }, seriesBytes);
        next += 1;
        readings += 1;
        inMessage += 1;
        if (inMessage === batchReadingsMax) finish();
      }
    }
    if (bodyStart >= 0) finish();
    if (readings > 0) this.learn(this.at / readings);
    return { buffer: this.take(), ranges, next, readings };
  }

  // A follower at the tail gets a few rows at a time: its buffer is as small as they are.
  #slabBytes({ runs, bytesMax, batchReadingsMax }: EncodeRequest): number {
    let rows = 0;
    for (const run of runs) rows += run.count;
    const messages = Math.ceil(rows / batchReadingsMax);
    const likely = rows * this.bytesPerRow * 1.5 + messages * (HEADER_BYTES + TRAILER_BYTES);
    return Math.min(bytesMax, Math.ceil(likely)) + 4 * ROW_OVERHEAD_BYTES;
  }

  #finishMessage(bodyStart: number, next: number, highWatermark: number): number {
    this.writeByte(TAG.nextOffset);
    this.writeVarint(next);
    this.writeByte(TAG.highWatermark);
    this.writeVarint(highWatermark);
    return this.closeMessage(TAG.batch, bodyStart);
  }
}
