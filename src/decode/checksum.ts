// Checksums of text frames: which part is covered, and where the expected digits stand.

import type { ChecksumKind } from '../core/checksum.ts';
import { checksumWidth, computeChecksum } from '../core/checksum.ts';
import type { LinePattern } from './line-pattern.ts';

export interface ChecksumRule {
  readonly kind: ChecksumKind;
  /** The covered part begins after this text, or with the frame where it is empty. */
  readonly after: string;
  /** The covered part ends before the last one of this text; the expected digits follow it. */
  readonly before: string;
  /** The sum covers these two texts as well. */
  readonly isInclusive: boolean;
  /** A frame without the text `before` has no checksum and counts all the same. */
  readonly isOptional: boolean;
  /** The covered part is hex digits, and the sum is over the bytes they spell. */
  readonly isHex: boolean;
  /** The low byte of the sum is sent first. */
  readonly isLittle: boolean;
  /** The sum's digits are of six bits each, 0x40 to 0x7f, and not hex. */
  readonly isSixBit: boolean;
  /** Frames of another form have no checksum and count all the same; null where every frame has one. */
  readonly form: LinePattern | null;
}

const hexDigits = /^[0-9A-Fa-f]+$/;

function digitsOf(sum: number, width: number): string {
  return sum
    .toString(16)
    .toUpperCase()
    .padStart(width * 2, '0');
}

/** As Vaisala's transmitters write their CRC: the highest bits first, each six of them above 0x40. */
function sixBitDigitsOf(sum: number, width: number): string {
  let text = '';
  for (let shift = (Math.ceil((width * 8) / 6) - 1) * 6; shift >= 0; shift -= 6) {
    text += String.fromCharCode(0x40 | ((sum >>> shift) & 0x3f));
  }
  return text;
}

function sumOf(bytes: Buffer, { kind, isLittle }: ChecksumRule): number {
  const width = checksumWidth(kind);
  return isLittle ? bytes.readUIntLE(0, width) : bytes.readUIntBE(0, width);
}

/** The covered part when the sum is right, else why not. */
export function verifyChecksum(
  rule: ChecksumRule,
  frame: string,
): { readonly covered: string } | { readonly fault: string } {
  const { kind, after, before, isSixBit } = rule;
  const bytes = checksumWidth(kind);
  const width = isSixBit ? Math.ceil((bytes * 8) / 6) : bytes * 2;
  const text = frame.trimEnd();
  if (rule.form !== null && rule.form.match(text) === null) return { covered: text };
  const start = after === '' ? 0 : text.indexOf(after);
  if (start < 0) return { fault: `no ${JSON.stringify(after)} at the start` };
  const first = start + after.length;
  const end = before === '' ? text.length - width : text.lastIndexOf(before);
  if (rule.isOptional && before !== '' && end < first) return { covered: text.slice(first) };
  const expected = text.slice(end + before.length);
  const isWhole = isSixBit || hexDigits.test(expected);
  if (end < first || expected.length !== width || !isWhole) {
    return {
      fault: `no checksum of ${width} ${isSixBit ? 'characters' : 'hex digits'} at the end`,
    };
  }
  const covered = text.slice(first, end);
  if (rule.isHex && (covered.length % 2 === 1 || !hexDigits.test(covered))) {
    return { fault: 'the part under the checksum is not hex' };
  }
  const summed = rule.isInclusive ? text.slice(start, end + before.length) : covered;
  const actual = computeChecksum(kind, Buffer.from(summed, rule.isHex ? 'hex' : 'utf8'));
  const digits = isSixBit ? sixBitDigitsOf(actual, bytes) : digitsOf(actual, bytes);
  const isRight = isSixBit
    ? expected === digits
    : actual === sumOf(Buffer.from(expected, 'hex'), rule);
  if (isRight) return { covered };
  return { fault: `the frame says ${expected}, its ${kind} is ${digits}` };
}

/** The same of a binary frame, whose last bytes are the sum over all before them. */
export function verifyByteChecksum(
  rule: ChecksumRule,
  frame: Buffer,
): { readonly covered: Buffer } | { readonly fault: string } {
  const end = frame.length - checksumWidth(rule.kind);
  if (end < 0) return { fault: `a frame of ${frame.length} bytes` };
  const covered = frame.subarray(0, end);
  const actual = computeChecksum(rule.kind, covered);
  if (actual === sumOf(frame.subarray(end), rule)) return { covered };
  const said = frame.toString('hex', end).toUpperCase();
  return {
    fault: `the frame ends in ${said}, its ${rule.kind} is ${digitsOf(actual, frame.length - end)}`,
  };
}
