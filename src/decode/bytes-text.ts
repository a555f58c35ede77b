// Bytes that came as text. Node's own decoders skip what they do not know; a frame with a wrong
// character in it is no frame.

export const byteEncodings = ['hex', 'base64'] as const;

export type ByteEncoding = (typeof byteEncodings)[number];

const patterns: Readonly<Record<ByteEncoding, RegExp>> = {
  hex: /^(?:0[xX])?([0-9A-Fa-f]*)$/,
  // RFC 4648, 4 and 5; padding may be missing.
  base64: /^([A-Za-z0-9+/_-]*)={0,2}$/,
};

/** Null when the text is not wholly of the encoding. Blanks around it do not count. */
export function decodeBytes(text: string, encoding: ByteEncoding): Buffer | null {
  const digits = patterns[encoding].exec(text.trim())?.[1];
  if (digits === undefined) return null;
  if (encoding === 'hex') return digits.length % 2 === 0 ? Buffer.from(digits, 'hex') : null;
  return digits.length % 4 === 1 ? null : Buffer.from(digits, 'base64');
}

const byteList = /^\d{1,3}(?: +\d{1,3})*$/;

/** Bytes as decimal numbers with blanks between, as JeeNode sketches print them; null for anything else. */
export function decodeDecimalBytes(text: string): Buffer | null {
  const trimmed = text.trim();
  if (!byteList.test(trimmed)) return null;
  const bytes = trimmed.split(/ +/).map(Number);
  return bytes.some((byte) => byte > 0xff) ? null : Buffer.from(bytes);
}
