// The standard's rules for strings, over all code points.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StringScan, scanMqttString } from '../../../../src/sources/mqtt/mqtt-string.ts';

const scan: StringScan = { levels: 0, hasWildcard: false, isAscii: false };

function isAllowed(point: number): boolean {
  if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return false;
  if (point >= 0xd800 && point <= 0xdfff) return false;
  return (point & 0xfffe) !== 0xfffe && !(point >= 0xfdd0 && point <= 0xfdef);
}

test('takes exactly the code points that the standard allows', () => {
  for (let point = 0; point <= 0x10ffff; point += point < 0x11000 ? 1 : 0xff) {
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    const bytes = isSurrogate
      ? Buffer.from([0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)])
      : Buffer.from(String.fromCodePoint(point));
    if (scanMqttString(bytes, scan) !== isAllowed(point)) expect.fail(`U+${point.toString(16)}`);
  }
});

test('takes only bytes that decode and encode to themselves', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (values) => {
      const bytes = Buffer.from(values);
      if (!scanMqttString(bytes, scan)) return true;
      return Buffer.from(bytes.toString('utf8')).equals(bytes);
    }),
  );
});

test('counts levels, and sees wildcards and characters beyond ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '/', '+', '#', 'ü', '😀') }), (text) => {
      if (!scanMqttString(Buffer.from(text), scan)) return false;
      return (
        scan.levels === text.split('/').length &&
        scan.hasWildcard === /[+#]/.test(text) &&
        scan.isAscii === !/[ü😀]/u.test(text)
      );
    }),
  );
});
