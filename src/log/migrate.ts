// From the tables of an older version to those of this one, inside the transaction that opens the
// database: after a crash in the middle the older ones are still whole.

import type { DuckDBConnection } from '@duckdb/node-api';
import { MillpondError } from '../core/errors.ts';
import { DEFAULT_STREAM } from '../core/stream-config.ts';
import { createTables, hotTable, SCHEMA_VERSION } from './schema.ts';

type Step = (connection: DuckDBConnection) => Promise<void>;

/** What brings version N to N + 1, by N. */
const steps: Readonly<Record<number, Step>> = {
  // One table of hot rows for each stream became tables that are closed, sealed and dropped.
  1: async (connection) => {
    const found = await connection.runAndReadAll('select min("offset"), count(*) from hot_0');
    const [first, count] = found.getRows()[0] ?? [];
    if (Number(count) === 0) await connection.run('drop table hot_0');
    else await connection.run(`alter table hot_0 rename to ${hotTable(0, Number(first))}`);
    await connection.run("update meta set key = 'devices_as_of:0' where key = 'devices_as_of'");
  },
  // Only the position was kept, of plain consumers.
  2: async (connection) => {
    await connection.run(
      "alter table consumers add column if not exists kind varchar default 'plain'",
    );
    await connection.run(
      'alter table consumers add column if not exists revision bigint default 0',
    );
  },
};

/** Makes the tables of a new database, or brings an older one up. Throws DATA_DIR_UNUSABLE. */
export async function migrate(connection: DuckDBConnection, path: string): Promise<void> {
  for (const statement of createTables) await connection.run(statement);
  const found = await connection.runAndReadAll(
    "select value from meta where key = 'schema_version'",
  );
  const stored = found.getRows()[0]?.[0];
  if (stored === undefined) {
    await connection.run(`insert into meta values ('schema_version', '${SCHEMA_VERSION}')`);
    await connection.run(`insert into streams values (0, '${DEFAULT_STREAM}')`);
    return;
  }
  const version = Number(stored);
  if (!(version >= 1 && version <= SCHEMA_VERSION)) {
    throw new MillpondError(
      'DATA_DIR_UNUSABLE',
      `${path} was written by a newer version of Millpond (schema ${String(stored)}, this one knows ${SCHEMA_VERSION}).`,
    );
  }
  for (let from = version; from < SCHEMA_VERSION; from++) await steps[from]?.(connection);
  if (version === SCHEMA_VERSION) return;
  await connection.run(`update meta set value = '${SCHEMA_VERSION}' where key = 'schema_version'`);
}
