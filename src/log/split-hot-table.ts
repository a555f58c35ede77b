// A hot table is dense and named by its first offset. One that something else has taken rows out of
// becomes one table for each run of rows that is left.

import type { Database } from './database.ts';
import { createHotTable, hotTable } from './schema.ts';

export interface Run {
  readonly first: number;
  readonly next: number;
}

/** The runs of offsets in a table, in order. */
export async function runsOf(database: Database, table: string): Promise<Run[]> {
  const rows = await database.rows(
    `select min("offset") as first, max("offset") + 1 as next
     from (select "offset", "offset" - row_number() over (order by "offset") as run from ${table})
     group by run order by first`,
  );
  return rows.map(({ first, next }) => ({ first: Number(first), next: Number(next) }));
}

/** Puts each run into a table of its own, in one transaction. */
export async function splitHotTable(
  database: Database,
  { streamId, table, runs }: { streamId: number; table: string; runs: readonly Run[] },
): Promise<void> {
  await database.transaction(async () => {
    const { writer } = database;
    const aside = `${table}_split`;
    await writer.run(`alter table ${table} rename to ${aside}`);
    for (const { first, next } of runs) {
      const part = hotTable(streamId, first);
      await writer.run(createHotTable(part));
      await writer.run(
        `insert into ${part} select * from ${aside}
         where "offset" >= ${first} and "offset" < ${next} order by "offset"`,
      );
    }
    await writer.run(`drop table ${aside}`);
  });
}
