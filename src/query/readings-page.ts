// A page of readings as one JSON document, piece by piece: each reading as `millpond tail --json` has
// it, and where the next page begins.

import { type DuckDBResult, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import { readingJson } from '../core/reading-json.ts';

/** In the order of `readings-sql.ts`, which asks for one reading more than `limit`. */
const column = {
  offset: 0,
  device: 1,
  channel: 2,
  metric: 3,
  unit: 4,
  source: 5,
  measuredAt: 6,
  receivedAt: 7,
  number: 8,
  text: 9,
  quality: 10,
  stream: 11,
} as const;

/** Of several streams there is no one offset to go on from: their pages say `null`. */
export async function* readingsPage(
  result: DuckDBResult,
  { limit, isOneStream }: { readonly limit: number; readonly isOneStream: boolean },
): AsyncGenerator<Buffer, void> {
  let taken = 0;
  let nextOffset: string | null = null;
  let chunk = await result.fetchChunk();
  // Not before something was read: what fails until then is an error of its own.
  yield Buffer.from('{"readings":[');
  for (; chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const rows = chunk;
    const lines: string[] = [];
    for (let row = 0; row < rows.rowCount; row++) {
      const value = (of: number): DuckDBValue => rows.getColumnVector(of).getItem(row);
      if (taken === limit) {
        nextOffset = String(value(column.offset));
        break;
      }
      lines.push(lineOf(value));
      taken += 1;
    }
    if (lines.length > 0) {
      const isFirst = taken === lines.length;
      yield Buffer.from(`${isFirst ? '' : ','}\n${lines.join(',\n')}`);
    }
    if (nextOffset !== null) break;
  }
  const isTruncated = nextOffset !== null;
  const next = isOneStream && nextOffset !== null ? `"${nextOffset}"` : 'null';
  yield Buffer.from(`\n],"nextOffset":${next},"isTruncated":${isTruncated}}\n`);
}

function lineOf(value: (column: number) => DuckDBValue): string {
  return readingJson({
    stream: String(value(column.stream)),
    offset: value(column.offset) as bigint,
    device: String(value(column.device)),
    channel: String(value(column.channel)),
    metric: String(value(column.metric)),
    unit: String(value(column.unit)),
    source: String(value(column.source)),
    value: (value(column.text) ?? value(column.number)) as string | number | null,
    measuredAtUs: microsecondsOf(value(column.measuredAt)),
    receivedAtUs: microsecondsOf(value(column.receivedAt)),
    quality: Number(value(column.quality)),
  });
}

function microsecondsOf(value: DuckDBValue): bigint {
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  throw new TypeError(`${String(value)} is no time`);
}
