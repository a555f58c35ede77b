// A result as a table for people: aligned columns, no line wider than the terminal. It is held whole,
// so the request has a limit of rows.

import type { QueryColumn, QueryRow } from '../../generated/millpond/v1/query.ts';
import { printable } from '../../observability/printable.ts';
import { type Alignment, tableLines } from '../status/text-table.ts';
import { cellText, isNumeric } from './cell.ts';
import type { QueryOutput, TextSink } from './output.ts';

/** Where there is no terminal that would say. */
const WIDTH = 200;
const CELL = { max: 60, min: 6 };
const GAP = 2;

export class TableOutput implements QueryOutput {
  readonly #sink: TextSink;
  readonly #width: number;
  #columns: readonly QueryColumn[] = [];
  readonly #rows: string[][] = [];

  constructor(sink: TextSink, width: number = WIDTH) {
    this.#sink = sink;
    this.#width = width;
  }

  async begin(columns: readonly QueryColumn[]): Promise<void> {
    this.#columns = columns;
  }

  async write(rows: readonly QueryRow[]): Promise<void> {
    for (const { values } of rows) {
      this.#rows.push(
        this.#columns.map((column, index) =>
          printable(cellText(values[index] ?? { value: undefined }, column) ?? '-'),
        ),
      );
    }
  }

  async end(): Promise<void> {
    const names = this.#columns.map(({ name }) => printable(name));
    const all = [names, ...this.#rows];
    const widths = fitWidths(
      names.map((_, column) => Math.max(1, ...all.map((row) => row[column]?.length ?? 0))),
      this.#width,
    );
    const cut = all.map((row) => row.map((cell, column) => shorten(cell, widths[column] ?? 1)));
    const [head = [], ...rows] = cut;
    const rule = widths.map((width) => '-'.repeat(width));
    const alignments = this.#columns.map(
      (column): Alignment => (isNumeric(column) ? 'right' : 'left'),
    );
    const lines = tableLines(alignments, [head, rule, ...rows]);
    await this.#sink.print(lines.map((line) => `${line}\n`).join(''));
    await this.#sink.end();
  }

  discard(): Promise<void> {
    return this.#sink.discard();
  }
}

/** The widest column gives way first, none below its least width. */
export function fitWidths(wanted: readonly number[], total: number): number[] {
  const widths = wanted.map((width) => Math.min(width, CELL.max));
  const sum = (): number => widths.reduce((all, width) => all + width + GAP, -GAP);
  while (sum() > total) {
    const widest = Math.max(...widths);
    if (widest <= CELL.min) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
