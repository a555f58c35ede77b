// Text from outside, made safe to show in a terminal.

// Controls (C0, DEL, C1), line separators, and the marks that turn the direction of writing.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escapeUnit(unit: string): string {
  if (unit === '\n') return '\\n';
  if (unit === '\r') return '\\r';
  if (unit === '\t') return '\\t';
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One line, whatever was in it: control characters become escapes such as `\u001b`. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeUnit);
}

/** As `printable`, keeping line breaks, for text of several lines that is the gateway's own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
