// One line of the logger's JSON as a line for people: `12:30:01.250 WARN message key=value`.

import { printable, printableLines } from './printable.ts';

const colours: Readonly<Record<string, string>> = {
  trace: '\u001b[2m',
  debug: '\u001b[2m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[31;1m',
};
const plain = '\u001b[0m';

interface LoggedError {
  readonly message?: unknown;
  readonly stack?: unknown;
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  const isBare = typeof value !== 'string' || /^[^\s="]+$/.test(text);
  return printable(isBare ? text : JSON.stringify(text));
}

/** Takes and returns a line with its line break; what is not JSON comes back escaped. */
export function formatPretty(line: string, hasColour: boolean): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return `${printable(line.trimEnd())}\n`;
  }
  const { level, time, msg, err, ...others } = fields;
  const name = String(level).toUpperCase().padEnd(5);
  const parts = [
    // The time of day alone, in UTC: the date is on the wall of whoever reads along.
    String(time).slice(11, 23),
    hasColour ? `${colours[String(level)] ?? ''}${name}${plain}` : name,
    printable(String(msg ?? '')),
    ...Object.entries(others).map(([key, value]) => `${printable(key)}=${formatValue(value)}`),
  ];
  const { message, stack } = (err ?? {}) as LoggedError;
  const trace = stack ?? message;
  const below = trace === undefined ? '' : `\n${printableLines(String(trace))}`;
  return `${parts.join(' ')}${below.replaceAll('\n', '\n    ')}\n`;
}
