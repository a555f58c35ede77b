// Telegrams of smart meters' P1 ports (EN 62056-21 mode D): from `/` over many lines to the line that
// begins with `!`. core/telegram.ts holds them against their CRC.

import { isSoundTelegram } from '../../../core/telegram.ts';
import type { FrameSink, Framing } from './contract.ts';
import { FrameBuffer } from './frame-buffer.ts';

const SLASH = 0x2f;
const BANG = 0x21;
const LF = 0x0a;
const CR = 0x0d;

export class TelegramFraming implements Framing {
  readonly #sink: FrameSink;
  readonly #buffer: FrameBuffer;
  #isLineStart = true;
  /** Where the last line begins: `!` and what follows it. */
  #endAt = -1;
  #noise = 0;

  constructor(sink: FrameSink, { bytesMax }: { bytesMax: number }) {
    this.#sink = sink;
    this.#buffer = new FrameBuffer(bytesMax);
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
    this.#reportNoise();
  }

  silence(): void {}

  restart(): void {
    this.#abandon();
    this.#isLineStart = true;
  }

  #take(byte: number): void {
    const isLineStart = this.#isLineStart;
    const isLineEnd = byte === LF || byte === CR;
    this.#isLineStart = isLineEnd;
    const isOutside = this.#buffer.length === 0;
    // Outside of a telegram noise may stand before the slash, within one only its line's start counts.
    if (byte === SLASH && (isOutside || isLineStart)) {
      this.#abandon();
      this.#buffer.add(byte);
      return;
    }
    if (isOutside) {
      if (!isLineEnd) this.#noise += 1;
      return;
    }
    if (isLineEnd && this.#endAt >= 0) {
      this.#finish();
      return;
    }
    if (byte === BANG && isLineStart) this.#endAt = this.#buffer.length;
    if (this.#buffer.add(byte)) return;
    this.#sink.frame(this.#buffer.view, 'frame_too_long');
    this.#clear();
  }

  #finish(): void {
    const telegram = this.#buffer.view;
    this.#sink.frame(telegram, isSoundTelegram(telegram) ? null : 'checksum');
    this.#clear();
  }

  #abandon(): void {
    this.#reportNoise();
    if (this.#buffer.length > 0) this.#sink.discarded(this.#buffer.length, 'cut');
    this.#clear();
  }

  #clear(): void {
    this.#buffer.clear();
    this.#endAt = -1;
  }

  #reportNoise(): void {
    if (this.#noise > 0) this.#sink.discarded(this.#noise, 'noise');
    this.#noise = 0;
  }
}
