// A query in the terms of a program: its request, and rows as objects.

import { Format } from '../generated/millpond/v1/format.ts';
import type {
  QueryColumn,
  QueryParameter,
  QueryRequest,
  QueryRow,
  QueryValue,
} from '../generated/millpond/v1/query.ts';

/**
 * Whole numbers are numbers where those are exact (below 2^53), else bigints. Times are microseconds
 * since the Unix epoch. Types without a counterpart come as DuckDB writes them.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array;

export type Row = Readonly<Record<string, SqlValue>>;

export interface QueryOptions {
  /** For `$1`, `$2` … in their order, or by name for `$name`. */
  readonly parameters?: readonly SqlValue[] | Readonly<Record<string, SqlValue>>;
  /** Milliseconds, delivery included; the gateway's limit if absent or longer. */
  readonly timeLimitMs?: number;
  /** Cuts the result off after so many rows. */
  readonly rowsMax?: number;
  /** Ends the loop, and the query, without an error. */
  readonly signal?: AbortSignal;
}

export function queryRequest(sql: string, options: QueryOptions): QueryRequest {
  return {
    sql,
    parameters: parametersOf(options.parameters ?? []),
    format: Format.FORMAT_ROWS,
    timeLimitMs: options.timeLimitMs ?? 0,
    maxRows: BigInt(options.rowsMax ?? 0),
    maxBytes: 0n,
  };
}

export function rowOf(columns: readonly QueryColumn[], { values }: QueryRow): Row {
  return Object.fromEntries(columns.map(({ name }, place) => [name, sqlValue(values[place])]));
}

function parametersOf(given: NonNullable<QueryOptions['parameters']>): QueryParameter[] {
  const named: [string, SqlValue][] = Array.isArray(given)
    ? given.map((value: SqlValue) => ['', value])
    : Object.entries(given);
  return named.map(([name, value]) => ({ name, value: { value: wireValue(value) } }));
}

function wireValue(value: SqlValue): QueryValue['value'] {
  switch (typeof value) {
    case 'boolean':
      return { $case: 'boolean', value };
    case 'number':
      if (Number.isSafeInteger(value)) return { $case: 'integer', value: BigInt(value) };
      return { $case: 'number', value };
    case 'bigint':
      return { $case: 'integer', value };
    case 'string':
      return { $case: 'text', value };
    default:
      return value === null ? undefined : { $case: 'blob', value: Buffer.from(value) };
  }
}

function sqlValue(wire: QueryValue | undefined): SqlValue {
  const value = wire?.value?.value ?? null;
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
