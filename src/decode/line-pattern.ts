// Lines of text as a profile describes them: `T={t:number} H={h:number}`. Each part takes what it takes
// and is never asked again, so a match costs the text's length whatever the pattern: no regular expressions.

import { NotationError } from './segment-pattern.ts';

/** Where a part that begins at `from` ends, or -1 when it does not match there. */
type Reach = (text: string, from: number) => number;

interface Part {
  /** Null: matched and not kept. */
  readonly capture: string | null;
  readonly reach: Reach;
}

export interface LinePattern {
  readonly source: string;
  readonly captures: readonly string[];
  /** The captured texts in the order of `captures`, or null when the text does not match as a whole. */
  match(text: string): string[] | null;
}

const capturesMax = 32;
const token = /\{([A-Za-z][A-Za-z0-9_]*|\*)(?::([^{}]+))?\}/g;
const rest = '...';

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const isBlank = (code: number) => code === 0x20 || code === 0x09;
const isHexDigit = (code: number) =>
  isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
/** Letters of ASCII, digits, underscore, hyphen, and all beyond ASCII. */
const isWordCharacter = (code: number) =>
  isDigit(code) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f ||
  code === 0x2d ||
  code > 0x7f;

function runOf(isMember: (code: number) => boolean, text: string, from: number): number {
  let at = from;
  while (at < text.length && isMember(text.charCodeAt(at))) at += 1;
  return at;
}

function someOf(isMember: (code: number) => boolean, count: number | null): Reach {
  return (text, from) => {
    const end = runOf(isMember, text, from);
    if (count === null) return end === from ? -1 : end;
    return end - from >= count ? from + count : -1;
  };
}

function reachNumber(text: string, from: number): number {
  let at = from;
  const sign = text[at];
  if (sign === '+' || sign === '-') at += 1;
  const whole = runOf(isDigit, text, at);
  let digits = whole - at;
  at = whole;
  if (text[at] === '.' || text[at] === ',') {
    const fraction = runOf(isDigit, text, at + 1);
    // "12." is a number, a lone point or the comma behind a number is none of it.
    if (fraction > at + 1 || (digits > 0 && text[at] === '.')) {
      digits += fraction - at - 1;
      at = fraction;
    }
  }
  if (digits === 0) return reachNoNumber(text, from);
  if (text[at] === 'e' || text[at] === 'E') {
    const first = text[at + 1] === '+' || text[at + 1] === '-' ? at + 2 : at + 1;
    const exponent = runOf(isDigit, text, first);
    if (exponent > first) at = exponent;
  }
  return at;
}

/** What printf makes of a value that is none; it is dropped later, with its reason. */
function reachNoNumber(text: string, from: number): number {
  const start = text[from] === '-' || text[from] === '+' ? from + 1 : from;
  const word = text.slice(start, start + 3).toLowerCase();
  return word === 'nan' || word === 'inf' ? start + 3 : -1;
}

function reachInteger(text: string, from: number): number {
  const start = text[from] === '-' || text[from] === '+' ? from + 1 : from;
  const end = runOf(isDigit, text, start);
  return end === start ? -1 : end;
}

/** The longest of the texts that stands here. */
function oneOf(choices: readonly string[]): Reach {
  const longestFirst = choices.toSorted((a, b) => b.length - a.length);
  return (text, from) => {
    const found = longestFirst.find((choice) => text.startsWith(choice, from));
    return found === undefined ? -1 : from + found.length;
  };
}

/** A run of blanks in the pattern stands for one or more of them. */
function literal(source: string): Reach {
  const pieces = source.split(/[ \t]+/);
  return (text, from) => {
    let at = from;
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        const end = runOf(isBlank, text, at);
        if (end === at) return -1;
        at = end;
      }
      if (!text.startsWith(piece, at)) return -1;
      at += piece.length;
    }
    return at;
  };
}

