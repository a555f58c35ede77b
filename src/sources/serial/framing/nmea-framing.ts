// NMEA 0183 sentences: from `$` or `!` to the end of the line, with `*` and two hex digits, the XOR of
// all between. What stands outside of them is noise; a sentence that another one begins within is cut.

import { computeChecksum } from '../../../core/checksum.ts';
import type { FrameSink, Framing } from './contract.ts';
import { FrameBuffer } from './frame-buffer.ts';

const DOLLAR = 0x24;
const BANG = 0x21;
const STAR = 0x2a;
const LF = 0x0a;
const CR = 0x0d;
const CHECKSUM_BYTES = 3;

export interface NmeaOptions {
  readonly bytesMax: number;
  /** The standard asks for a checksum in some sentences only; one without it may be a cut one. */
  readonly isChecksumRequired: boolean;
}

export class NmeaFraming implements Framing {
  readonly #sink: FrameSink;
  readonly #buffer: FrameBuffer;
  readonly #isChecksumRequired: boolean;
  #noise = 0;

  constructor(sink: FrameSink, { bytesMax, isChecksumRequired }: NmeaOptions) {
    this.#sink = sink;
    this.#buffer = new FrameBuffer(bytesMax);
    this.#isChecksumRequired = isChecksumRequired;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
    this.#reportNoise();
  }

  silence(): void {}

  restart(): void {
    this.#abandon();
  }

  #take(byte: number): void {
    if (byte === DOLLAR || byte === BANG) {
      this.#abandon();
      this.#buffer.add(byte);
    } else if (this.#buffer.length === 0) {
      if (byte !== CR && byte !== LF) this.#noise += 1;
    } else if (byte === CR || byte === LF) {
      this.#finish();
    } else if (!this.#buffer.add(byte)) {
      this.#sink.frame(this.#buffer.view, 'frame_too_long');
      this.#buffer.clear();
    }
  }

  #finish(): void {
    const sentence = this.#buffer.view;
    this.#sink.frame(sentence, this.#isSound(sentence) ? null : 'checksum');
    this.#buffer.clear();
  }

  #isSound(sentence: Buffer): boolean {
    const star = sentence.length - CHECKSUM_BYTES;
    if (star < 1 || sentence[star] !== STAR) return !this.#isChecksumRequired;
    const digits = sentence.latin1Slice(star + 1);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return false;
    return computeChecksum('xor8', sentence.subarray(1, star)) === Number.parseInt(digits, 16);
  }

  #abandon(): void {
    this.#reportNoise();
    if (this.#buffer.length > 0) this.#sink.discarded(this.#buffer.length, 'cut');
    this.#buffer.clear();
  }

  #reportNoise(): void {
    if (this.#noise > 0) this.#sink.discarded(this.#noise, 'noise');
    this.#noise = 0;
  }
}
