// Lines for people on a terminal, whatever devices put into them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPretty } from '../../../src/observability/pretty-line.ts';
import { printable } from '../../../src/observability/printable.ts';

const head = { level: 'warn', time: '2026-03-01T12:30:01.250Z' };

function pretty(fields: object): string {
  return formatPretty(`${JSON.stringify({ ...head, ...fields })}\n`, false);
}

test('shows time of day, level, message and fields on one line', () => {
  expect(pretty({ msg: 'refused', client: 'a b', bytes: 7, peer: { port: 1 } })).toBe(
    '12:30:01.250 WARN  refused client="a b" bytes=7 peer={"port":1}\n',
  );
});

test('shows the stack of an error below, indented', () => {
  expect(pretty({ msg: 'no', err: { message: 'x', stack: 'Error: x\n  at y' } })).toBe(
    '12:30:01.250 WARN  no\n    Error: x\n      at y\n',
  );
});

test('what devices send cannot move the cursor, forge a line or turn the writing round', () => {
  const hostile = 'a\u001b[2Jb\nc\rd\u009b1me\u202ef';
  const shown = '\\u001b[2Jb\\nc\\rd\\u009b1me\\u202ef';
  expect(printable(hostile)).toBe(`a${shown}`);
  expect(pretty({ msg: hostile })).toContain(`a${shown}`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, value) => {
      const line = pretty({ msg: value, [`k${key}`]: value, list: [value], m: { [key]: value } });
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)).toBe(false);
    }),
  );
});

test('a line that is not JSON is shown as it is, escaped', () => {
  expect(formatPretty('oh \u0007\n', false)).toBe('oh \\u0007\n');
});
