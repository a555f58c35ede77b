// A record of columns: one list of names, or several by the text of the first column (as NMEA has
// sentences), with a last group of columns that may repeat.

import type { PayloadParser } from './payload-format.ts';
import type { SegmentPattern } from './segment-pattern.ts';
import { capturesOf, matchSegment } from './segment-pattern.ts';

/** The names in order, `-` for one not wanted. Of `repeated`, each round is an object in `items`. */
export interface ColumnSet {
  /** Null: any first column. */
  readonly first: SegmentPattern | null;
  readonly names: readonly string[];
  readonly repeated: readonly string[];
}

/** Columns of one record that are looked at. */
const columnsMax = 1024;

function put(record: Record<string, unknown>, name: string, value: string): void {
  if (name !== '' && name !== '-') record[name] = value.trim();
}

export function csvParser(sets: readonly ColumnSet[], separator: string): PayloadParser {
  return (text) => {
    const fields = text.includes('"') ? splitQuoted(text, separator) : split(text, separator);
    const first = fields[0]!.trim();
    const captured = new Map<string, string>();
    const set = sets.find((one) => one.first === null || capture(one.first, first, captured));
    if (set === undefined) return { ignored: 'no_measurement' };
    const { names, repeated } = set;
    if (fields.length < names.length) {
      const detail = `${fields.length} columns where ${names.length} are expected`;
      return { fault: 'wrong_type', detail };
    }
    const document: { items?: unknown } & Record<string, unknown> = Object.create(null);
    for (const [name, part] of captured) document[name] = part;
    for (let at = 0; at < names.length; at += 1) put(document, names[at]!, fields[at]!);
    if (repeated.length > 0) document.items = itemsOf(fields, names.length, repeated);
    return { document };
  };
}

/** What the first column captures stands in the record as well: `{talker}MTW`. */
function capture(first: SegmentPattern, text: string, captured: Map<string, string>): boolean {
  const parts = matchSegment(first, text);
  if (parts === null) return false;
  for (const [index, name] of capturesOf(first).entries()) captured.set(name, parts[index]!);
  return true;
}

function itemsOf(
  fields: readonly string[],
  from: number,
  names: readonly string[],
): Record<string, unknown>[] {
  const items: Record<string, unknown>[] = [];
  // A group that the record cuts short is none.
  for (let at = from; at + names.length <= fields.length; at += names.length) {
    const item: Record<string, unknown> = Object.create(null);
    for (let index = 0; index < names.length; index += 1) {
      put(item, names[index]!, fields[at + index]!);
    }
    items.push(item);
  }
  return items;
}

function split(text: string, separator: string): string[] {
  return text.split(separator, columnsMax);
}

/** RFC 4180: a column in quotes may have separators, and quotes written twice. */
function splitQuoted(text: string, separator: string): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length && fields.length < columnsMax) {
    let field = '';
    if (text[at] === '"') {
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        const stop = quote < 0 ? text.length : quote;
        field += text.slice(from, stop);
        from = stop + 1;
        if (text[from] !== '"') break;
        field += '"';
        from += 1;
      }
      at = from;
    }
    const next = text.indexOf(separator, at);
    const end = next < 0 ? text.length : next;
    fields.push(field + text.slice(at, end));
    at = end + 1;
  }
  return fields;
}
