// Results as lines: what a cell becomes in CSV and JSON, how wide a table is, what a parameter is.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distinctNames, isNumeric } from '../../../../src/cli/query/cell.ts';
import { CsvLines, JsonLines } from '../../../../src/cli/query/output.ts';
import { parseParameter } from '../../../../src/cli/query/parameter.ts';
import type { QueryValue } from '../../../../src/generated/millpond/v1/query.ts';

const text = (value: string): QueryValue => ({ value: { $case: 'text', value } });
const time = (value: bigint): QueryValue => ({ value: { $case: 'timestampUs', value } });

/** As RFC 4180 reads a line; null where there is nothing. */
function readCsv(line: string): (string | null)[] {
  const cells = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g);
  return [...cells].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain || null));
}

test('whatever is in a text, a line of CSV gives it back', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string()), { minLength: 2 }), (values) => {
      const lines = new CsvLines();
      lines.header(values.map((_, index) => ({ name: `c${index}`, type: 'VARCHAR' })));
      const cells = values.map((value) => (value === null ? { value: undefined } : text(value)));
      expect(readCsv(lines.line({ values: cells }).slice(0, -1))).toEqual(values);
    }),
  );
});

test('a time has a zone where its type has one, and infinity is no date', () => {
  const lines = new JsonLines();
  const types = ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMP', 'TIMESTAMP', 'TIMESTAMP'];
  lines.header(types.map((type, index) => ({ name: `c${index}`, type })));
  const values = [
    time(1_000_001n),
    time(1_000_001n),
    time(2n ** 63n - 1n),
    time(-(2n ** 63n) + 1n),
  ];
  expect(JSON.parse(lines.line({ values }))).toEqual({
    c0: '1970-01-01T00:00:01.000001Z',
    c1: '1970-01-01T00:00:01.000001',
    c2: 'infinity',
    c3: '-infinity',
  });
});

test('names of columns are made distinct', () => {
  const columns = ['a', 'a', 'a_2', 'a'].map((name) => ({ name, type: 'VARCHAR' }));
  expect(distinctNames(columns)).toEqual(['a', 'a_2', 'a_2_2', 'a_3']);
});

test('numbers stand to the right', () => {
  const types = ['BIGINT', 'DOUBLE', 'DECIMAL(9,2)', 'UTINYINT', 'HUGEINT'];
  expect(types.every((type) => isNumeric({ name: '', type }))).toBe(true);
  const others = ['VARCHAR', 'INTEGER[]', 'INTERVAL', 'DATE', 'TIMESTAMP'];
  expect(others.some((type) => isNumeric({ name: '', type }))).toBe(false);
});

test.each([
  ['a=5', { $case: 'integer', value: 5n }],
  ['a=-9223372036854775808', { $case: 'integer', value: -(2n ** 63n) }],
  ['a=9223372036854775808', { $case: 'number', value: 2 ** 63 }],
  ['a=1e3', { $case: 'number', value: 1000 }],
  ['a=true', { $case: 'boolean', value: true }],
  ['a=null', undefined],
  ['a=1970-01-01T01:00:01+01:00', { $case: 'timestampUs', value: 1_000_000n }],
  ['a=2025-13-31T00:00:00Z', { $case: 'text', value: '2025-13-31T00:00:00Z' }],
  ['a=2025-02-30T00:00:00Z', { $case: 'text', value: '2025-02-30T00:00:00Z' }],
  ["a='5'", { $case: 'text', value: '5' }],
  ['a=', { $case: 'text', value: '' }],
  ['a=b=c', { $case: 'text', value: 'b=c' }],
])('the parameter %s', (given, value) => {
  expect(parseParameter(given)).toEqual({ name: 'a', value: { value } });
});

test('a parameter without a name is a mistake', () => {
  for (const given of ['a', '=5', '']) {
    expect(() => parseParameter(given)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});
