// What is wholly a number is taken, with the unit behind it; nothing else ever is.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applySign, parseDecimal, parseHex } from '../../../src/decode/number-text.ts';

test.each([
  ['21.5', 21.5, ''],
  [' 21.5\r\n', 21.5, ''],
  ['+21.5', 21.5, ''],
  ['-.5', -0.5, ''],
  ['1e3', 1000, ''],
  ['21.5 C', 21.5, 'C'],
  ['21.5°C', 21.5, '°C'],
  ['70.7F', 70.7, 'F'],
  ['57.90 %', 57.9, '%'],
  ['\ufeff21.5', 21.5, ''],
])('%j', (text, value, unit) => {
  expect(parseDecimal(text)).toEqual({ kind: 'number', value, unit });
});

test.each([
  '',
  ' ',
  'abc',
  '21.5.1',
  '21,5',
  '21.5 23.0',
  '1e400',
  '0x1F.',
  '--5',
  '5-',
  '1:2',
  '9'.repeat(100_000),
  'e5',
  '.',
  '+',
  '21.5 C 3',
])('%j is no number', (text) => {
  expect(parseDecimal(text)).toEqual({ kind: 'invalid' });
});

test.each([
  ['nan', 'not_a_number'],
  ['-inf', 'not_a_number'],
  ['null', 'null_value'],
  ['unavailable', 'sentinel'],
  ['ON', 'no_measurement'],
])('%s is left out', (text, reason) => {
  expect(parseDecimal(text)).toEqual({ kind: 'dropped', reason });
});

test('every finite number comes back from its text', () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
      const read = parseDecimal(String(value));
      expect(read).toEqual({ kind: 'number', value: Object.is(value, -0) ? 0 : value, unit: '' });
    }),
  );
});

test('hex and signs', () => {
  expect(parseHex('0x00F5')).toEqual({ kind: 'number', value: 245, unit: '' });
  expect(parseHex('80F5')).toEqual({ kind: 'number', value: 0x80f5, unit: '' });
  expect(parseHex('1G').kind).toBe('invalid');
  expect(applySign(0x80f5, 'magnitude', 16)).toBe(-245);
  expect(applySign(0xff0b, 'twos-complement', 16)).toBe(-245);
  expect(applySign(0x7fff, 'twos-complement', 16)).toBe(32_767);
  expect(applySign(0x10000, 'magnitude', 16)).toBeNaN();
  expect(applySign(-1, 'magnitude', 16)).toBeNaN();
});
