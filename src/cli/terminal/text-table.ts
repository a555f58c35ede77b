// Rows of cells as lines of text with aligned columns, none wider than the terminal.

import { type Look, plainLook, type Tone } from './look.ts';
import { cutText, textWidth } from './text-width.ts';

export type Alignment = 'left' | 'right';

/** Text, or text of which something is to be said by its colour. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

const GAP = 2;
/** A column does not become narrower for the sake of others. */
const COLUMN_MIN = 6;

/** A row of headings. */
export function headings(names: readonly string[]): Cell[] {
  return names.map((text) => ({ text, tone: 'heading' }));
}

/**
 * Two blanks between columns, none at the end of a line. Every row has as many cells as `columns`.
 * Where the terminal is too narrow the widest columns are cut.
 */
export function tableLines(
  columns: readonly Alignment[],
  rows: readonly (readonly Cell[])[],
  look: Look = plainLook,
): string[] {
  const wanted = columns.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(textOf(row[column] ?? ''))), 0),
  );
  const widths = fitWidths(wanted, look.width);
  return rows.map((row) => lineOf(row, columns, widths, look));
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function lineOf(
  row: readonly Cell[],
  columns: readonly Alignment[],
  widths: readonly number[],
  look: Look,
): string {
  let line = '';
  let blanks = 0;
  for (const [column, cell] of row.entries()) {
    const width = widths[column] ?? 0;
    const text = cutText(textOf(cell), width);
    const left = Math.max(0, width - textWidth(text));
    if (columns[column] === 'right') blanks += left;
    if (text !== '') {
      line += ' '.repeat(blanks) + (typeof cell === 'string' ? text : look.paint(cell.tone, text));
      blanks = 0;
    }
    blanks += columns[column] === 'right' ? GAP : left + GAP;
  }
  return line;
}

/** The widest column gives way first, none below its least width. */
export function fitWidths(wanted: readonly number[], total: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((all, width) => all + width + GAP, -GAP) - total;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= COLUMN_MIN) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}
