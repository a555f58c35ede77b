// The SQL of readings as they leave the gateway, in the order of their offsets: the streams one behind
// the other, each as `stream-view.ts` has it.

import type { QuerySnapshot, ReadingsAsk } from '../core/query.ts';
import { Quality, qualityName } from '../core/reading.ts';
import { quoted } from '../log/sql-text.ts';

/** For documents that programs read: as the sealed files have them, and the stream. */
const plainColumns = `"offset", device, channel, metric, unit, source, measured_at, received_at, number,
  text, quality, stream`;

/**
 * For people and their spreadsheets: one column for the value, times in UTC. A spreadsheet takes a text
 * that begins with one of `=+-@` for a formula, and runs it: such texts get an apostrophe before them,
 * as spreadsheets themselves mark a text. Numbers stay as they are.
 */
const sheetColumns = `"offset", ${['device', 'channel', 'metric'].map(asText).join(', ')},
  case when text is null then number::varchar else ${safe('text')} end as value,
  ${asText('unit')}, ${['measured_at', 'received_at'].map(asTime).join(', ')},
  case quality ${Object.values(Quality)
    .map((quality) => `when ${quality} then '${qualityName(quality)}'`)
    .join(' ')} else quality::varchar end as quality,
  ${asText('source')}, stream`;

function safe(column: string): string {
  return `case when ${column}[1] in ('=', '+', '-', '@', chr(9), chr(13))
    then '''' || ${column} else ${column} end`;
}

function asText(column: string): string {
  return `${safe(column)} as ${column}`;
}

function asTime(column: string): string {
  return `strftime(make_timestamp(epoch_us(${column})), '%Y-%m-%dT%H:%M:%S.%fZ') as ${column}`;
}

export function readingsSql(ask: ReadingsAsk, { streams, series }: QuerySnapshot): string {
  const where = conditions(ask, series).join(' and ');
  const parts = streams
    .filter(({ content }) => content !== null)
    .map(({ name }) => `select *, ${quoted(name)} as stream from "${name}" where ${where}`);
  const all = parts.length === 1 ? parts[0] : parts.map((part) => `(${part})`).join(' union all ');
  // One more than wanted tells whether there are more.
  const limit = ask.format === 'json' ? ask.limit + 1 : ask.limit;
  const columns = ask.format === 'csv' ? sheetColumns : plainColumns;
  return `select ${columns} from (${all}) limit ${limit}`;
}

function conditions(
  { fromUs, toUs, fromOffset, toOffset }: ReadingsAsk,
  series: readonly number[] | null,
): string[] {
  const found = ['true'];
  if (fromUs !== null) found.push(`measured_at >= make_timestamptz(${fromUs}::bigint)`);
  if (toUs !== null) found.push(`measured_at < make_timestamptz(${toUs}::bigint)`);
  if (fromOffset !== null) found.push(`"offset" >= ${fromOffset}`);
  if (toOffset !== null) found.push(`"offset" < ${toOffset}`);
  if (series?.length === 0) found.push('false');
  else if (series !== null) found.push(`series in (${series.join(', ')})`);
  return found;
}

export function copySql(sql: string, path: string, format: 'csv' | 'parquet'): string {
  const how = format === 'csv' ? 'format csv, header' : 'format parquet, compression zstd';
  return `copy (${sql}) to ${quoted(path)} (${how})`;
}
