// Checksums of text frames: which part is covered, and where the expected digits stand.

import type { ChecksumKind } from '../core/checksum.ts';
import { computeChecksum } from '../core/checksum.ts';

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
