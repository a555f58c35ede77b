// Lines that a sketch prints for people: `Humidity: 57.90 %  Temperature: 22.40 *C 72.32 *F`. Each number
// with a label in front of it is a field under that label, with the unit behind it; a number without a
// label repeats the one before it in another unit, and is left out.

import type { Parsed, PayloadParser } from './payload-format.ts';

const fieldsMax = 256;
const labelLengthMax = 128;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?|[+-]?(?:nan|inf)\b/giy;
/** `C`, `*C`, `%`, `hPa`, but not the next label, which its sign or another word follows. */
const unit = /[ \t]?([^\s\d.,:;=|()[\]{}][^\s,:;=|()[\]{}]{0,11})(?=[\s,;|)\]}]|$)(?![ \t]*[:=])/y;
/** Units as long as a word; `70.7 degF 21.5 degC` has no label `degF`. */
const longUnit =
  /^(?:deg[cf]|celsius|fahrenheit|kelvin|percent|volts?|amps?|amperes?|watts?|mbar|mmhg|inhg)$/i;
const sign = /[ \t]*[:=]/y;
const isPartOfWord = /[\p{L}\d_.]/u;

/** `ignores`: a line without any such field carries nothing; else it is a dead letter. */
export function labelParser(ignores: boolean): PayloadParser {
  return (text) => {
    const document: Record<string, string> = Object.create(null);
    let count = 0;
    let from = 0;
    for (let at = 0; at < text.length && count < fieldsMax; ) {
      const end = numberEnd(text, at);
      if (end < 0) {
        at += 1;
        continue;
      }
      const label = labelOf(text.slice(Math.max(from, at - labelLengthMax), at));
      const value = text.slice(at, end);
      const unitEnd = endOf(unit, text, end);
      // A word without a sign behind it is the unit only where it does not begin the next label.
      const hasUnit = unitEnd > end && !beginsLabel(text, unitEnd);
      if (label !== '') {
        if (Object.hasOwn(document, label)) return twice;
        document[label] = hasUnit ? `${value} ${text.slice(end, unitEnd).trim()}` : value;
        count += 1;
      }
      from = hasUnit ? unitEnd : end;
      at = from;
    }
    if (count > 0) return { document };
    if (ignores) return { ignored: 'no_measurement' };
    return { fault: 'wrong_type', detail: 'no label with a number behind it' };
  };
}

const twice: Parsed = { fault: 'wrong_type', detail: 'two values under one label' };

/** -1 where no number begins; one that a sign follows, or that is part of a word, belongs to a label. */
function numberEnd(text: string, at: number): number {
  const before = text[at - 1];
  if (before !== undefined && isPartOfWord.test(before)) return -1;
  const end = endOf(number, text, at);
  if (end === at || endOf(sign, text, end) > end) return -1;
  return end;
}

/** `-3272.4 Humidity 61.2`: the word behind the number is followed by a number. */
function beginsLabel(text: string, at: number): boolean {
  const rest = /^[ \t]+/.exec(text.slice(at, at + 8))?.[0].length ?? 0;
  if (rest === 0) return false;
  const word = /\p{L}{4,}$/u.exec(text.slice(Math.max(0, at - 16), at))?.[0];
  if (word === undefined || longUnit.test(word)) return false;
  return endOf(number, text, at + rest) > at + rest;
}

/** Where the sticky pattern ends that begins at `at`; `at` itself when it does not match. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The words between the last number and this one, without the signs around them. */
function labelOf(text: string): string {
  return text
    .replace(/^[\s,;|)\]}]+/, '')
    .replace(/[\s:=([{|,;-]+$/, '')
    .replace(/\s+/g, ' ');
}
