// A number as people and devices write it: "21.5", "+21.5 C", "70.7°F", "1A2F". Total and strict: what
// is not wholly a number is never taken for its first digits, and an empty text is never zero.

import type { DropReason } from '../core/contracts.ts';

export type NumberText =
  | { readonly kind: 'number'; readonly value: number; readonly unit: string }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'invalid' };

/** Longer texts are no number of any sensor; it also bounds what the pattern has to look at. */
const lengthMax = 64;
const decimal =
  /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?)(?:\s*([^\s\d.,;:+\-eExX][^\s,;]{0,11}))?$/;
const hexadecimal = /^(?:0[xX])?([0-9A-Fa-f]{1,13})$/;

const invalid: NumberText = { kind: 'invalid' };

function drops(reason: DropReason, ...words: string[]): [string, NumberText][] {
  return words.map((word) => [word, { kind: 'dropped', reason }]);
}

/** Words that stand where a number would: no reading, and no fault of the message either. */
const words = new Map<string, NumberText>([
  ...drops('null_value', 'null', 'none', 'nil', 'undefined'),
  ...drops('not_a_number', 'nan', '-nan', '+nan', 'inf', '-inf', '+inf', 'infinity', '-infinity'),
  ...drops('sentinel', 'unavailable', 'unknown', 'n/a', 'na', '-', '--', '---', 'error', 'fault'),
  ...drops('no_measurement', 'on', 'off', 'online', 'offline', 'open', 'opened', 'closed', 'true'),
  ...drops('no_measurement', 'false', 'yes', 'no', 'ok', 'low', 'high', 'normal', 'idle', 'ready'),
  ...drops('no_measurement', 'connected', 'disconnected', 'alive', 'dead', 'detected', 'clear'),
  ...drops('no_measurement', 'home', 'not_home', 'init', 'sleeping', 'lost', 'up', 'down'),
]);

/** `unit` is the text after the number, empty where there is none; it is not looked up here. */
export function parseDecimal(text: string): NumberText {
  if (text.length > lengthMax * 2) return invalid;
  const trimmed = text.trim();
  if (trimmed.length > lengthMax) return invalid;
  const match = decimal.exec(trimmed);
  if (match === null) return words.get(trimmed.toLowerCase()) ?? invalid;
  const value = Number(match[1]);
  return Number.isFinite(value) ? { kind: 'number', value, unit: match[2] ?? '' } : invalid;
}

/** The same with a comma for the point: a point is then the mark of thousands, and no number here. */
export function parseCommaDecimal(text: string): NumberText {
  const comma = text.indexOf(',');
  if (text.includes('.')) return invalid;
  return parseDecimal(
    comma < 0 ? text : `${text.slice(0, comma)}.${text.slice(comma + 1, comma + lengthMax * 2)}`,
  );
}

/** Digits of base 16, with or without 0x; at most 13 of them, so that every one counts. */
export function parseHex(text: string): NumberText {
  if (text.length > lengthMax * 2) return invalid;
  const trimmed = text.trim();
  const match = hexadecimal.exec(trimmed);
  if (match === null) return words.get(trimmed.toLowerCase()) ?? invalid;
  return { kind: 'number', value: Number.parseInt(match[1]!, 16), unit: '' };
}

/**
 * Reads an unsigned field of `bits` bits as signed: `magnitude` (top bit is the sign) or
 * `twos-complement`. NaN for what does not fit into the field.
 */
export function applySign(
  value: number,
  sign: 'magnitude' | 'twos-complement',
  bits: number,
): number {
  const half = 2 ** (bits - 1);
  if (!Number.isInteger(value) || value < 0 || value >= half * 2) return Number.NaN;
  if (value < half) return value;
  return sign === 'magnitude' ? half - value : value - half * 2;
}
