// The rule for every string in an MQTT packet, applied to its bytes before they are decoded: once
// decoded, a broken byte can no longer be told from a genuine U+FFFD.

import { isUtf8 } from 'node:buffer';

/** What one pass over a string's bytes found; reused by the caller, so that a scan allocates nothing. */
export interface StringScan {
  /** Parts between slashes: one more than there are slashes. */
  levels: number;
  /** `#` or `+` occurs. */
  hasWildcard: boolean;
  isAscii: boolean;
}

const slash = 0x2f;
const hash = 0x23;
const plus = 0x2b;

/**
 * Says whether the standard lets a receiver take these bytes as a string, and fills `scan`.
 * Refused: ill-formed UTF-8 and surrogates [MQTT-1.5.3-1, 5: MQTT-1.5.4-1], NUL [MQTT-1.5.3-2,
 * 5: MQTT-1.5.4-2], and what 1.5.3 (5: 1.5.4) lets a receiver close the connection for: control
 * characters and non-characters. A byte order mark is an ordinary character [MQTT-1.5.3-3].
 */
export function scanMqttString(bytes: Buffer, scan: StringScan): boolean {
  let levels = 1;
  let hasWildcard = false;
  let isAscii = true;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte === slash) levels++;
    else if (byte === hash || byte === plus) hasWildcard = true;
    else if (byte < 0x20 || byte === 0x7f) return false;
    else if (byte > 0x7f) isAscii = false;
  }
  scan.levels = levels;
  scan.hasWildcard = hasWildcard;
  scan.isAscii = isAscii;
  return isAscii || isAllowedUnicode(bytes);
}

function isAllowedUnicode(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  for (const character of bytes.toString('utf8')) {
    const point = character.codePointAt(0) as number;
    if (point >= 0x80 && point <= 0x9f) return false;
    if ((point & 0xfffe) === 0xfffe || (point >= 0xfdd0 && point <= 0xfdef)) return false;
  }
  return true;
}
