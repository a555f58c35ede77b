// Tables: aligned by what a terminal shows, and never wider than it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Look, plainLook } from '../../../../src/cli/terminal/look.ts';
import {
  type Alignment,
  detailedLines,
  fitWidths,
  headings,
  tableLines,
} from '../../../../src/cli/terminal/text-table.ts';
import { textWidth } from '../../../../src/cli/terminal/text-width.ts';

const marked: Look = { ...plainLook, paint: (tone, text) => `<${tone}>${text}</>` };

test('columns stand under one another, wide characters too, and no line ends in blanks', () => {
  const columns: Alignment[] = ['left', 'right', 'left'];
  const rows = [headings(['NAME', 'LAG', 'STATE']), ['温度計', '7', ''], ['b', '1,000', 'idle']];
  expect(tableLines(columns, rows)).toEqual([
    'NAME      LAG  STATE',
    '温度計      7',
    'b       1,000  idle',
  ]);
});

test('a colour is around the text and not around the blanks beside it', () => {
  const rows = [headings(['A', 'B']), ['long', { text: '1', tone: 'problem' as const }]];
  expect(tableLines(['left', 'right'], rows, marked)).toEqual([
    '<heading>A</>     <heading>B</>',
    'long  <problem>1</>',
  ]);
});

test('numbers and times are not cut while there is a text that can be', () => {
  const rows = [['some long name', '1234567890123', 'another long name']];
  const narrow = { ...plainLook, width: 34 };
  expect(tableLines(['left', 'right', 'left'], rows, narrow)).toEqual([
    'some lo…  1234567890123  another …',
  ]);
  const times = [['2025-01-31 13:00:00', 'a text that is longer than that']];
  expect(tableLines(['time', 'left'], times, narrow)).toEqual([
    '2025-01-31 13:00:00  a text that …',
  ]);
});

test('where the terminal is narrow, the widest columns are cut', () => {
  const rows = [['readings', 'a very long sentence about it', '12']];
  expect(tableLines(['left', 'left', 'right'], rows, { ...plainLook, width: 30 })).toEqual([
    'readings  a very long sen…  12',
  ]);
});

test('the widest gives way first, and none below what can be read', () => {
  expect(fitWidths([3, 10, 4], 80)).toEqual([3, 10, 4]);
  expect(fitWidths([500], 200)).toEqual([200]);
  expect(fitWidths([5, 50, 30], 60)).toEqual([5, 25, 26]);
  expect(fitWidths([5, 50, 30], Number.POSITIVE_INFINITY)).toEqual([5, 50, 30]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (wanted) => {
      const widths = fitWidths(wanted, 80);
      expect(widths.every((width, column) => width <= (wanted[column] ?? 0))).toBe(true);
      const total = widths.reduce((sum, width) => sum + width + 2, -2);
      expect(total <= 80 || Math.max(...widths) <= 6).toBe(true);
    }),
  );
});

test('whatever the cells are, every line of a table that can fit does', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
  const row = fc.tuple(cell, cell, cell);
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => {
      const lines = tableLines(['left', 'right', 'left'], rows, { ...plainLook, width: 40 });
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(40);
    }),
  );
});

test('details stand below their row, wrapped on a terminal and whole elsewhere', () => {
  const detail = 'what was found in the message that came';
  const table = {
    head: ['ID', 'TOPIC'],
    rows: [
      ['1', 'a'],
      ['2', 'b'],
    ],
    details: [detail, ''],
  };
  const columns: Alignment[] = ['right', 'left'];
  expect(detailedLines(columns, table, plainLook)).toEqual([
    'ID  TOPIC',
    ' 1  a',
    `    ${detail}`,
    ' 2  b',
  ]);
  expect(detailedLines(columns, table, { ...plainLook, width: 30 }).slice(2, 4)).toEqual([
    '    what was found in the',
    '    message that came',
  ]);
});
