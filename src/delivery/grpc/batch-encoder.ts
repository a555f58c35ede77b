// Rows to encoded `SubscribeResponse` messages, straight from columns into one buffer. Runs on the
// log thread, so that what crosses to the I/O thread is already what goes on the wire.
//
// Wire format: protobuf encoding (protobuf.dev/programming-guides/encoding); field numbers from
// proto/millpond/v1. A message is SubscribeResponse{batch = 1: ReadingBatch{readings = 1...,
// next_offset = 2, high_watermark = 3}}. test/unit holds it against the generated decoder.

import { readInt64, wordsOf } from '../../core/int64.ts';
import type { ReadingColumns, SeriesKey } from '../../core/reading.ts';

const TAG = {
  // SubscribeResponse
  batch: 0x0a,
  // ReadingBatch
  readings: 0x0a,
  nextOffset: 0x10,
  highWatermark: 0x18,
  // Reading
  offset: 0x08,
  device: 0x12,
  metric: 0x1a,
  number: 0x21,
  text: 0x2a,
  unit: 0x32,
  measuredAtUs: 0x38,
  receivedAtUs: 0x40,
  quality: 0x48,
  source: 0x52,
  channel: 0x5a,
} as const;

/** The largest a row can be beside its series' bytes and its text: tags, length and varints. */
const ROW_OVERHEAD_BYTES = 64;
/** The outer tag and a five-byte length. */
const HEADER_BYTES = 6;
/** next_offset and high_watermark. */
const TRAILER_BYTES = 22;
const WORD = 4294967296;

const textEncoder = new TextEncoder();

export interface EncodeRequest {
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

export class BatchEncoder {
  readonly #keys: readonly SeriesKey[];
  readonly #series: Uint8Array[] = [];
  #out = new Uint8Array(0);
  #view = new DataView(this.#out.buffer);
  #at = 0;
  #bytesPerRow = 96;

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  /** How many rows to read to fill `bytesMax`, by what rows took lately. */
  rowsFor(bytesMax: number): number {
    return Math.max(1, Math.floor(bytesMax / this.#bytesPerRow));
  }

  encode(request: EncodeRequest): Encoded {
    const { runs, batchReadingsMax, highWatermark, wants } = request;
    this.#start(this.#slabBytes(request));
    const ranges: number[] = [];
    let next = request.from;
    let bodyStart = -1;
    let inMessage = 0;
    let readings = 0;
    const finish = (): void => {
      ranges.push(this.#finishMessage(bodyStart, next, highWatermark), this.#at);
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
        const seriesBytes = this.#series[series] ?? this.#prepareSeries(series);
        const most =
          ROW_OVERHEAD_BYTES +
          HEADER_BYTES +
          TRAILER_BYTES +
          seriesBytes.length +
          3 * (text?.length ?? 0);
        if (this.#at + most > this.#out.length) {
          if (readings > 0) break fill;
          this.#start(most);
        }
        if (bodyStart < 0) {
          bodyStart = this.#at + HEADER_BYTES;
          this.#at = bodyStart;
        }
        this.#writeRow({ run, row, offset: next, text, received, measured }, seriesBytes);
        next += 1;
        readings += 1;
        inMessage += 1;
        if (inMessage === batchReadingsMax) finish();
      }
    }
    if (bodyStart >= 0) finish();
    if (readings > 0) this.#learn(this.#at / readings);
    return { buffer: this.#take(), ranges, next, readings };
  }

  // A follower at the tail gets a few rows at a time: its buffer is as small as they are.
  #slabBytes({ runs, bytesMax, batchReadingsMax }: EncodeRequest): number {
    let rows = 0;
    for (const run of runs) rows += run.count;
    const messages = Math.ceil(rows / batchReadingsMax);
    const likely = rows * this.#bytesPerRow * 1.5 + messages * (HEADER_BYTES + TRAILER_BYTES);
    return Math.min(bytesMax, Math.ceil(likely)) + 4 * ROW_OVERHEAD_BYTES;
  }

  #start(bytes: number): void {
    this.#out = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.#out.buffer, this.#out.byteOffset, this.#out.byteLength);
    this.#at = 0;
  }

  #take(): ArrayBuffer {
    const buffer = this.#out.buffer as ArrayBuffer;
    this.#out = new Uint8Array(0);
    return buffer;
  }

  #learn(bytesPerRow: number): void {
    this.#bytesPerRow = Math.max(8, this.#bytesPerRow * 0.9 + bytesPerRow * 1.02 * 0.1);
  }

