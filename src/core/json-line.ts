// JSON on one line that is safe wherever it is shown: in a terminal, and in a text protocol whose
// lines end at a line break.

// JSON.stringify escapes C0 controls and lone surrogates; it leaves DEL, C1 controls, line separators
// and direction marks as they are.
const leftOver = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON on one line that shows no control character in a terminal. */
export function asciiControls(object: object): string {
  return JSON.stringify(object).replace(
    leftOver,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
