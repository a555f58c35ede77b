// Gives a prepared query its parameters, each with the type that it was sent with.

import { type DuckDBPreparedStatement, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { MillpondError } from '../core/errors.ts';
import type { ParameterValue, QueryParameter } from '../core/query.ts';

/** Throws QUERY_INVALID when one is missing, is not asked for, or is given twice. */
export function bindParameters(
  prepared: DuckDBPreparedStatement,
  parameters: readonly QueryParameter[],
): void {
  const wanted = new Map<string, number>();
  for (let index = 1; index <= prepared.parameterCount; index++) {
    wanted.set(prepared.parameterName(index).toLowerCase(), index);
  }
  let place = 0;
  for (const { name, value } of parameters) {
    if (name === '') place += 1;
    const key = name === '' ? String(place) : name.toLowerCase();
    const index = wanted.get(key);
    if (index === undefined) {
      throw invalid(`The query has no parameter $${key} left to be given a value.`);
    }
    wanted.delete(key);
    bind(prepared, index, value);
  }
  const missing = [...wanted.keys()].map((name) => `$${name}`).join(', ');
  if (missing !== '') throw invalid(`Parameters without a value: ${missing}.`);
}

function bind(
  prepared: DuckDBPreparedStatement,
  index: number,
  parameter: ParameterValue | null,
): void {
  switch (parameter?.kind) {
    case undefined:
      prepared.bindNull(index);
      break;
    case 'boolean':
      prepared.bindBoolean(index, parameter.value);
      break;
    case 'integer':
      prepared.bindBigInt(index, parameter.value);
      break;
    case 'unsigned':
      prepared.bindUBigInt(index, parameter.value);
      break;
    case 'number':
      prepared.bindDouble(index, parameter.value);
      break;
    case 'text':
      prepared.bindVarchar(index, parameter.value);
      break;
    case 'blob':
      prepared.bindBlob(index, parameter.value);
      break;
    case 'timestampUs':
      prepared.bindTimestampTZ(index, new DuckDBTimestampTZValue(parameter.value));
      break;
  }
}

function invalid(why: string): MillpondError {
  return new MillpondError('QUERY_INVALID', why);
}
