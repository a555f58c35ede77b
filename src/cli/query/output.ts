// Where the rows of a result go, and in which form. Each call resolves when there is room for more.

import { asciiControls } from '../../core/json-line.ts';
import type { QueryColumn, QueryRow } from '../../generated/millpond/v1/query.ts';
import { cellJson, cellText, distinctNames } from './cell.ts';

export interface QueryOutput {
  /** Once, before all rows. */
  begin(columns: readonly QueryColumn[]): Promise<void>;
  write(rows: readonly QueryRow[]): Promise<void>;
  /** After the last row. */
  end(): Promise<void>;
  /** Instead of `end` when the rest will not come. */
  discard(): Promise<void>;
}

/** Text for a file or for standard output. */
export interface TextSink {
  print(text: string): Promise<void>;
  end(): Promise<void>;
  discard(): Promise<void>;
}

/** Makes lines of rows, one at a time. */
export interface RowLines {
  header(columns: readonly QueryColumn[]): string;
  line(row: QueryRow): string;
}

export class LineOutput implements QueryOutput {
  readonly #lines: RowLines;
  readonly #sink: TextSink;

  constructor(lines: RowLines, sink: TextSink) {
    this.#lines = lines;
    this.#sink = sink;
  }

  begin(columns: readonly QueryColumn[]): Promise<void> {
    return this.#sink.print(this.#lines.header(columns));
  }

  write(rows: readonly QueryRow[]): Promise<void> {
    return this.#sink.print(rows.map((row) => this.#lines.line(row)).join(''));
  }

  end(): Promise<void> {
    return this.#sink.end();
  }

  discard(): Promise<void> {
    return this.#sink.discard();
  }
}

/** One object a line (JSON Lines): readers need not hold the whole result. */
export class JsonLines implements RowLines {
  #columns: readonly QueryColumn[] = [];
  #names: readonly string[] = [];

  header(columns: readonly QueryColumn[]): string {
    this.#columns = columns;
    this.#names = distinctNames(columns);
    return '';
  }

  line({ values }: QueryRow): string {
    const cells = this.#columns.map((column, index) => [
      this.#names[index],
      cellJson(values[index] ?? { value: undefined }, column),
    ]);
    return `${asciiControls(Object.fromEntries(cells))}\n`;
  }
}

/** RFC 4180 with bare line feeds; null is nothing, an empty text is `""`. */
export class CsvLines implements RowLines {
  #columns: readonly QueryColumn[] = [];

  header(columns: readonly QueryColumn[]): string {
    this.#columns = columns;
    return `${columns.map(({ name }) => csvCell(name)).join(',')}\n`;
  }

  line({ values }: QueryRow): string {
    const cells = this.#columns.map((column, index) =>
      csvCell(cellText(values[index] ?? { value: undefined }, column)),
    );
    return `${cells.join(',')}\n`;
  }
}

function csvCell(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
