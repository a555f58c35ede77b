// Frames that end with a mark: what lines, delimiters, COBS and SLIP have in common. A frame beyond the
// limit is handed over once, its first part alone and as a fault, and the rest up to the mark is skipped.

import type { DiscardReason, FrameSink, Framing } from './contract.ts';
import { FrameBuffer } from './frame-buffer.ts';

export abstract class DelimitedFraming implements Framing {
  protected readonly sink: FrameSink;
  protected readonly buffer: FrameBuffer;
  /** Why everything up to the next mark is skipped; null while a frame is read. */
  #skips: DiscardReason | null = null;
  #skipped = 0;

  constructor(sink: FrameSink, bytesMax: number) {
    this.sink = sink;
    this.buffer = new FrameBuffer(bytesMax);
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.take(byte);
    this.#reportSkipped();
  }

  silence(): void {}

  restart(isMidStream: boolean): void {
    this.#reportSkipped();
    if (this.buffer.length > 0) this.sink.discarded(this.buffer.length, 'cut');
    this.buffer.clear();
    this.#skips = isMidStream ? 'cut' : null;
  }

  protected abstract take(byte: number): void;

  /** Hands over what stands between two marks; empty frames never come here. */
  protected abstract finish(bytes: Buffer): void;

  protected add(byte: number): void {
    if (this.#skips !== null) {
      this.#skipped += 1;
    } else if (!this.buffer.add(byte)) {
      this.sink.frame(this.buffer.view, 'frame_too_long');
      this.buffer.clear();
      this.#skips = 'too_long';
      this.#skipped = 1;
    }
  }

  /** A mark was read. */
  protected end(): void {
    if (this.#skips !== null) {
      this.#reportSkipped();
      this.#skips = null;
    } else if (this.buffer.length > 0) {
      this.finish(this.buffer.view);
    }
    this.buffer.clear();
  }

  #reportSkipped(): void {
    if (this.#skipped > 0 && this.#skips !== null) this.sink.discarded(this.#skipped, this.#skips);
    this.#skipped = 0;
  }
}
