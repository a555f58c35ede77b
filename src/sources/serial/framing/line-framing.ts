// Lines of text. Any of CR, LF and CRLF ends one, unless the config insists on one of them; empty lines
// are none. Where a device ends its lines with nothing but silence, silence ends them.

import type { FrameSink } from './contract.ts';
import { DelimitedFraming } from './delimited-framing.ts';

export type LineEnding = 'any' | 'cr' | 'lf' | 'crlf';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

export interface LineOptions {
  readonly bytesMax: number;
  readonly ending: LineEnding;
  /** What came before a silence is a whole line, whatever it ends with. */
  readonly endsAtSilence: boolean;
}

export class LineFraming extends DelimitedFraming {
  readonly #ending: LineEnding;
  readonly #endsAtSilence: boolean;
  #wasCr = false;

  constructor(sink: FrameSink, { bytesMax, ending, endsAtSilence }: LineOptions) {
    super(sink, bytesMax);
    this.#ending = ending;
    this.#endsAtSilence = endsAtSilence;
  }

  override silence(): void {
    if (!this.#endsAtSilence) return;
    this.#flushCr();
    this.end();
  }

  override restart(isMidStream: boolean): void {
    this.#wasCr = false;
    super.restart(isMidStream);
  }

  protected take(byte: number): void {
    if (this.#ending === 'crlf') {
      this.#takePair(byte);
      return;
    }
    const isEnd = (byte === LF && this.#ending !== 'cr') || (byte === CR && this.#ending !== 'lf');
    if (isEnd) {
      this.end();
      return;
    }
    // An adapter that is reset sends NULs.
    if (byte === NUL && this.buffer.length === 0) this.sink.discarded(1, 'noise');
    else this.add(byte);
  }

  protected finish(bytes: Buffer): void {
    this.sink.frame(bytes, null);
  }

  /** A CR alone is a character of the line. */
  #takePair(byte: number): void {
    if (byte === LF && this.#wasCr) {
      this.#wasCr = false;
      this.end();
      return;
    }
    this.#flushCr();
    if (byte === CR) this.#wasCr = true;
    else this.add(byte);
  }

  #flushCr(): void {
    if (this.#wasCr) this.add(CR);
    this.#wasCr = false;
  }
}
