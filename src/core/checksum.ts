// Checksums of frames and texts, byte by byte. What is under a sum is decided elsewhere; a frame whose
// sum is wrong never becomes a reading.

import { crc32 } from 'node:zlib';

export const checksumKinds = [
  'xor8',
  'sum8',
  'lrc8',
  'crc8',
  'crc8-maxim',
  'crc16-arc',
  'crc16-modbus',
  'crc16-ccitt',
  'crc16-xmodem',
  'crc32',
] as const;

export type ChecksumKind = (typeof checksumKinds)[number];

function fold(bytes: Uint8Array, step: (sum: number, byte: number) => number): number {
  let sum = 0;
  for (const byte of bytes) sum = step(sum, byte);
  return sum;
}

/** A CRC that shifts right; `polynomial` is the reversed one. */
function reflected(bytes: Uint8Array, polynomial: number, start: number): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return crc;
}

/** A CRC that shifts left. */
function direct(
  bytes: Uint8Array,
  { polynomial, start, width }: { polynomial: number; start: number; width: 8 | 16 },
): number {
  const top = 1 << (width - 1);
  const mask = width === 8 ? 0xff : 0xffff;
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & top ? (crc << 1) ^ polynomial : crc << 1) & mask;
    }
  }
  return crc;
}

/** Of the sum itself, in bytes. */
export function checksumWidth(kind: ChecksumKind): 1 | 2 | 4 {
  if (kind === 'crc32') return 4;
  return kind.startsWith('crc16') ? 2 : 1;
}

/**
 * The sum over all bytes. Parameters as in the CRC catalogue of reveng under the same names, where
 * crc16-ccitt is CRC-16/IBM-3740 (often called CCITT-FALSE) and crc32 is CRC-32/ISO-HDLC.
 */
export function computeChecksum(kind: ChecksumKind, bytes: Uint8Array): number {
  switch (kind) {
    case 'xor8':
      return fold(bytes, (sum, byte) => sum ^ byte);
    case 'sum8':
      return fold(bytes, (sum, byte) => (sum + byte) & 0xff);
    case 'lrc8':
      return -fold(bytes, (sum, byte) => (sum + byte) & 0xff) & 0xff;
    case 'crc8':
      return direct(bytes, { polynomial: 0x07, start: 0, width: 8 });
    case 'crc8-maxim':
      return reflected(bytes, 0x8c, 0);
    case 'crc16-arc':
      return reflected(bytes, 0xa001, 0);
    case 'crc16-modbus':
      return reflected(bytes, 0xa001, 0xffff);
    case 'crc16-ccitt':
      return direct(bytes, { polynomial: 0x1021, start: 0xffff, width: 16 });
    case 'crc16-xmodem':
      return direct(bytes, { polynomial: 0x1021, start: 0, width: 16 });
    case 'crc32':
      return crc32(bytes);
  }
}
