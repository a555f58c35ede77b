// DuckDB's words for a failure, as codes.
import { expect, test } from 'vitest';
import { MillpondError } from '../../../src/core/errors.ts';
import { explainQueryFailure } from '../../../src/query/failure.ts';

test.each([
  ['Out of Memory Error: could not allocate block', 'QUERY_MEMORY'],
  ['Permission Error: Cannot access file "/etc/passwd"', 'QUERY_REFUSED'],
  ['IO Error: Cannot open file "x.parquet": No such file or directory', 'QUERY_FAILED'],
  [
    'Invalid Input Error: Failed to read file "/data/streams/readings/00.parquet": ZSTD Decompression failure',
    'QUERY_FAILED',
  ],
  ['Invalid Error: TProtocolException: Invalid data', 'QUERY_FAILED'],
  ['INTERNAL Error: Attempted to access index 5', 'QUERY_FAILED'],
  ['Failed to extract statements: Parser Error: syntax error at or near "x"', 'QUERY_INVALID'],
  ['Conversion Error: Could not convert string', 'QUERY_INVALID'],
])('%s is %s', (text, code) => {
  const error = explainQueryFailure(new Error(text));
  expect(error.code).toBe(code);
  expect(error.message).not.toMatch(/^Failed to/);
});

test('the place of a mistake is kept, the advice for other databases is not', () => {
  const mistake = 'Binder Error: no column x\n\nLINE 1: select x\n               ^';
  expect(explainQueryFailure(new Error(mistake)).message).toBe(mistake);
  const advice = 'Out of Memory Error: no room\nPossible solutions:\n* SET memory_limit';
  expect(explainQueryFailure(new Error(advice)).message).not.toContain('solutions');
});

test('an error that has its code keeps it', () => {
  const error = new MillpondError('QUERY_LIMIT', 'too large');
  expect(explainQueryFailure(error)).toBe(error);
});
