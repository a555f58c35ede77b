// Rows of cells as lines of text with aligned columns, none wider than the terminal.

import { type Look, plainLook, type Tone } from './look.ts';
import { cutText, textWidth, wrapText } from './text-width.ts';

/** Numbers stand to the right; texts and times to the left. */
export type Alignment = 'left' | 'right' | 'time';

/** Text, text of which something is to be said by its colour, or a name that has one. */
export type Cell =
  | string
  | { readonly text: string; readonly tone: Tone }
  | { readonly text: string; readonly name: string };

const GAP = 2;
/** A column does not become narrower for the sake of others. */
const COLUMN_MIN = 6;

const INDENT = '    ';

/** A table with a row of headings, and below each row its detail, if that is not empty. */
export function detailedLines(
  columns: readonly Alignment[],
  {
    head,
    rows,
    details,
  }: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
    readonly details: readonly string[];
  },
  look: Look,
): string[] {
  const [heading = '', ...lines] = tableLines(columns, [headings(head), ...rows], look);
  const below = (detail: string): string[] =>
    detail === '' ? [] : wrapText(detail, look.width - INDENT.length).map((text) => INDENT + text);
  return [heading, ...lines.flatMap((line, row) => [line, ...below(details[row] ?? '')])];
}

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
  const widths = fitColumns(columns, wanted, look.width);
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
      line += ' '.repeat(blanks) + painted(cell, text, look);
      blanks = 0;
    }
    blanks += columns[column] === 'right' ? GAP : left + GAP;
  }
  return line;
}

function painted(cell: Cell, text: string, look: Look): string {
  if (typeof cell === 'string') return text;
  return 'tone' in cell ? look.paint(cell.tone, text) : look.paintName(cell.name, text);
}

/** As `fitWidths`, but numbers and times are cut only where nothing else helps. */
export function fitColumns(
  columns: readonly Alignment[],
  wanted: readonly number[],
  total: number,
): number[] {
  const isText = (column: number): boolean => columns[column] === 'left';
  const others = wanted.reduce((sum, width, at) => sum + (isText(at) ? 0 : width + GAP), 0);
  const texts = fitWidths(
    wanted.filter((_, column) => isText(column)),
    total - others,
  );
  return fitWidths(
    wanted.map((width, column) => (isText(column) ? (texts.shift() ?? width) : width)),
    total,
  );
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
