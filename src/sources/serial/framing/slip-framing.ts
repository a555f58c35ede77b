// SLIP (RFC 1055): END ends a frame, and END and ESC within it are written as two bytes. An END in
// front of a frame, which the RFC advises, costs an empty frame, which is none.

import type { FrameChecksum } from '../../../core/serial-config.ts';
import type { FrameSink } from './contract.ts';
import { DelimitedFraming } from './delimited-framing.ts';
import { handOver } from './frame-checksum.ts';

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

export class SlipFraming extends DelimitedFraming {
  readonly #checksum: FrameChecksum | null;

  constructor(
    sink: FrameSink,
    { bytesMax, checksum }: { bytesMax: number; checksum: FrameChecksum | null },
  ) {
    super(sink, bytesMax);
    this.#checksum = checksum;
  }

  protected take(byte: number): void {
    if (byte === END) this.end();
    else this.add(byte);
  }

  protected finish(bytes: Buffer): void {
    const decoded = decodeSlip(bytes);
    if (decoded === null) this.sink.frame(bytes, 'frame_invalid');
    else handOver(this.sink, decoded, this.#checksum);
  }
}

/** Null when an ESC stands before anything but the two bytes that may follow it. */
export function decodeSlip(escaped: Uint8Array): Buffer | null {
  const decoded = Buffer.allocUnsafe(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    let byte = escaped[at] as number;
    if (byte === ESC) {
      at += 1;
      if (escaped[at] === ESC_END) byte = END;
      else if (escaped[at] === ESC_ESC) byte = ESC;
      else return null;
    }
    decoded[length] = byte;
    length += 1;
  }
  return decoded.subarray(0, length);
}
