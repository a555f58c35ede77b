// One level of a topic or one key of a payload, as a profile writes it: a literal, a wildcard, or
// literals around captures (`temperature_{unit}`, `{kind}:{id}`, `{metric:power|energy}`).

export type SegmentPattern =
  | { readonly kind: 'literal'; readonly text: string }
  /** Any text; `capture` is null for a wildcard without a name. */
  | { readonly kind: 'any'; readonly capture: string | null }
  | {
      readonly kind: 'mixed';
      readonly source: string;
      readonly captures: readonly string[];
      /** The literal ends, looked at first: most texts fail there. */
      readonly prefix: string;
      readonly suffix: string;
      readonly expression: RegExp;
    };

/** Thrown by the parsers of this folder's small notations; the message is for a profile's author. */
export class NotationError extends Error {
  override readonly name = 'NotationError';
}

/** A longer text never matches a mixed pattern: with two captures the search is quadratic. */
export const mixedLengthMax = 128;
const capturesMax = 2;

const token = /\{([A-Za-z][A-Za-z0-9_]*)(?::([^{}]+))?\}/g;
const escapeLiteral = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** `wildcard` is the sign for any one segment: `+` in topics, `*` in paths. */
export function parseSegment(source: string, wildcard: string): SegmentPattern {
  if (source === wildcard) return { kind: 'any', capture: null };
  const captures: string[] = [];
  let expression = '';
  let end = 0;
  let literals = '';
  let hasChoice = false;
  for (const match of source.matchAll(token)) {
    const [whole, name, choices] = match;
    const between = source.slice(end, match.index);
    if (captures.length > 0 && between === '' && choices === undefined && !hasChoice) {
      throw new NotationError(`"${source}" has two captures side by side; put a text between them`);
    }
    literals += between;
    if (captures.includes(name!)) throw new NotationError(`"${source}" captures {${name}} twice`);
    captures.push(name!);
    hasChoice ||= choices !== undefined;
    const choice = choices?.split('|').map(escapeLiteral).join('|');
    expression += `${escapeLiteral(between)}(${choice ?? '.+'})`;
    end = match.index + whole.length;
  }
  const rest = source.slice(end);
  literals += rest;
  if (/[{}]/.test(literals)) {
    throw new NotationError(`"${source}" is not {name}, {name:a|b} or text around such captures`);
  }
  if (literals.includes(wildcard)) {
    throw new NotationError(`"${source}" mixes ${wildcard} with text; name it, as in "a{name}"`);
  }
  if (captures.length === 0) return { kind: 'literal', text: source };
  if (captures.length > capturesMax) {
    throw new NotationError(`"${source}" has more than ${capturesMax} captures in one segment`);
  }
  if (literals === '' && !hasChoice) return { kind: 'any', capture: captures[0]! };
  return {
    kind: 'mixed',
    source,
    captures,
    prefix: source.slice(0, source.indexOf('{')),
    suffix: rest,
    expression: new RegExp(`^${expression}${escapeLiteral(rest)}$`, 's'),
  };
}

/** The captured texts in the order of `captures`, or null when the text does not match. */
export function matchSegment(pattern: SegmentPattern, text: string): readonly string[] | null {
  switch (pattern.kind) {
    case 'literal':
      return pattern.text === text ? [] : null;
    case 'any':
      return pattern.capture === null ? [] : [text];
    case 'mixed': {
      if (text.length > mixedLengthMax || !text.startsWith(pattern.prefix)) return null;
      if (!text.endsWith(pattern.suffix)) return null;
      const match = pattern.expression.exec(text);
      return match === null ? null : match.slice(1);
    }
  }
}

export function capturesOf(pattern: SegmentPattern): readonly string[] {
  if (pattern.kind === 'mixed') return pattern.captures;
  return pattern.kind === 'any' && pattern.capture !== null ? [pattern.capture] : [];
}
