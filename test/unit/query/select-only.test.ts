// What may be asked, out of the tree that DuckDB gives of a statement.
import { expect, test } from 'vitest';
import { checkSelectOnly } from '../../../src/query/select-only.ts';

const tree = (from: unknown, more: unknown = {}) =>
  JSON.stringify({
    error: false,
    statements: [{ node: { type: 'SELECT_NODE', from_table: from, ...(more as object) } }],
  });
const call = (name: string) => ({ type: 'TABLE_FUNCTION', function: { function_name: name } });
const refused = expect.objectContaining({ code: 'QUERY_REFUSED' });

test('tables, joins, and functions that make rows of their arguments pass', () => {
  const table = { type: 'BASE_TABLE', table_name: 'readings' };
  checkSelectOnly(tree(table));
  checkSelectOnly(tree({ type: 'JOIN', left: table, right: call('RANGE') }));
  checkSelectOnly(tree({ type: 'BASE_TABLE', table_name: 'site.csv' }));
});

test('functions that are not known to be harmless are refused wherever they stand', () => {
  expect(() => checkSelectOnly(tree(call('enable_logging')))).toThrow(refused);
  expect(() => checkSelectOnly(tree({}, { a: [[{ b: call('read_text') }]] }))).toThrow(refused);
  expect(() => checkSelectOnly(tree({ type: 'TABLE_FUNCTION' }))).toThrow(refused);
});

test('a table that is the path of a file is refused', () => {
  const file = { type: 'BASE_TABLE', table_name: '/etc/hosts.csv' };
  expect(() => checkSelectOnly(tree(file))).toThrow(refused);
});

test('no statement, several, and others than select are refused', () => {
  const statements = (...list: unknown[]) => JSON.stringify({ error: false, statements: list });
  expect(() => checkSelectOnly(statements())).toThrow(refused);
  expect(() => checkSelectOnly(statements({}, {}))).toThrow(refused);
  const other = {
    error: true,
    error_type: 'not implemented',
    error_message: 'Only SELECT statements can be serialized to json!',
  };
  expect(() => checkSelectOnly(JSON.stringify(other))).toThrow(refused);
});

test('what cannot be read does not pass', () => {
  const unread = JSON.stringify({ error: true, error_type: 'parser', error_message: 'no' });
  expect(() => checkSelectOnly(unread)).toThrow(
    expect.objectContaining({ code: 'QUERY_INVALID', message: 'no' }),
  );
});

test('a deep tree is searched to its end', () => {
  const depth = 5000;
  const deep = `${'{"node":'.repeat(depth)}${JSON.stringify(call('glob'))}${'}'.repeat(depth)}`;
  expect(() => checkSelectOnly(tree('deep').replace('"deep"', deep))).toThrow(refused);
});
