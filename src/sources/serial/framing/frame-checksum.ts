// The checksum behind a binary frame: verified, and taken off. A frame whose sum is wrong is handed
// over whole, as a fault.

import { checksumWidth, computeChecksum } from '../../../core/checksum.ts';
import type { FrameChecksum } from '../../../core/serial-config.ts';
import type { FrameSink } from './contract.ts';

export function checksumBytes({ kind }: FrameChecksum): number {
  return checksumWidth(kind);
}

/** The frame without its sum, or null when that is wrong. */
export function verifyFrame(frame: Buffer, checksum: FrameChecksum | null): Buffer | null {
  if (checksum === null) return frame;
  const width = checksumBytes(checksum);
  const bodyBytes = frame.length - width;
  if (bodyBytes < 0) return null;
  const stated =
    checksum.order === 'little'
      ? frame.readUIntLE(bodyBytes, width)
      : frame.readUIntBE(bodyBytes, width);
  const body = frame.subarray(0, bodyBytes);
  return computeChecksum(checksum.kind, body) === stated ? body : null;
}

export function handOver(sink: FrameSink, frame: Buffer, checksum: FrameChecksum | null): void {
  const body = verifyFrame(frame, checksum);
  if (body === null) sink.frame(frame, 'checksum');
  else if (body.length > 0) sink.frame(body, null);
}
