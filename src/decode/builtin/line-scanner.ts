// InfluxDB's line protocol taken apart: lines, and of one line its measurement, tags, fields and time.
// https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. Every character is looked at
// once; a backslash escapes only what the protocol says, and else stands for itself.

export interface LineField {
  readonly key: string;
  /** As written; of a text what stands between its quotes. */
  readonly value: string;
  readonly isText: boolean;
}

export interface Line {
  readonly measurement: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly fields: readonly LineField[];
  /** Digits, or empty. */
  readonly time: string;
}

const pairsMax = 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const quotes = 0x22;
const hash = 0x23;
const comma = 0x2c;
const equals = 0x3d;
const backslash = 0x5c;

/** Calls for each line that is neither empty nor a comment; line ends inside of a quoted text end none. */
export function forEachLine(text: string, call: (line: string) => boolean): void {
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start);
    const last = text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
    const line = text.slice(start, last);
    start = end + 1;
    if (line.trim() === '' || line.trimStart().charCodeAt(0) === hash) continue;
    if (!call(line)) return;
  }
}

function endOfLine(text: string, start: number): number {
  let isQuoted = false;
  let isField = false;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash && text.charCodeAt(at + 1) !== newline) at += 1;
    // Quotes mean something only in the value of a field, which comes after the first blank.
    else if (code === quotes && isField) isQuoted = !isQuoted;
    else if (code === blank) isField = true;
    else if (code === newline && !isQuoted) return at;
  }
  return text.length;
}

class Scanner {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** NaN at the end. */
  peek(): number {
    return this.#text.charCodeAt(this.at);
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  /** Up to one of the ends, which is not taken; before any of `escapable` a backslash goes. */
  take(ends: ReadonlySet<number>, escapable: ReadonlySet<number>): string {
    let start = this.at;
    let taken = '';
    for (; this.at < this.#text.length; this.at += 1) {
      const code = this.peek();
      if (ends.has(code)) break;
      if (code === backslash && escapable.has(this.#text.charCodeAt(this.at + 1))) {
        taken += this.#text.slice(start, this.at);
        this.at += 1;
        start = this.at;
      }
    }
    return taken + this.#text.slice(start, this.at);
  }

  skipBlanks(): void {
    while (this.peek() === blank) this.at += 1;
  }
}

const nameEnds = new Set([comma, blank]);
const keyEnds = new Set([equals, comma, blank]);
const textEnds = new Set([quotes]);
const inName = new Set([comma, blank]);
const inKey = new Set([comma, blank, equals]);
const inText = new Set([quotes, backslash]);
const timeForm = /^-?\d{1,20}$/;

/** Null for a line that is none. */
export function scanLine(text: string): Line | null {
  const scanner = new Scanner(text.trim());
  const measurement = scanner.take(nameEnds, inName);
  const tags = scanTags(scanner);
  if (measurement === '' || tags === null || scanner.peek() !== blank) return null;
  scanner.skipBlanks();
  const fields = scanFields(scanner);
  if (fields === null) return null;
  scanner.skipBlanks();
  const time = scanner.take(nameEnds, inName);
  if (!scanner.isAtEnd || (time !== '' && !timeForm.test(time))) return null;
  return { measurement, tags, fields, time };
}

function scanTags(scanner: Scanner): [string, string][] | null {
  const tags: [string, string][] = [];
  while (scanner.peek() === comma) {
    scanner.at += 1;
    const key = scanner.take(keyEnds, inKey);
    if (scanner.peek() !== equals || tags.length >= pairsMax) return null;
    scanner.at += 1;
    const value = scanner.take(keyEnds, inKey);
    if (key === '' || value === '' || scanner.peek() === equals) return null;
    tags.push([key, value]);
  }
  return tags;
}

function scanFields(scanner: Scanner): LineField[] | null {
  const fields: LineField[] = [];
  do {
    if (fields.length > 0) scanner.at += 1;
    const key = scanner.take(keyEnds, inKey);
    if (key === '' || scanner.peek() !== equals || fields.length >= pairsMax) return null;
    scanner.at += 1;
    const isText = scanner.peek() === quotes;
    if (isText) scanner.at += 1;
    const value = isText ? scanner.take(textEnds, inText) : scanner.take(nameEnds, inName);
    if (isText) {
      if (scanner.peek() !== quotes) return null;
      scanner.at += 1;
    } else if (value === '') return null;
    fields.push({ key, value, isText });
  } while (scanner.peek() === comma);
  return fields;
}
