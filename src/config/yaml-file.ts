// Reads one YAML file and remembers where in it everything stands.

import {
  type Alias,
  type Document,
  isMap,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Problem } from './problem.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  readonly name: string;
  /** Plain data; null if the file is empty or could not be parsed. */
  readonly value: unknown;
  /** Syntax errors, all of them. */
  readonly problems: readonly Problem[];
  /** Where the value at a path stands, or the nearest thing around it that does. */
  valueAt(path: readonly PropertyKey[]): Position;
  /** Where the last key of a path stands. */
  keyAt(path: readonly PropertyKey[]): Position;
}

/** What the library says of a `*` or a `#` that was meant as text. */
const unquoted = /^(Alias cannot be|Comments must be separated)/;
const inQuotes = 'a value that begins with * or # stands in quotes';

/** Aliases to nothing, as a `*name` that was meant as text. */
function findDanglingAliases(document: Document): Alias[] {
  const dangling: Alias[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined) dangling.push(alias);
    },
  });
  return dangling;
}

const noLine: Position = { line: 0, column: 0 };

/** Never throws: what is wrong with the text is in `problems`. */
export function readYaml(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });

  const positionOf = (offset: number | undefined): Position => {
    if (offset === undefined) return noLine;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const offsetOf = (node: unknown): number | undefined =>
    (node as { range?: readonly [number, number, number] } | null | undefined)?.range?.[0];

  const problems: Problem[] = [...document.errors, ...document.warnings].map((fault) => {
    // The library ends some messages with a colon and what else it knows on further lines.
    const message = fault.message.split('\n', 1)[0]!.replace(/[:.]?$/, '');
    const remedy = unquoted.test(message) ? inQuotes : '';
    return { file: name, ...positionOf(fault.pos[0]), path: '', message, remedy };
  });

  let value: unknown = null;
  const dangling = document.errors.length === 0 ? findDanglingAliases(document) : [];
  for (const alias of dangling) {
    const message = `*${alias.source} refers to nothing`;
    problems.push({
      file: name,
      ...positionOf(offsetOf(alias)),
      path: '',
      message,
      remedy: inQuotes,
    });
  }
  if (document.errors.length === 0 && dangling.length === 0) {
    try {
      value = document.toJS();
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      problems.push({ file: name, line: 1, column: 1, path: '', message, remedy: '' });
    }
  }

  const keyAt = (path: readonly PropertyKey[]): Position => {
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
    if (!isMap(parent)) return noLine;
    const wanted = String(path.at(-1));
    const pair = parent.items.find(({ key }: Pair) => String(key) === wanted);
    return positionOf(offsetOf(pair?.key));
  };

  const valueAt = (path: readonly PropertyKey[]): Position => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = offsetOf(document.getIn(path.slice(0, length), true));
      if (offset !== undefined) return positionOf(offset);
    }
    return positionOf(offsetOf(document.contents) ?? 0);
  };

  return { name, value, problems, valueAt, keyAt };
}
