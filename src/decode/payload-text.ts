// Bytes to text, the first step of every format but the binary ones: valid UTF-8 or nothing.

import { isAscii, isUtf8 } from 'node:buffer';

/**
 * The text without its byte order mark and without the NUL that C programs send behind a string, or
 * null when the bytes are not UTF-8.
 */
export function readText(payload: Uint8Array): string | null {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length;
  if (isAscii(bytes)) return bytes.latin1Slice(0, end);
  if (!isUtf8(bytes)) return null;
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return bytes.utf8Slice(start, end);
}

/** °, ², ³ and µ in Latin-1: what else is not ASCII is noise in a line of text. */
const signBytes = new Set([0xb0, 0xb2, 0xb3, 0xb5]);

/** The same, but where it is not UTF-8 the signs of Latin-1 may stand in it: sketches print (char)176. */
export function readSignText(payload: Uint8Array): string | null {
  const text = readText(payload);
  if (text !== null) return text;
  if (payload.some((byte) => byte > 0x7f && !signBytes.has(byte))) return null;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return bytes.latin1Slice(0, bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length);
}
