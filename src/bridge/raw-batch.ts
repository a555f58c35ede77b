// Raw messages as one transferable buffer, from the I/O thread to the log thread.
//
// A frame: received_at (float64, us) | payload bytes (uint32) | topic bytes (uint16) | source
// (uint8, its number) | flags (uint8) | topic | payload; little-endian, frames back to back.

import { flagsOf, marksOf, type RawMessage } from '../core/raw-message.ts';

const HEADER_BYTES = 16;
const SLAB_BYTES = 64 * 1024;
/** Above what `flagsOf` uses: it concerns the way to the log alone. */
const REFUSABLE = 0x80;
/** An MQTT topic's length field has two bytes; in UTF-8 a code unit takes three at most. */
const TOPIC_BYTES_MAX = 65_535;

/** Fills a buffer with messages; the buffer is handed over whole and the writer starts a new one. */
export class RawBatchWriter {
  readonly #sources: string[] = [];
  #slab = Buffer.alloc(0);
  #used = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Copies the message. Returns the bytes it takes. */
  add(message: RawMessage): number {
    const { payload, topic } = message;
    const most = HEADER_BYTES + topic.length * 3 + payload.length;
    if (this.#used + most > this.#slab.length) this.#grow(most);
    const slab = this.#slab;
    const start = this.#used;
    const topicBytes = slab.write(topic, start + HEADER_BYTES, 'utf8');
    if (topicBytes > TOPIC_BYTES_MAX) throw new RangeError(`a topic of ${topicBytes} bytes`);
    slab.writeDoubleLE(message.receivedAtUs, start);
    slab.writeUInt32LE(payload.length, start + 8);
    slab.writeUInt16LE(topicBytes, start + 12);
    slab[start + 14] = this.#sourceNumber(message.source);
    slab[start + 15] = flagsOf(message) | (message.isRefusable === true ? REFUSABLE : 0);
    const payloadStart = start + HEADER_BYTES + topicBytes;
    slab.set(payload, payloadStart);
    this.#used = payloadStart + payload.length;
    this.#count += 1;
    return this.#used - start;
  }

  /** The frames so far; the caller owns the buffer. `sources` names the source numbers. */
  take(): RawBatch {
    const batch = {
      buffer: this.#slab.buffer as ArrayBuffer,
      bytes: this.#used,
      sources: [...this.#sources],
    };
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
    this.#count = 0;
    return batch;
  }

  #sourceNumber(source: string): number {
    let number = this.#sources.indexOf(source);
    if (number < 0) number = this.#sources.push(source) - 1;
    if (number > 255) throw new RangeError('more than 256 sources');
    return number;
  }

  #grow(most: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * this.#used, this.#used + most));
    this.#slab.copy(next, 0, 0, this.#used);
    this.#slab = next;
  }
}

export interface RawBatch {
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
  readonly sources: readonly string[];
}

/** Calls `each` with every message in order; payloads are views on the batch's buffer. */
export function readRawBatch(batch: RawBatch, each: (message: RawMessage) => void): void {
  const slab = Buffer.from(batch.buffer, 0, batch.bytes);
  let at = 0;
  while (at < slab.length) {
    const payloadBytes = slab.readUInt32LE(at + 8);
    const topicStart = at + HEADER_BYTES;
    const payloadStart = topicStart + slab.readUInt16LE(at + 12);
    const flags = slab[at + 15] as number;
    each({
      source: batch.sources[slab[at + 14] as number] as string,
      topic: slab.utf8Slice(topicStart, payloadStart),
      payload: slab.subarray(payloadStart, payloadStart + payloadBytes),
      receivedAtUs: slab.readDoubleLE(at),
      ...marksOf(flags & ~REFUSABLE),
      isRefusable: (flags & REFUSABLE) !== 0,
    });
    at = payloadStart + payloadBytes;
  }
}
