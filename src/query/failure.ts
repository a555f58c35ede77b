// What DuckDB says of a query that failed, in Millpond's terms.

import { MillpondError } from '../core/errors.ts';

/** Not the query's doing: DuckDB itself, or a sealed file, which a query cannot name. */
const systemFault =
  /^(?:IO|INTERNAL|FATAL|Serialization) Error|^Fatal|streams[/\\].*\.parquet|TProtocolException/i;

/** DuckDB's text has the line and a mark below the place, where it knows them. */
export function explainQueryFailure(thrown: unknown): MillpondError {
  if (thrown instanceof MillpondError) return thrown;
  const whole = thrown instanceof Error ? thrown.message : String(thrown);
  const text = whole.replace(/^Failed to \w+(?: \w+)*: /, '').trim();
  const [first = ''] = text.split('\n');
  if (/^Out of Memory Error/i.test(text)) {
    return new MillpondError('QUERY_MEMORY', 'The query needs more memory than it may have.', {
      cause: thrown,
    });
  }
  if (/^Permission Error/i.test(text)) {
    return new MillpondError('QUERY_REFUSED', first, { cause: thrown });
  }
  if (systemFault.test(first)) {
    return new MillpondError('QUERY_FAILED', first, { cause: thrown });
  }
  return new MillpondError('QUERY_INVALID', text, { cause: thrown });
}