  // The length goes before the body and is known after it: it is written right up to the body.
  #finishMessage(bodyStart: number, next: number, highWatermark: number): number {
    this.#writeByte(TAG.nextOffset);
    this.#writeVarint(next);
    this.#writeByte(TAG.highWatermark);
    this.#writeVarint(highWatermark);
    const end = this.#at;
    const length = end - bodyStart;
    const start = bodyStart - 1 - varintBytes(length);
    this.#at = start;
    this.#writeByte(TAG.batch);
    this.#writeVarint(length);
    this.#at = end;
    return start;
  }

  #writeRow(
    item: {
      run: ReadingColumns;
      row: number;
      offset: number;
      text: string | null;
      received: Uint32Array;
      measured: Uint32Array;
    },
    seriesBytes: Uint8Array,
  ): void {
    const { run, row, text } = item;
    const start = this.#at;
    // One byte for the length: most rows are shorter than 128 bytes, the others are moved.
    const bodyStart = start + 2;
    this.#at = bodyStart;
    this.#writeByte(TAG.offset);
    this.#writeVarint(item.offset);
    this.#writeBytes(seriesBytes);
    if (text === null) {
      this.#writeByte(TAG.number);
      this.#view.setFloat64(this.#at, run.number[row] as number, true);
      this.#at += 8;
    } else {
      this.#writeText(text);
    }
    this.#writeByte(TAG.measuredAtUs);
    this.#writeTime(item.measured, row);
    this.#writeByte(TAG.receivedAtUs);
    this.#writeTime(item.received, row);
    this.#writeByte(TAG.quality);
    this.#writeByte(run.quality[row] as number);
    this.#closeRow(start, bodyStart);
  }

  #closeRow(start: number, bodyStart: number): void {
    const end = this.#at;
    const length = end - bodyStart;
    const shift = varintBytes(length) - 1;
    if (shift > 0) this.#out.copyWithin(bodyStart + shift, bodyStart, end);
    this.#at = start;
    this.#writeByte(TAG.readings);
    this.#writeVarint(length);
    this.#at = end + shift;
  }

  #writeText(text: string): void {
    const bytes = textEncoder.encode(text);
    this.#writeByte(TAG.text);
    this.#writeVarint(bytes.length);
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #writeByte(byte: number): void {
    this.#out[this.#at++] = byte;
  }

  // A loop beats a call into the engine for the few dozen bytes that a series has.
  #writeBytes(bytes: Uint8Array): void {
    const out = this.#out;
    let at = this.#at;
    for (let i = 0; i < bytes.length; i++) out[at++] = bytes[i] as number;
    this.#at = at;
  }

  /** A time that is not negative; negative ones (before 1970) take the ten bytes protobuf gives them. */
  #writeTime(words: Uint32Array, row: number): void {
    const value = readInt64(words, row);
    if (value >= 0) {
      this.#writeVarint(value);
      return;
    }
    let bits = BigInt.asUintN(64, BigInt(value));
    while (bits >= 0x80n) {
      this.#writeByte(Number(bits & 0x7fn) | 0x80);
      bits >>= 7n;
    }
    this.#writeByte(Number(bits));
  }

  /** An integer of [0, 2^53). */
  #writeVarint(value: number): void {
    const out = this.#out;
    let at = this.#at;
    let low = value >>> 0;
    if (value >= WORD) {
      let high = Math.floor(value / WORD);
      // Four groups of seven leave four bits of the low word, which join three of the high one.
      out[at++] = low | 0x80;
      out[at++] = (low >>> 7) | 0x80;
      out[at++] = (low >>> 14) | 0x80;
      out[at++] = (low >>> 21) | 0x80;
      const joined = (low >>> 28) | ((high & 7) << 4);
      high >>>= 3;
      if (high === 0) {
        out[at++] = joined;
        this.#at = at;
        return;
      }
      out[at++] = joined | 0x80;
      low = high;
    }
    while (low >= 0x80) {
      out[at++] = low | 0x80;
      low >>>= 7;
    }
    out[at++] = low;
    this.#at = at;
  }

  #prepareSeries(series: number): Uint8Array {
    const key = this.#keys[series];
    if (key === undefined) throw new RangeError(`series ${series} is not in the table`);
    const fields: [number, string][] = [
      [TAG.device, key.device],
      [TAG.metric, key.metric],
      [TAG.unit, key.unit],
      [TAG.source, key.source],
      [TAG.channel, key.channel],
    ];
    const parts = fields
      .filter(([, value]) => value !== '')
      .map(([tag, value]) => {
        const bytes = textEncoder.encode(value);
        return Uint8Array.of(tag, ...lengthBytes(bytes.length), ...bytes);
      });
    const joined = Uint8Array.from(Buffer.concat(parts));
    this.#series[series] = joined;
    return joined;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}
