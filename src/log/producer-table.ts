// The table `producers` of hot.duckdb: written with the messages, read at a start.

import type { Commit } from './commit.ts';
import type { Database } from './database.ts';

/** Names are those of consumers, and can stand in a text as they are. */
export async function writeProducers(database: Database, commit: Commit): Promise<void> {
  const { producers, forgottenProducers, producersAtUs } = commit;
  if (producers.size + forgottenProducers.size === 0) return;
  const names = [...producers.keys(), ...forgottenProducers].map((name) => `'${name}'`).join(',');
  await database.writer.run(`delete from producers where producer in (${names})`);
  if (producers.size === 0) return;
  const rows = [...producers].map(
    ([name, sequence]) => `('${name}', ${sequence}, make_timestamp(${producersAtUs}))`,
  );
  await database.writer.run(`insert into producers values ${rows.join(',')}`);
}

/** Calls `take` with each, the one heard of longest ago first. */
export async function loadProducers(
  database: Database,
  take: (producer: string, sequence: number) => void,
): Promise<void> {
  const rows = await database.rows(
    'select producer, max(sequence) as sequence from producers group by producer order by max(seen_at)',
  );
  for (const { producer, sequence } of rows) take(String(producer), Number(sequence));
}
