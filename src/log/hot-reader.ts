// Reads rows out of hot tables by bounded ranges, so that no read transaction stays open and holds
// back DuckDB's checkpoints.

import type { ReadingColumns } from '../core/reading.ts';
import type { Database } from './database.ts';
import type { Lane } from './lane.ts';
import { hotColumnList, readColumns } from './result-columns.ts';
import type { HotTable } from './stream-state.ts';

export class HotReader {
  readonly #database: () => Database;
  readonly #lane: Lane;

  constructor(database: () => Database, lane: Lane) {
    this.#database = database;
    this.#lane = lane;
  }

  /** The rows [from, until) of the table. */
  read(table: HotTable, from: number, until: number): Promise<ReadingColumns> {
    const sql = `select ${hotColumnList} from ${table.name} where "offset" >= $1 and "offset" < $2`;
    return this.#lane.run(async () => {
      const statement = await this.#database().prepared(sql);
      statement.bindBigInt(1, BigInt(from));
      statement.bindBigInt(2, BigInt(until));
      return readColumns(await statement.run());
    });
  }

  /** The first offset of the table received at or after `timeUs`; null if there is none. */
  offsetAtTime(table: HotTable, timeUs: number): Promise<number | null> {
    const sql = `select min("offset") from ${table.name} where received_at >= make_timestamp($1::bigint)`;
    return this.#lane.run(async () => {
      const statement = await this.#database().prepared(sql);
      statement.bindBigInt(1, BigInt(timeUs));
      const found = (await statement.runAndReadAll()).getRows()[0]?.[0];
      return found === null || found === undefined ? null : Number(found);
    });
  }
}
