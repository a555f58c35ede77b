// Sparklines and bars, with block characters and without.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillBar, hasBlocks, sparkline } from '../../../../src/cli/terminal/blocks.ts';

test('the highest value fills the line, 0 is the lowest, and what is not known is a blank', () => {
  expect(sparkline([null, 0, 1, 50, 100], 5, false)).toBe(' ▁▂▅█');
  expect(sparkline([null, 0, 1, 50, 100], 5, true)).toBe(' _.=#');
  expect(sparkline([0, 0], 4, false)).toBe('  ▁▁');
});

test('the newest values are to the right, and no more than there is room for', () => {
  expect(sparkline([100, 0, 100], 2, false)).toBe('▁█');
  expect(sparkline([100], 0, false)).toBe('');
});

test('a bar is empty only at nothing and full only at all', () => {
  expect(fillBar(0, 4, false)).toBe('░░░░');
  expect(fillBar(0.001, 4, false)).toBe('█░░░');
  expect(fillBar(0.999, 4, false)).toBe('███░');
  expect(fillBar(1, 4, true)).toBe('####');
  expect(fillBar(0.5, 4, true)).toBe('##--');
});

test('whatever the numbers are, pictures have the width that was asked for', () => {
  const value = fc.option(fc.double({ min: 0, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value), fc.nat(60), fc.double(), (values, width, fraction) => {
      expect(sparkline(values, width, false)).toHaveLength(width);
      expect(fillBar(fraction, width, true)).toHaveLength(width);
    }),
  );
});

test('block characters only where a terminal is likely to have them', () => {
  expect(hasBlocks({ LANG: 'de_DE.UTF-8', TERM: 'xterm' })).toBe(true);
  expect(hasBlocks({ LC_ALL: 'C', LANG: 'C.UTF-8', TERM: 'xterm' })).toBe(false);
  expect(hasBlocks({ LANG: 'C.UTF-8', TERM: 'linux' })).toBe(false);
  expect(hasBlocks({ LANG: 'C.UTF-8', TERM: 'dumb' })).toBe(false);
  expect(hasBlocks({})).toBe(false);
});
