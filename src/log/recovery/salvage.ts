// Copies what can be read of a damaged database into a new file. A block that fails takes the rows
// with it whose values are in it; they are found by halving ranges of rows.

import { quoted } from '../sql-text.ts';
import type { SalvageAnswer, SalvagedTable } from './request.ts';
import type { Session } from './session.ts';

/** Rows that DuckDB reads at once: a failing range is not halved further. */
const VECTOR_ROWS = 2048;

/** `session` is one in memory. Rows keep their order. Throws if the source cannot be opened. */
export async function salvage(
  session: Session,
  files: { readonly path: string; readonly target: string },
): Promise<SalvageAnswer> {
  await session.run(`attach ${quoted(files.path)} as damaged (read_only)`);
  await session.run(`attach ${quoted(files.target)} as salvaged`);
  const tables: SalvagedTable[] = [];
  for (const [table, sql] of await session.rows(
    `select table_name, sql from duckdb_tables() where database_name = 'damaged' order by table_oid`,
  )) {
    await session.run('use salvaged');
    await session.run(String(sql));
    tables.push(await copyTable(session, String(table)));
  }
  await session.run('checkpoint salvaged');
  await session.run('use memory');
  await session.run('detach salvaged');
  return { refusal: '', tables };
}

async function copyTable(session: Session, table: string): Promise<SalvagedTable> {
  const from = `damaged.main."${table}"`;
  const to = `salvaged.main."${table}"`;
  const copy = async (first: number, next: number): Promise<void> => {
    try {
      const range = `rowid >= ${first} and rowid < ${next}`;
      await session.run(`insert into ${to} select * from ${from} where ${range}`);
    } catch {
      if (next - first <= VECTOR_ROWS) return;
      // At a multiple of a vector, so that no vector is read twice.
      const half = first + Math.ceil((next - first) / 2 / VECTOR_ROWS) * VECTOR_ROWS;
      await copy(first, half);
      await copy(half, next);
    }
  };
  const [row] = await session.rows(`select count(*), coalesce(max(rowid) + 1, 0) from ${from}`);
  const [rows = 0, next = 0] = (row ?? []).map(Number);
  await copy(0, next);
  const [copied] = await session.rows(`select count(*) from ${to}`);
  return { table, rows, saved: Number(copied?.[0]) };
}
