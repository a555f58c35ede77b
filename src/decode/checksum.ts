// Checksums of text frames: which part is covered, where the expected digits stand, and the sums
// themselves. A frame whose sum is wrong never becomes a reading.

export const checksumKinds = [
  'xor8',
  'sum8',
  'lrc8',
  'crc8',
  'crc8-maxim',
  'crc16-arc',
  'crc16-modbus',
  'crc16-ccitt',
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

/** The sum over all bytes. Parameters as in the CRC catalogue of reveng under the same names. */
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
  }
}

export interface ChecksumRule {
  readonly kind: ChecksumKind;
  /** The covered part begins after this text, or with the frame where it is empty. */
  readonly after: string;
  /** The covered part ends before the last one of this text; the expected digits follow it. */
  readonly before: string;
  /** The covered part is hex digits, and the sum is over the bytes they spell. */
  readonly isHex: boolean;
}

const hexDigits = /^[0-9A-Fa-f]+$/;

/** The covered part when the sum is right, else why not. */
export function verifyChecksum(
  rule: ChecksumRule,
  frame: string,
): { readonly covered: string } | { readonly fault: string } {
  const width = rule.kind.startsWith('crc16') ? 4 : 2;
  const text = frame.trimEnd();
  const start = rule.after === '' ? 0 : text.indexOf(rule.after);
  if (start < 0) return { fault: `no ${JSON.stringify(rule.after)} at the start` };
  const end = rule.before === '' ? text.length - width : text.lastIndexOf(rule.before);
  const covered = text.slice(start + rule.after.length, Math.max(end, 0));
  const expected = text.slice(end + rule.before.length);
  if (end < start + rule.after.length || expected.length !== width || !hexDigits.test(expected)) {
    return { fault: `no checksum of ${width} hex digits at the end` };
  }
  if (rule.isHex && (covered.length % 2 === 1 || !hexDigits.test(covered))) {
    return { fault: 'the part under the checksum is not hex' };
  }
  const actual = computeChecksum(rule.kind, Buffer.from(covered, rule.isHex ? 'hex' : 'utf8'));
  if (actual === Number.parseInt(expected, 16)) return { covered };
  const shown = actual.toString(16).toUpperCase().padStart(width, '0');
  return { fault: `the frame says ${expected}, its ${rule.kind} is ${shown}` };
}
