// Columns of a terminal: what wide characters take, and that nothing is cut in two.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cutText,
  padEnd,
  padStart,
  textWidth,
  wrapText,
} from '../../../../src/cli/terminal/text-width.ts';

test.each([
  ['boiler', 6],
  ['Küche', 5],
  ['Ku\u0308che', 5],
  ['温度計', 6],
  ['ｶﾞ', 2],
  ['🌡️', 2],
  ['👩‍🚀 1', 4],
  ['🇫🇮', 2],
])('%s takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
  expect(textWidth(padEnd(text, 10))).toBe(10);
  expect(textWidth(padStart(text, 10))).toBe(10);
});

test('what is cut ends in an ellipsis, and a wide character goes as a whole', () => {
  expect(cutText('temperature', 11)).toBe('temperature');
  expect(cutText('temperature', 8)).toBe('tempera…');
  expect(cutText('温度計', 6)).toBe('温度計');
  expect(cutText('温度計', 5)).toBe('温度…');
  expect(cutText('温度計', 4)).toBe('温…');
  expect(cutText('👩‍🚀👩‍🚀', 3)).toBe('👩‍🚀…');
  expect(cutText('abc', 0)).toBe('');
});

test('whatever the text, it is no wider than it may be, and whole where it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(12), (text, width) => {
      expect(textWidth(cutText(text, width))).toBeLessThanOrEqual(width);
      if (textWidth(text) <= width) expect(cutText(text, width)).toBe(text);
    }),
  );
});

test('a text is wrapped between words, and a word that is too wide is left whole', () => {
  expect(wrapText('a few words', 80)).toEqual(['a few words']);
  expect(wrapText('a few words and averyverylongone at last', 12)).toEqual([
    'a few words',
    'and',
    'averyverylongone',
    'at last',
  ]);
});