function upTo(next: string): Reach {
  if (next === '') return (text, from) => (from < text.length ? text.length : -1);
  const stop = /^[ \t]/.test(next) ? null : next.split(/[ \t]/, 1)[0]!;
  return (text, from) => {
    if (stop !== null) {
      const at = text.indexOf(stop, from);
      return at <= from ? -1 : at;
    }
    let at = from;
    while (at < text.length && !isBlank(text.charCodeAt(at))) at += 1;
    return at === from ? -1 : at;
  };
}

function kindOf(kind: string, source: string): Reach {
  const sized = /^(hex|digits|chars)([1-9]\d?)?$/.exec(kind);
  if (sized !== null) {
    const count = sized[2] === undefined ? null : Number(sized[2]);
    if (sized[1] === 'hex') return someOf(isHexDigit, count);
    if (sized[1] === 'digits') return someOf(isDigit, count);
    if (count === null) throw new NotationError(`"${source}": chars needs how many, as in chars8`);
    return someOf(() => true, count);
  }
  if (kind === 'number') return reachNumber;
  if (kind === 'int') return reachInteger;
  if (kind === 'word') return someOf(isWordCharacter, null);
  if (kind.includes('|')) return oneOf(kind.split('|'));
  throw new NotationError(
    `"${source}": there is no kind ${kind}; write number, int, hex, hex4, digits, chars8, word or a|b`,
  );
}

/** As `parseLinePattern`, for a form that need not capture anything. */
export function parseLineForm(source: string): LinePattern {
  return parsePattern(source);
}

/** Throws NotationError. The ends of a text are trimmed; `...` at the end stands for whatever follows. */
export function parseLinePattern(source: string): LinePattern {
  const pattern = parsePattern(source);
  if (pattern.captures.length > 0) return pattern;
  throw new NotationError(`"${source}" captures nothing, as {t:number}`);
}

function parsePattern(source: string): LinePattern {
  const isOpen = source.endsWith(rest);
  const body = (isOpen ? source.slice(0, -rest.length) : source).replace(/^[ \t]+/, '');
  const parts: Part[] = [];
  const tokens = [...body.matchAll(token)];
  let end = 0;
  const addLiteral = (text: string) => {
    if (/[{}]/.test(text)) throw new NotationError(`"${source}" has a brace that is no {capture}`);
    if (text !== '') parts.push({ capture: null, reach: literal(text) });
  };
  for (const [index, match] of tokens.entries()) {
    const [whole, name, kind] = match;
    addLiteral(body.slice(end, match.index));
    end = match.index + whole.length;
    const next = body.slice(end, tokens[index + 1]?.index ?? body.length);
    const isLast = index === tokens.length - 1;
    if (kind === undefined && next === '' && (!isLast || isOpen)) {
      throw new NotationError(
        `"${source}": {${name}} has no end; say its kind, as {${name}:number}`,
      );
    }
    const reach = kind === undefined ? upTo(next) : kindOf(kind, source);
    parts.push({ capture: name === '*' ? null : name!, reach });
  }
  addLiteral(isOpen ? body.slice(end) : body.slice(end).replace(/[ \t]+$/, ''));
  const captures = parts.flatMap(({ capture }) => capture ?? []);
  const twice = captures.find((name, index) => captures.indexOf(name) !== index);
  if (twice !== undefined) throw new NotationError(`"${source}" captures {${twice}} twice`);
  if (captures.length > capturesMax) {
    throw new NotationError(`"${source}" has more than ${capturesMax} captures`);
  }
  return { source, captures, match: (text) => matchParts(parts, isOpen, text) };
}

function matchParts(parts: readonly Part[], isOpen: boolean, text: string): string[] | null {
  let at = runOf(isBlank, text, 0);
  const captured: string[] = [];
  for (const { capture, reach } of parts) {
    const end = reach(text, at);
    if (end < 0) return null;
    if (capture !== null) captured.push(text.slice(at, end));
    at = end;
  }
  return isOpen || text.trimEnd().length <= at ? captured : null;
}
