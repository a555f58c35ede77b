// A value of a result as text and as JSON. Times are UTC; bytes are hexadecimal in text and Base64 in
// JSON.

import { isoTime } from '../../core/iso-time.ts';
import type { QueryColumn, QueryValue } from '../../generated/millpond/v1/query.ts';

/** Null for null. */
export function cellText({ value }: QueryValue, { type }: QueryColumn): string | null {
  switch (value?.$case) {
    case undefined:
      return null;
    case 'timestampUs':
      return timeText(value.value, type);
    case 'blob':
      return Buffer.from(value.value).toString('hex');
    default:
      return String(value?.value);
  }
}

/** What JSON.stringify takes: whole numbers beyond 2^53 are texts, and what is no number is null. */
export function cellJson({ value }: QueryValue, { type }: QueryColumn): unknown {
  switch (value?.$case) {
    case undefined:
      return null;
    case 'integer':
    case 'unsigned': {
      const number = Number(value.value);
      return Number.isSafeInteger(number) ? number : String(value.value);
    }
    case 'timestampUs':
      return timeText(value.value, type);
    case 'blob':
      return Buffer.from(value.value).toString('base64');
    default:
      return value?.value;
  }
}

// A time without a zone is shown without one. What is no date of the calendar is DuckDB's infinity.
function timeText(us: bigint, type: string): string {
  if (us >= 2n ** 63n - 1n) return 'infinity';
  if (us <= -(2n ** 63n) + 1n) return '-infinity';
  const text = isoTime(us);
  return type === 'TIMESTAMP WITH TIME ZONE' ? text : text.replace(/Z$/, '');
}

/** Whether a column's values are aligned to the right. */
export function isNumeric({ type }: QueryColumn): boolean {
  return /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|UINTEGER|FLOAT|DOUBLE|BIGNUM|DECIMAL\b.*)$/.test(
    type,
  );
}

/** The names, of which no two are alike. */
export function distinctNames(columns: readonly QueryColumn[]): string[] {
  const used = new Set<string>();
  return columns.map(({ name }) => {
    let distinct = name;
    for (let number = 2; used.has(distinct); number++) distinct = `${name}_${number}`;
    used.add(distinct);
    return distinct;
  });
}
