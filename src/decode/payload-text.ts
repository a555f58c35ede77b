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
