// A result as a table for people: aligned columns, no line wider than the terminal. It is held whole,
// so the request has a limit of rows.

import type { QueryColumn, QueryRow } from '../../generated/millpond/v1/query.ts';
import { printable } from '../../observability/printable.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, fitColumns, headings, tableLines } from '../terminal/text-table.ts';
import { cutText, textWidth } from '../terminal/text-width.ts';
import { cellText, isNumeric } from './cell.ts';
import type { QueryOutput, TextSink } from './output.ts';

/** Where there is no terminal that would say. */
const WIDTH = 200;
const CELL_MAX = 60;

export class TableOutput implements QueryOutput {
  readonly #sink: TextSink;
  readonly #look: Look;
  #columns: readonly QueryColumn[] = [];
  readonly #rows: string[][] = [];

  constructor(sink: TextSink, look: Look = plainLook) {
    this.#sink = sink;
    this.#look = { ...look, width: Math.min(look.width, WIDTH) };
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
    const rows = [names, ...this.#rows].map((row) => row.map((cell) => cutText(cell, CELL_MAX)));
    const wanted = names.map((_, column) =>
      rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? '')), 1),
    );
    const [head = [], ...others] = rows;
    const alignments = this.#columns.map(
      (column): Alignment => (isNumeric(column) ? 'right' : 'left'),
    );
    const widths = fitColumns(alignments, wanted, this.#look.width);
    const rule = widths.map((width) => '-'.repeat(width));
    const table = [headings(head), headings(rule), ...others];
    const lines = tableLines(alignments, table, this.#look);
    await this.#sink.print(lines.map((line) => `${line}\n`).join(''));
    await this.#sink.end();
  }

  discard(): Promise<void> {
    return this.#sink.discard();
  }
}
