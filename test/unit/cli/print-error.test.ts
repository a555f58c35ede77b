// Errors as a person sees them on standard error, and the exit code of each.
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-codes.ts';
import { formatError } from '../../../src/cli/print-error.ts';
import { type ErrorCode, errorTable, MillpondError } from '../../../src/core/errors.ts';

test('says what happened, what to do, and the code', () => {
  const error = new MillpondError('PORT_IN_USE', 'mqtt.listen 127.0.0.1:1883 is taken');
  expect(formatError(error).split('\n')).toEqual([
    'error: mqtt.listen 127.0.0.1:1883 is taken',
    `  what to do: ${errorTable.PORT_IN_USE.remedy}`,
    '  code: PORT_IN_USE',
  ]);
});

test('shows where a fault of Millpond came from', () => {
  expect(formatError(new TypeError('x is not a function'))).toMatch(
    /^error: x is not a function\n.*\n {2}code: INTERNAL\n {2}at: TypeError: x is not a function\n/,
  );
  expect(formatError('a bare text')).toContain('error: a bare text');
});

test('control characters in a message do not reach the terminal', () => {
  expect(formatError(new MillpondError('USAGE', 'device \u001b[2J'))).toContain(
    'device \\u001b[2J',
  );
});

test('every error has an exit code of the documented ones, never 0', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    expect([1, 2, 69, 70, 78]).toContain(exitCodeOf(code));
  }
  expect(exitCodeOf('USAGE')).toBe(2);
  expect(exitCodeOf('GATEWAY_UNREACHABLE')).toBe(69);
  expect(exitCodeOf('INTERNAL')).toBe(70);
  expect(exitCodeOf('LISTEN_OPEN')).toBe(78);
  expect(exitCodeOf('PORT_IN_USE')).toBe(1);
});
