// The SQL of readings in buckets of time: out of rows and out of rollups, with the same columns, so
// that what comes of either adds up to what comes of both.

import { quoted } from '../sql-text.ts';
import type { RollupFiles } from './rollup.ts';

/**
 * Out of rows as sealed files and hot tables have them. `time` is the bucket's number since the epoch;
 * `last` is of the texts the one measured last, of several then the one with the greatest offset.
 */
export function bucketsOfRows(source: string, bucketUs: number, where = 'true'): string {
  const isText = 'filter (text is not null)';
  return `select series, ${bucketOf('epoch_us(measured_at)', bucketUs)} as time,
      count(number) as count, min(number) as min, max(number) as max, sum(number) as sum,
      count(text) as texts, arg_max(text, (measured_at, "offset")) ${isText} as last,
      epoch_us(max(measured_at) ${isText}) as last_us,
      arg_max("offset", (measured_at, "offset")) ${isText} as last_offset
    from ${source} where ${where} group by 1, 2`;
}

/** Out of `rollupRows`; `bucketUs` is a whole number of their units. */
export function bucketsOfRollups(source: string, bucketUs: number, where = 'true'): string {
  const isText = 'filter (last is not null)';
  return `select series, ${bucketOf('us', bucketUs)} as time,
      sum(count)::bigint as count, min(min) as min, max(max) as max, sum(sum) as sum,
      sum(texts)::bigint as texts, arg_max(last, (last_us, last_offset)) ${isText} as last,
      max(last_us) as last_us, arg_max(last_offset, (last_us, last_offset)) ${isText} as last_offset
    from (${source}) where ${where} group by 1, 2`;
}

/** The rows of rollups of several units, each with the microsecond `us` at which its bucket begins. */
export function rollupRows(files: readonly RollupFiles[]): string {
  return files
    .filter(({ paths }) => paths.length > 0)
    .map(
      ({ paths, unitUs }) =>
        `select *, time::bigint * ${unitUs} as us from read_parquet(${fileList(paths)})`,
    )
    .join(' union all ');
}

/** A copy into a Parquet file, the rows of a series together, so that reading one reads little more. */
export function copyToRollup(buckets: string, path: string): string {
  const narrow = ['time', 'count', 'texts'].map((name) => `${name}::integer as ${name}`);
  return `copy (select * replace (${narrow.join(', ')}) from (${buckets}) order by series, time)
    to ${quoted(path)}
    (format parquet, parquet_version v2, compression zstd, row_group_size ${GROUP_ROWS})`;
}

/** Few enough that a series costs little, many enough that the file's own bytes do. */
const GROUP_ROWS = 8192;

export function fileList(paths: readonly string[]): string {
  return `[${paths.map(quoted).join(', ')}]`;
}

/** Rounded down, also before 1970, where `//` rounds up. */
function bucketOf(us: string, bucketUs: number): string {
  return `(${us} - (${us} % ${bucketUs} + ${bucketUs}) % ${bucketUs}) // ${bucketUs}`;
}
