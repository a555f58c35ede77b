// From a text to the documents in it: JSON values, the pairs or columns of a text, or the text itself.
// A key of a text becomes a property of an object without a prototype, so `__proto__` is only a name.

import type { DeadLetterReason, DropReason } from '../core/contracts.ts';
import type { LinePattern } from './line-pattern.ts';
import { quote } from './names.ts';

export interface Fault {
  readonly fault: DeadLetterReason;
  readonly detail: string;
}

export type Parsed =
  | { readonly document: unknown }
  /** Nothing to read and nothing wrong. */
  | { readonly ignored: DropReason }
  | Fault;

export type PayloadParser = (text: string) => Parsed;

/** Changes a document that has just been parsed; null when nothing is wrong with it. */
export type Expander = (document: unknown) => Fault | null;

/** Pairs or columns of one record that are looked at. */
const fieldsMax = 1024;

/** Deeper JSON is no device's; and it is an attack on whoever walks or prints it later. */
const depthMax = 100;
/** Four for each of the thousand readings that a message may have; engines take long for many keys. */
const valuesMax = 4096;
/** Shorter texts cannot do harm, whatever is in them, and most messages are shorter. */
const unscannedMax = 1024;

const tooDeep: Fault = { fault: 'too_deep', detail: `nested deeper than ${depthMax} levels` };
const tooMany: Fault = {
  fault: 'too_many_readings',
  detail: `more than ${valuesMax} values in one message`,
};

/** Null when the text is neither too deep nor too long to be parsed in good time. */
function judgeShape(text: string): Fault | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at += 1;
      while (at < text.length && text.charCodeAt(at) !== 0x22) {
        at += text.charCodeAt(at) === 0x5c ? 2 : 1;
      }
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > depthMax) return tooDeep;
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    } else if (code === 0x2c) {
      values += 1;
      if (values > valuesMax) return tooMany;
    }
  }
  return null;
}

export function parseJson(text: string): Parsed {
  const fault = text.length > unscannedMax ? judgeShape(text) : null;
  if (fault !== null) return fault;
  try {
    return { document: JSON.parse(text) as unknown };
  } catch (thrown) {
    if (thrown instanceof RangeError) return { fault: 'too_deep', detail: 'nested too deep' };
    return { fault: 'invalid_json', detail: jsonFault(thrown) };
  }
}

/** The engine's message quotes the payload; only what comes before the quote is kept. */
function jsonFault(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : '';
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `not JSON at character ${Number(position) + 1}`;
  return message.includes('end of JSON') ? 'the JSON ends too early' : 'not JSON';
}

export function parseNumber(text: string): Parsed {
  return { document: text };
}

/** Pairs parted by any of `pairs`, key and value parted by the first of `assign` in a pair. */
export function keyValueParser(pairs: string, assign: string): PayloadParser {
  const pairAt = (text: string, from: number) => indexOfAny(text, pairs, from);
  const hasBlankPairs = /[ \t]/.test(pairs);
  return (text) => {
    const document: Record<string, string> = Object.create(null);
    let count = 0;
    let sign = -1;
    for (let start = 0; start < text.length && count < fieldsMax; ) {
      let end = pairAt(text, start);
      if (sign < start) sign = indexOfAny(text, assign, start);
      if (sign === text.length) break;
      // "T = 21.5": the blank before the sign ends no pair.
      const isKey = sign < end || (hasBlankPairs && end > start && skipBlanks(text, end) === sign);
      if (isKey) {
        const key = text.slice(start, sign).trim();
        end = hasBlankPairs ? endOfValue(text, sign + 1, pairAt, assign) : pairAt(text, sign + 1);
        if (key !== '') {
          document[key] = text.slice(sign + 1, end).trim();
          count += 1;
        }
      }
      start = end + 1;
    }
    if (count > 0) return { document };
    return { fault: 'wrong_type', detail: `no key before any of ${JSON.stringify(assign)}` };
  };
}

/** Where blanks part the pairs, "T: 21.5" has a value behind its blank and "hum= bat=3" has none. */
function endOfValue(
  text: string,
  from: number,
  pairAt: (text: string, from: number) => number,
  assign: string,
): number {
  const start = skipBlanks(text, from);
  const end = pairAt(text, start);
  return start > from && indexOfAny(text, assign, start, end) < end ? from : end;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

/** The first place of any of the characters in [from, to), or `to`. */
function indexOfAny(text: string, characters: string, from: number, to = text.length): number {
  for (let at = from; at < to; at += 1) {
    if (characters.includes(text[at]!)) return at;
  }
  return to;
}

/** The captures of the first pattern that the text matches. */
export function textParser(
  patterns: readonly LinePattern[],
  areOthersIgnored: boolean,
): PayloadParser {
  return (text) => {
    for (const { captures, match } of patterns) {
      const found = match(text);
      if (found === null) continue;
      const document: Record<string, string> = Object.create(null);
      for (let at = 0; at < captures.length; at += 1) document[captures[at]!] = found[at]!;
      return { document };
    }
    if (areOthersIgnored) return { ignored: 'no_measurement' };
    return { fault: 'wrong_type', detail: `no pattern matches ${quote(text)}` };
  };
}
