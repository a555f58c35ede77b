// Frames that end with a given sequence of bytes, which is not part of them.

import type { FrameChecksum } from '../../../core/serial-config.ts';
import type { FrameSink } from './contract.ts';
import { DelimitedFraming } from './delimited-framing.ts';
import { handOver } from './frame-checksum.ts';

export interface DelimiterOptions {
  readonly bytesMax: number;
  /** One byte or more. */
  readonly delimiter: Uint8Array;
  readonly checksum: FrameChecksum | null;
}

export class DelimiterFraming extends DelimitedFraming {
  readonly #delimiter: Uint8Array;
  readonly #checksum: FrameChecksum | null;
  /** For each count of matched bytes, how many still match when the next one does not (Knuth-Morris-Pratt). */
  readonly #fallback: readonly number[];
  #matched = 0;

  constructor(sink: FrameSink, { bytesMax, delimiter, checksum }: DelimiterOptions) {
    super(sink, bytesMax);
    this.#delimiter = delimiter;
    this.#checksum = checksum;
    this.#fallback = fallbackOf(delimiter);
  }

  override restart(isMidStream: boolean): void {
    this.#matched = 0;
    super.restart(isMidStream);
  }

  protected take(byte: number): void {
    const delimiter = this.#delimiter;
    while (this.#matched > 0 && byte !== delimiter[this.#matched]) {
      // The first bytes of what looked like the delimiter are the frame's.
      const kept = this.#fallback[this.#matched - 1] as number;
      for (let at = 0; at < this.#matched - kept; at += 1) this.add(delimiter[at] as number);
      this.#matched = kept;
    }
    if (byte !== delimiter[this.#matched]) {
      this.add(byte);
      return;
    }
    this.#matched += 1;
    if (this.#matched < delimiter.length) return;
    this.#matched = 0;
    this.end();
  }

  protected finish(bytes: Buffer): void {
    handOver(this.sink, bytes, this.#checksum);
  }
}

function fallbackOf(delimiter: Uint8Array): number[] {
  const fallback = [0];
  let kept = 0;
  for (let at = 1; at < delimiter.length; at += 1) {
    while (kept > 0 && delimiter[at] !== delimiter[kept]) kept = fallback[kept - 1] as number;
    if (delimiter[at] === delimiter[kept]) kept += 1;
    fallback.push(kept);
  }
  return fallback;
}
