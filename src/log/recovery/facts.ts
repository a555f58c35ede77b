// What the tables of hot.duckdb say at a start, as far as recovery has to know it.

import type { Position } from '../position.ts';
import type { Registered } from './segment-plan.ts';
import type { Range } from './stream-ends.ts';

/** Runs one statement that reads, and gives its small result as objects. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

export interface HotTable {
  readonly table: string;
  readonly stream: number;
  /** The first offset as its name says. */
  readonly first: number;
  /** The offsets in it, as ranges without a hole, in order; none of an empty table. */
  readonly runs: readonly Range[];
}

export interface TableFacts {
  readonly streams: ReadonlyMap<number, string>;
  readonly segments: readonly (Registered & { readonly streamId: number })[];
  readonly hot: readonly HotTable[];
  readonly losses: readonly (Range & { readonly stream: string })[];
  /** The sum of all losses' counts. */
  readonly lossCount: number;
  /** By `<stream>\n<consumer>`. */
  readonly positions: ReadonlyMap<string, Pick<Position, 'nextOffset' | 'revision'>>;
  readonly meta: ReadonlyMap<string, number>;
  /** Numbers of dead letters; `next` is 0 where there are none. */
  readonly deadLetters: Range & { readonly count: number };
}

const HOT_TABLE = /^hot_(\d+)(?:_(\d+))?$/;

/** Tables that an older version did not have count as empty. */
export async function readFacts(query: Query): Promise<TableFacts> {
  const found = await query(
    'select table_name from duckdb_tables() where database_name = current_database()',
  );
  const tables = new Set(found.map(({ table_name: name }) => String(name)));
  const from = (table: string, sql: string) => (tables.has(table) ? query(sql) : []);
  const streams = new Map<number, string>();
  for (const { id, name } of await from('streams', 'select id, name from streams')) {
    streams.set(Number(id), String(name));
  }
  const segments = await from('segments', 'select * from segments order by stream, first_offset');
  const losses = await from(
    'losses',
    'select stream, first_offset, last_offset, count from losses',
  );
  const positions = await from('consumers', 'select * from consumers');
  const meta = await from('meta', "select key, value from meta where contains(key, ':')");
  const [letters] = await from(
    'dead_letters',
    'select min(id) as first, max(id) as last, count(*) as count from dead_letters',
  );
  const hot: HotTable[] = [];
  for (const table of tables) {
    const [, stream, first] = HOT_TABLE.exec(table) ?? [];
    if (stream === undefined) continue;
    const runs = await runsOf(query, table);
    hot.push({ table, stream: Number(stream), first: Number(first ?? runs[0]?.first ?? 0), runs });
  }
  return {
    streams,
    segments: segments.map((row) => ({
      streamId: Number(row.stream),
      stream: streams.get(Number(row.stream)) ?? '',
      first: Number(row.first_offset),
      next: Number(row.next_offset),
      bytes: Number(row.bytes),
      crc32: Number(row.crc32),
    })),
    hot: hot.sort((a, b) => a.stream - b.stream || a.first - b.first),
    losses: losses.flatMap((row) => {
      const range = { first: Number(row.first_offset), next: Number(row.last_offset) + 1 };
      return range.first < 0 ? [] : [{ stream: String(row.stream), ...range }];
    }),
    lossCount: losses.reduce((sum, { count }) => sum + Number(count), 0),
    positions: new Map(
      positions.map((row) => [
        `${row.stream}\n${row.consumer}`,
        { nextOffset: Number(row.next_offset), revision: Number(row.revision ?? 0) },
      ]),
    ),
    meta: new Map(meta.map(({ key, value }) => [String(key), Number(value)])),
    deadLetters: {
      first: Number(letters?.first ?? 0),
      next: letters?.last == null ? 0 : Number(letters.last) + 1,
      count: Number(letters?.count ?? 0),
    },
  };
}

// The three numbers come from the table's statistics; only a table with holes is read.
async function runsOf(query: Query, table: string): Promise<Range[]> {
  const [row] = await query(
    `select min("offset") as first, max("offset") as last, count(*) as count from ${table}`,
  );
  if (row === undefined || Number(row.count) === 0) return [];
  const first = Number(row.first);
  const last = Number(row.last);
  if (last - first + 1 === Number(row.count)) return [{ first, next: last + 1 }];
  const rows = await query(
    `select min("offset") as first, max("offset") as last
     from (select "offset", "offset" - row_number() over (order by "offset") as run
           from (select distinct "offset" from ${table}))
     group by run order by first`,
  );
  return rows.map((run) => ({ first: Number(run.first), next: Number(run.last) + 1 }));
}
