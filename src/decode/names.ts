// Names as the decoder judges and shows them.

export { judgeName, nameLengthMax } from '../core/name.ts';

/** What JSON leaves as it is and a terminal obeys: C1 controls, and the marks that turn text around. */
const unprintable = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200e\u200f]/g;

/** A text out of a payload, made short and printable for a dead letter's detail. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short.toWellFormed()).replace(
    unprintable,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
