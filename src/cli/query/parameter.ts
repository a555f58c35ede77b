// A parameter as it stands on the command line, with the type that it looks like.

import { MillpondError } from '../../core/errors.ts';
import { isCalendarDay } from '../../core/iso-time.ts';
import type { QueryParameter, QueryValue } from '../../generated/millpond/v1/query.ts';

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** `name=value`. Throws USAGE. */
export function parseParameter(text: string): QueryParameter {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new MillpondError('USAGE', `--param ${text}: write it as name=value`);
  }
  const value = typed(text.slice(equals + 1));
  return { name: text.slice(0, equals), value: { value } };
}

function typed(text: string): QueryValue['value'] {
  if (text === 'null') return undefined;
  if (text === 'true' || text === 'false') return { $case: 'boolean', value: text === 'true' };
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= INT64.min && value <= INT64.max) return { $case: 'integer', value };
  }
  if (/^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) {
    return { $case: 'number', value: Number(text) };
  }
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms) && isCalendarDay(text.slice(0, 10))) {
      return { $case: 'timestampUs', value: BigInt(ms) * 1000n };
    }
  }
  return { $case: 'text', value: /^'.*'$/s.test(text) ? text.slice(1, -1) : text };
}
