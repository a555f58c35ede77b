// Bytes as lines of hex, so short that a phone shows them whole.

const LINE_BYTES = 8;
/** More than that helps nobody on a screen. */
export const HEX_BYTES_MAX = 1024;

export function hexLines(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, HEX_BYTES_MAX);
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += LINE_BYTES) {
    const part = [...shown.subarray(at, at + LINE_BYTES)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'));
    lines.push(
      `${at.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * LINE_BYTES)} ${text.join('')}`,
    );
  }
  return lines.join('\n');
}
