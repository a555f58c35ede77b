// What a terminal shows after what it was sent: as much of one as commands of ours use. A sequence it
// does not know is an error, so that nothing is overlooked.

import { textWidth } from '../../src/cli/terminal/text-width.ts';

type Row = string[];

const sequence = /^\u001b\[([?>=]?)([\d;]*)([a-zA-Z])/;
const segmenter = new Intl.Segmenter();

export class Screen {
  columns: number;
  rows: number;
  isAlternate = false;
  isCursorShown = true;
  isWrapping = true;
  #main: Row[] = [[]];
  #alternate: Row[] = [[]];
  #row = 0;
  #column = 0;
  #saved = { row: 0, column: 0 };
  #pending = '';

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Lines that are shown, without the blanks at their ends and without the empty ones below. */
  get lines(): string[] {
    const lines = this.#grid.map((row) => row.join('').trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  get #grid(): Row[] {
    return this.isAlternate ? this.#alternate : this.#main;
  }

  write(data: string): void {
    let rest = this.#pending + data;
    this.#pending = '';
    while (rest !== '') {
      if (rest.startsWith('\u001b')) {
        const found = sequence.exec(rest);
        if (found === null) {
          if (/^\u001b(\[[?>=]?[\d;]*)?$/.test(rest)) {
            this.#pending = rest;
            return;
          }
          throw new Error(`an unknown sequence: ${JSON.stringify(rest.slice(0, 20))}`);
        }
        rest = rest.slice(found[0].length);
        this.#obey(found[1] ?? '', found[2] ?? '', found[3] ?? '');
        continue;
      }
      const end = rest.search(/[\u001b\r\n\b\u0007]/);
      if (end === 0) {
        this.#control(rest[0] ?? '');
        rest = rest.slice(1);
      } else {
        this.#print(end < 0 ? rest : rest.slice(0, end));
        rest = end < 0 ? '' : rest.slice(end);
      }
    }
  }

  #control(character: string): void {
    if (character === '\r') this.#column = 0;
    if (character === '\b') this.#column = Math.max(0, this.#column - 1);
    if (character === '\n') this.#feed();
  }

  #feed(): void {
    this.#row += 1;
    // The main screen keeps what scrolled away, so that a test can read all of it.
    if (this.isAlternate && this.#row >= this.rows) {
      this.#grid.shift();
      this.#row = this.rows - 1;
    }
  }

  #print(text: string): void {
    for (const { segment } of segmenter.segment(text)) {
      const width = textWidth(segment);
      if (this.#column + width > this.columns) {
        if (!this.isWrapping) continue;
        this.#column = 0;
        this.#feed();
      }
      const row = this.#rowAt(this.#row);
      while (row.length < this.#column) row.push(' ');
      row[this.#column] = segment;
      for (let part = 1; part < width; part++) row[this.#column + part] = '';
      this.#column += width;
    }
  }

  #rowAt(index: number): Row {
    while (this.#grid.length <= index) this.#grid.push([]);
    return this.#grid[index] as Row;
  }

  #obey(mark: string, parameters: string, final: string): void {
    const [first = 0, second = 0] = parameters.split(';').map(Number);
    if (mark === '?') {
      this.#setMode(parameters, final === 'h');
      return;
    }
    switch (final) {
      case 'm':
        return;
      case 'H':
        this.#row = Math.max(1, first) - 1;
        this.#column = Math.max(1, second) - 1;
        return;
      case 'K':
        if (parameters !== '' && parameters !== '0' && parameters !== '2') break;
        this.#rowAt(this.#row).length =
          parameters === '2' ? 0 : Math.min(this.#column, this.#rowAt(this.#row).length);
        return;
      case 'J':
        if (parameters === '2') this.#grid.length = 0;
        else {
          this.#grid.length = Math.min(this.#row + 1, this.#grid.length);
          const row = this.#rowAt(this.#row);
          row.length = Math.min(this.#column, row.length);
        }
        return;
    }
    throw new Error(`an unknown sequence: ${mark}${parameters}${final}`);
  }

  #setMode(mode: string, isOn: boolean): void {
    if (mode === '25') this.isCursorShown = isOn;
    else if (mode === '7') this.isWrapping = isOn;
    else if (mode === '1049') {
      if (isOn === this.isAlternate) return;
      this.isAlternate = isOn;
      if (isOn) {
        this.#saved = { row: this.#row, column: this.#column };
        this.#alternate = [[]];
      }
      this.#row = isOn ? 0 : this.#saved.row;
      this.#column = isOn ? 0 : this.#saved.column;
    } else if (mode !== '2026') throw new Error(`an unknown mode: ${mode}`);
  }
}
