// Frames whose length is known in advance, or from their own header. They begin with a mark where the
// device sends one; without a mark only silence tells where a frame begins. After a wrong checksum the
// search for the mark goes on one byte further, so that a mark in noise costs no frame behind it.

import type { FrameChecksum } from '../../../core/serial-config.ts';
import type { FrameSink, Framing } from './contract.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { verifyFrame } from './frame-checksum.ts';

export interface SizedOptions {
  readonly bytesMax: number;
  /** The mark that every frame begins with; empty where there is none. */
  readonly start: Uint8Array;
  readonly checksum: FrameChecksum | null;
  /** Bytes that must be there before the length is known, the mark included. */
  readonly headerBytes: number;
  /** The length of the whole frame, mark, header and checksum included. */
  readonly lengthOf: (header: Buffer) => number;
  /** How much of the front is not handed over. */
  readonly stripBytes: number;
}

export class SizedFraming implements Framing {
  readonly #sink: FrameSink;
  readonly #options: SizedOptions;
  readonly #buffer: FrameBuffer;
  /** Without a mark, nothing is a frame before the first silence. */
  #isLost = false;
  #lost = 0;
  /** So many bytes of the front were handed over with a fault already; noise is not kept twice. */
  #told = 0;

  constructor(sink: FrameSink, options: SizedOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#buffer = new FrameBuffer(options.bytesMax);
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isLost) {
        this.#lost += 1;
        continue;
      }
      this.#buffer.add(byte);
      this.#advance();
    }
    this.#reportLost();
  }

  silence(): void {
    this.#abandon();
    this.#isLost = false;
  }

  restart(isMidStream: boolean): void {
    this.#abandon();
    this.#isLost = isMidStream && this.#options.start.length === 0;
  }

  #abandon(): void {
    this.#reportLost();
    if (this.#buffer.length > 0) this.#sink.discarded(this.#buffer.length, 'cut');
    this.#clear();
  }

  #reportLost(): void {
    if (this.#lost > 0) this.#sink.discarded(this.#lost, 'cut');
    this.#lost = 0;
  }

  /** Looks at the front of the buffer until it needs another byte. */
  #advance(): void {
    const { headerBytes, lengthOf, bytesMax } = this.#options;
    const buffer = this.#buffer;
    while (buffer.length > 0) {
      if (!this.#seekStart()) return;
      if (buffer.length < headerBytes) return;
      const length = lengthOf(buffer.view);
      if (length < headerBytes || length > bytesMax) this.#refuse('frame_invalid', headerBytes);
      else if (buffer.length < length) return;
      else this.#finish(length);
    }
  }

  /** True when the buffer begins with the mark, or with as much of it as is there. */
  #seekStart(): boolean {
    const { start } = this.#options;
    const buffer = this.#buffer;
    let from = 0;
    while (from < buffer.length && !this.#startsAt(from)) from += 1;
    if (from > 0) {
      this.#sink.discarded(from, 'noise');
      this.#drop(from);
    }
    return buffer.length >= start.length;
  }

  #startsAt(from: number): boolean {
    const { start } = this.#options;
    const buffer = this.#buffer;
    const length = Math.min(start.length, buffer.length - from);
    for (let at = 0; at < length; at += 1) {
      if (buffer.at(from + at) !== start[at]) return false;
    }
    return true;
  }

  #finish(length: number): void {
    const { checksum, stripBytes } = this.#options;
    const body = verifyFrame(this.#buffer.view.subarray(0, length), checksum);
    if (body === null) {
      this.#refuse('checksum', length);
      return;
    }
    if (body.length > stripBytes) this.#sink.frame(body.subarray(stripBytes), null);
    this.#drop(length);
  }

  #refuse(fault: 'checksum' | 'frame_invalid', length: number): void {
    if (this.#told === 0) {
      this.#sink.frame(this.#buffer.view.subarray(0, length), fault);
      this.#told = length;
    }
    if (this.#options.start.length > 0) {
      this.#drop(1);
      return;
    }
    this.#clear();
    this.#isLost = true;
  }

  #drop(count: number): void {
    this.#buffer.drop(count);
    this.#told = Math.max(0, this.#told - count);
  }

  #clear(): void {
    this.#buffer.clear();
    this.#told = 0;
  }
}
