// What a value as sent is before anything is made of it: the part of a text that a reading's pattern
// takes, and what the profile's table says it stands for.

import type { Emission } from './emission.ts';
import type { LinePattern } from './line-pattern.ts';
import { quote } from './names.ts';

export interface TextPart {
  readonly pattern: LinePattern;
  /** Where the pattern's captures go, in their order. */
  readonly slots: readonly number[];
  /** Which of the captures is the value. */
  readonly valueIndex: number;
}

export interface SentRule {
  readonly values: ReadonlyMap<string, number | string> | null;
  readonly part: TextPart | null;
  readonly areTextsIgnored: boolean;
}

/** Undefined: there is no value, and the emission knows why. */
export function readSent(rule: SentRule, sent: unknown, emission: Emission): unknown {
  const { part, values } = rule;
  let value = sent;
  if (part !== null && sent !== null) {
    const found = typeof sent === 'object' ? null : part.pattern.match(String(sent));
    if (found === null) {
      const text = typeof sent === 'object' ? 'an object' : quote(String(sent));
      if (rule.areTextsIgnored) emission.drop('no_measurement');
      else emission.reject('wrong_type', `${text} is not of the form ${part.pattern.source}`);
      return undefined;
    }
    for (const [index, slot] of part.slots.entries()) emission.slots[slot] = found[index]!;
    value = found[part.valueIndex]!;
  }
  if (values === null || typeof value === 'object') return value;
  const text = typeof value === 'string' ? value.trim() : String(value);
  return values.get(text) ?? value;
}
