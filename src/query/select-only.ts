// Judges a parsed statement: one `select`, and only such functions in `from` as neither read a file
// nor change anything. DuckDB itself gives the tree (json_serialize_sql, for `select` alone).

import { MillpondError } from '../core/errors.ts';

/**
 * Functions that make rows of their arguments, or tell of the catalog. What is not here is refused:
 * among the others are those that read files, run SQL out of a string, write log files
 * (`enable_logging`) or follow a pointer that they are given (`arrow_scan`).
 */
const tableFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'repeat',
  'repeat_row',
  'summary',
  'histogram',
  'histogram_values',
  'json_each',
  'json_tree',
  'duckdb_columns',
  'duckdb_functions',
  'duckdb_keywords',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
  'icu_calendar_names',
  'pg_timezone_names',
  'pragma_table_info',
  'pragma_version',
]);

interface SerializedSql {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly statements?: readonly unknown[];
}

/** Throws QUERY_REFUSED, and QUERY_INVALID for what is no SQL at all. */
export function checkSelectOnly(serialized: string): void {
  const parsed = JSON.parse(serialized) as SerializedSql;
  if (parsed.error) {
    const { error_type: type, error_message: why = 'It cannot be judged.' } = parsed;
    if (type === 'parser') throw new MillpondError('QUERY_INVALID', why);
    throw refused(/only select/i.test(why) ? 'It is not a select.' : why);
  }
  const count = parsed.statements?.length ?? 0;
  if (count !== 1) {
    throw refused(count === 0 ? 'There is no statement in it.' : `It has ${count} statements.`);
  }
  checkNodes(parsed.statements);
}

// Not recursive: a tree may be as deep as DuckDB lets it.
function checkNodes(root: unknown): void {
  const left: unknown[] = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { type, function: called, table_name: table } = node as Record<string, unknown>;
    if (type === 'TABLE_FUNCTION') checkTableFunction(called);
    if (typeof table === 'string') checkTable(table);
    for (const value of Object.values(node)) {
      if (typeof value === 'object' && value !== null) left.push(value);
    }
  }
}

function checkTableFunction(called: unknown): void {
  const name = (called as { readonly function_name?: unknown } | undefined)?.function_name;
  if (typeof name === 'string' && tableFunctions.has(name.toLowerCase())) return;
  throw refused(`It reads from ${String(name)}(), and not from a stream.`);
}

// DuckDB would open a file of that name. One without a folder it is not allowed to open anyhow.
function checkTable(name: string): void {
  if (/[/\\]/.test(name)) {
    throw refused(`It reads the file ${JSON.stringify(name)}, and not a stream.`);
  }
}

function refused(why: string): MillpondError {
  return new MillpondError('QUERY_REFUSED', why);
}
