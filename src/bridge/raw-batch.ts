// Raw messages as one transferable buffer, from the I/O thread to the log thread.
//
// A frame: received_at (float64, us) | payload bytes (uint32) | topic bytes (uint16) | source
// (uint8, its number) | flags (uint8) | topic | payload | with KEYED: sequence (float64) | call (uint32)
// | producer bytes (uint8) | producer; little-endian, frames back to back.

import { flagsOf, marksOf, type ProducerKey, type RawMessage } from '../core/raw-message.ts';

const HEADER_BYTES = 16;
/**
 * A batch's first buffer: twice what the last batch took, within these. The log thread's collector
 * counts whole buffers: at 64 KiB for each turn of two messages it ran five times a second, for 20 ms.
 */
const SLAB_BYTES = { min: 1024, max: 32 * 1024 };
/** Above what `flagsOf` uses: it concerns the way to the log alone. */
const REFUSABLE = 0x80;
/** The number of a fault leaves this bit free. */
const KEYED = 0x40;
const KEY_HEADER_BYTES = 13;
/** An MQTT topic's length field has two bytes; in UTF-8 a code unit takes three at most. */
const TOPIC_BYTES_MAX = 65_535;

/** Fills a buffer with messages; the buffer is handed over whole and the writer starts a new one. */
export class RawBatchWriter {
  readonly #sources: string[] = [];
  #slab = Buffer.alloc(0);
  #used = 0;
  #count = 0;
  #slabBytes = SLAB_BYTES.min;

  get count(): number {
    return this.#count;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Copies the message. Returns the bytes it takes. */
  add(message: RawMessage): number {
    const { payload, topic, key } = message;
    const keyBytes = key === undefined ? 0 : KEY_HEADER_BYTES + key.producer.length;
    const most = HEADER_BYTES + topic.length * 3 + payload.length + keyBytes;
    if (this.#used + most > this.#slab.length) this.#grow(most);
    const slab = this.#slab;
    const start = this.#used;
    const topicBytes = slab.write(topic, start + HEADER_BYTES, 'utf8');
    if (topicBytes > TOPIC_BYTES_MAX) throw new RangeError(`a topic of ${topicBytes} bytes`);
    slab.writeDoubleLE(message.receivedAtUs, start);
    slab.writeUInt32LE(payload.length, start + 8);
    slab.writeUInt16LE(topicBytes, start + 12);
    slab[start + 14] = this.#sourceNumber(message.source);
    slab[start + 15] =
      flagsOf(message) |
      (message.isRefusable === true ? REFUSABLE : 0) |
      (key === undefined ? 0 : KEYED);
    const payloadStart = start + HEADER_BYTES + topicBytes;
    slab.set(payload, payloadStart);
    this.#used = payloadStart + payload.length;
    if (key !== undefined) this.#addKey(key);
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
    this.#slabBytes = Math.max(SLAB_BYTES.min, Math.min(2 * this.#used, SLAB_BYTES.max));
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
    this.#count = 0;
    return batch;
  }

  /** A producer's name is ASCII, and 128 characters at most. */
  #addKey({ producer, sequence, call }: ProducerKey): void {
    const slab = this.#slab;
    const start = this.#used;
    slab.writeDoubleLE(sequence, start);
    slab.writeUInt32LE(call, start + 8);
    slab[start + 12] = producer.length;
    slab.write(producer, start + KEY_HEADER_BYTES, 'latin1');
    this.#used = start + KEY_HEADER_BYTES + producer.length;
  }

  #sourceNumber(source: string): number {
    let number = this.#sources.indexOf(source);
    if (number < 0) number = this.#sources.push(source) - 1;
    if (number > 255) throw new RangeError('more than 256 sources');
    return number;
  }

  #grow(most: number): void {
    const next = Buffer.allocUnsafeSlow(
      Math.max(this.#slabBytes, 2 * this.#used, this.#used + most),
    );
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
    const payloadEnd = payloadStart + payloadBytes;
    const flags = slab[at + 15] as number;
    const isKeyed = (flags & KEYED) !== 0;
    each({
      source: batch.sources[slab[at + 14] as number] as string,
      topic: slab.utf8Slice(topicStart, payloadStart),
      payload: slab.subarray(payloadStart, payloadEnd),
      receivedAtUs: slab.readDoubleLE(at),
      ...marksOf(flags & ~REFUSABLE & ~KEYED),
      isRefusable: (flags & REFUSABLE) !== 0,
      ...(isKeyed ? { key: readKey(slab, payloadEnd) } : {}),
    });
    at = payloadEnd + (isKeyed ? KEY_HEADER_BYTES + (slab[payloadEnd + 12] as number) : 0);
  }
}

function readKey(slab: Buffer, start: number): ProducerKey {
  const nameStart = start + KEY_HEADER_BYTES;
  return {
    sequence: slab.readDoubleLE(start),
    call: slab.readUInt32LE(start + 8),
    producer: slab.latin1Slice(nameStart, nameStart + (slab[start + 12] as number)),
  };
}
