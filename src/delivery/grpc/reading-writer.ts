// Readings as protobuf, straight from columns into a buffer: what all messages that carry readings
// are written with. Each series' bytes are prepared once.
//
// Wire format: protobuf encoding (protobuf.dev/programming-guides/encoding); field numbers from
// proto/millpond/v1/reading.proto. test/unit holds it against the generated decoder.

import { readInt64 } from '../../core/int64.ts';
import type { ReadingColumns, SeriesKey } from '../../core/reading.ts';

/** Of the field that the readings of a message are; it is 1 in all of them. */
const READINGS = 0x0a;

const TAG = {
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
export const ROW_OVERHEAD_BYTES = 64;
const WORD = 4294967296;

const textEncoder = new TextEncoder();

/** A row as its columns have it; the times as words, for they are read a row at a time. */
export interface RowItem {
  readonly run: ReadingColumns;
  readonly row: number;
  readonly offset: number;
  readonly text: string | null;
  readonly received: Uint32Array;
  readonly measured: Uint32Array;
}

export class ReadingWriter {
  readonly #keys: readonly SeriesKey[];
  readonly #series: Uint8Array[] = [];
  protected out = new Uint8Array(0);
  protected at = 0;
  #view = new DataView(this.out.buffer);
  #bytesPerRow = 96;

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  /** How many rows fill `bytesMax`, by what rows took lately. */
  rowsFor(bytesMax: number): number {
    return Math.max(1, Math.floor(bytesMax / this.#bytesPerRow));
  }

  protected get bytesPerRow(): number {
    return this.#bytesPerRow;
  }

  protected start(bytes: number): void {
    this.out = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.out.buffer, this.out.byteOffset, this.out.byteLength);
    this.at = 0;
  }

  protected take(): ArrayBuffer {
    const buffer = this.out.buffer as ArrayBuffer;
    this.out = new Uint8Array(0);
    return buffer;
  }

  protected learn(bytesPerRow: number): void {
    this.#bytesPerRow = Math.max(8, this.#bytesPerRow * 0.9 + bytesPerRow * 1.02 * 0.1);
  }

  protected seriesBytes(series: number): Uint8Array {
    return this.#series[series] ?? this.#prepareSeries(series);
  }

  /**
   * Puts a message's tag and length right before its body, which ends here and begins at `bodyStart`,
   * with room for both before it. Returns where the message begins.
   */
  protected closeMessage(tag: number, bodyStart: number): number {
    const end = this.at;
    const length = end - bodyStart;
    const start = bodyStart - 1 - varintBytes(length);
    this.at = start;
    this.writeByte(tag);
    this.writeVarint(length);
    this.at = end;
    return start;
  }

  protected writeRow(item: RowItem, seriesBytes: Uint8Array): void {
    const { run, row, text } = item;
    const start = this.at;
    // One byte for the length: most rows are shorter than 128 bytes, the others are moved.
    const bodyStart = start + 2;
    this.at = bodyStart;
    this.writeByte(TAG.offset);
    this.writeVarint(item.offset);
    this.#writeBytes(seriesBytes);
    if (text === null) {
      this.writeByte(TAG.number);
      this.#view.setFloat64(this.at, run.number[row] as number, true);
      this.at += 8;
    } else {
      this.#writeText(text);
    }
    this.writeByte(TAG.measuredAtUs);
    this.#writeTime(item.measured, row);
    this.writeByte(TAG.receivedAtUs);
    this.#writeTime(item.received, row);
    this.writeByte(TAG.quality);
    this.writeByte(run.quality[row] as number);
    this.#closeRow(start, bodyStart);
  }

  #closeRow(start: number, bodyStart: number): void {
    const end = this.at;
    const length = end - bodyStart;
    const shift = varintBytes(length) - 1;
    if (shift > 0) this.out.copyWithin(bodyStart + shift, bodyStart, end);
    this.at = start;
    this.writeByte(READINGS);
    this.writeVarint(length);
    this.at = end + shift;
  }

  #writeText(text: string): void {
    const bytes = textEncoder.encode(text);
    this.writeByte(TAG.text);
    this.writeVarint(bytes.length);
    this.out.set(bytes, this.at);
    this.at += bytes.length;
  }

  protected writeByte(byte: number): void {
    this.out[this.at++] = byte;
  }

  // A loop beats a call into the engine for the few dozen bytes that a series has.
  #writeBytes(bytes: Uint8Array): void {
    const out = this.out;
    let at = this.at;
    for (let i = 0; i < bytes.length; i++) out[at++] = bytes[i] as number;
    this.at = at;
  }

  /** A time that is not negative; negative ones (before 1970) take the ten bytes protobuf gives them. */
  #writeTime(words: Uint32Array, row: number): void {
    const value = readInt64(words, row);
    if (value >= 0) {
      this.writeVarint(value);
      return;
    }
    let bits = BigInt.asUintN(64, BigInt(value));
    while (bits >= 0x80n) {
      this.writeByte(Number(bits & 0x7fn) | 0x80);
      bits >>= 7n;
    }
    this.writeByte(Number(bits));
  }

  /** An integer of [0, 2^53). */
  protected writeVarint(value: number): void {
    const out = this.out;
    let at = this.at;
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
        this.at = at;
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
    this.at = at;
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
