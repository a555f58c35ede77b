// A stream as a view: its sealed files, and behind them the hot rows, with the columns of the files.

import { quoted } from '../log/sql-text.ts';

/** The attached database of what is not for the query's own eyes: hot rows, and names of series. */
export const STORE = 'gateway';

export const createSeriesTable = `create table ${STORE}.series (
  id integer, device varchar, channel varchar, metric varchar, unit varchar, source varchar)`;

/** As the hot tables of the log. */
export function createRowsTable(table: string): string {
  return `create table ${STORE}.${table} (
    "offset" bigint, series integer, measured_at timestamp, received_at timestamp,
    number double, text varchar, quality utinyint)`;
}

const names = ['device', 'channel', 'metric', 'unit', 'source'];

/** `table` has the hot rows; none of the files holds one of them. */
export function streamView(
  stream: string,
  { files, table }: { readonly files: readonly string[]; readonly table: string },
): string {
  const hot = `select rows."offset", rows.series, ${names.map((name) => `series.${name}`).join(', ')},
    make_timestamptz(epoch_us(rows.measured_at)) as measured_at,
    make_timestamptz(epoch_us(rows.received_at)) as received_at,
    rows.number, rows.text, rows.quality
    from ${STORE}.${table} as rows join ${STORE}.series as series on rows.series = series.id`;
  const sealed =
    files.length === 0 ? '' : `from read_parquet([${files.map(quoted).join(', ')}]) union all `;
  return `create view ${identifier(stream)} as ${sealed}${hot}`;
}

/** Of a stream that the query does not name: what finds a way to it all the same must not see it empty. */
export function absentView(stream: string): string {
  const columns = [
    'bigint as "offset"',
    'integer as series',
    ...names.map((name) => `varchar as ${name}`),
    'timestamptz as measured_at',
    'timestamptz as received_at',
    'double as number',
    'varchar as text',
    'utinyint as quality',
  ];
  const nulls = columns.map((column) => `null::${column}`).join(', ');
  const why = quoted(`the stream ${stream} is not named in the query's text`);
  return `create view ${identifier(stream)} as select ${nulls} from (select 1) where error(${why}) is null`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
