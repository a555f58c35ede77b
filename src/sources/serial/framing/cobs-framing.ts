// COBS (Cheshire and Baker, 1999): a zero ends a frame, and within it each code byte says how far the
// next zero of the data is away.

import type { FrameChecksum } from '../../../core/serial-config.ts';
import type { FrameSink } from './contract.ts';
import { DelimitedFraming } from './delimited-framing.ts';
import { handOver } from './frame-checksum.ts';

export class CobsFraming extends DelimitedFraming {
  readonly #checksum: FrameChecksum | null;

  constructor(
    sink: FrameSink,
    { bytesMax, checksum }: { bytesMax: number; checksum: FrameChecksum | null },
  ) {
    super(sink, bytesMax);
    this.#checksum = checksum;
  }

  protected take(byte: number): void {
    if (byte === 0) this.end();
    else this.add(byte);
  }

  protected finish(bytes: Buffer): void {
    const decoded = decodeCobs(bytes);
    if (decoded === null) this.sink.frame(bytes, 'frame_invalid');
    else if (decoded.length > 0) handOver(this.sink, decoded, this.#checksum);
  }
}

/** Null when a code byte leads beyond the end. `encoded` has no zeros. */
export function decodeCobs(encoded: Uint8Array): Buffer | null {
  const decoded = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; ) {
    const code = encoded[at] as number;
    const next = at + code;
    if (next > encoded.length) return null;
    decoded.set(encoded.subarray(at + 1, next), length);
    length += code - 1;
    if (code < 0xff && next < encoded.length) {
      decoded[length] = 0;
      length += 1;
    }
    at = next;
  }
  return decoded.subarray(0, length);
}
