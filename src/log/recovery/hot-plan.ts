// Hot tables hold a stream's rows without a hole and under the name of their first offset. Where rows
// went, or a sealed file has them too, the tables are made so again. Pure.

import type { HotTable } from './facts.ts';
import { doOverlap, type Range } from './stream-ends.ts';

export interface HotChange {
  readonly table: HotTable;
  /** What stays, each range in a table of its own. */
  readonly kept: readonly Range[];
}

/** The tables that have to change; `sealed` are the ranges of the stream's segments. */
export function planHot(tables: readonly HotTable[], sealed: readonly Range[]): HotChange[] {
  return tables.flatMap((table) => {
    const kept = table.runs.flatMap((run) => without(run, sealed));
    const [only] = kept;
    const isWhole = kept.length === 1 && only?.first === table.first && isEqual(kept, table.runs);
    return isWhole || table.runs.length === 0 ? [] : [{ table, kept }];
  });
}

export function statementsOf({ table, kept }: HotChange): string[] {
  const statements: string[] = [];
  const within = ({ first, next }: Range) => `"offset" >= ${first} and "offset" < ${next}`;
  for (const range of kept) {
    if (range.first === table.first) continue;
    const name = `hot_${table.stream}_${range.first}`;
    statements.push(
      `create table ${name} as select * from ${table.table} where ${within(range)} order by "offset"`,
    );
  }
  const stays = kept.find(({ first }) => first === table.first);
  statements.push(
    stays === undefined
      ? `drop table ${table.table}`
      : `delete from ${table.table} where not (${within(stays)})`,
  );
  return statements;
}

function without(run: Range, sealed: readonly Range[]): Range[] {
  let left = [run];
  for (const taken of sealed) {
    left = left.flatMap((part) => {
      if (!doOverlap(part, taken)) return [part];
      const before = { first: part.first, next: taken.first };
      const after = { first: taken.next, next: part.next };
      return [before, after].filter(({ first, next }) => first < next);
    });
    if (left.length === 0) return [];
  }
  return left;
}

function isEqual(a: readonly Range[], b: readonly Range[]): boolean {
  return (
    a.length === b.length &&
    a.every((range, index) => range.first === b[index]?.first && range.next === b[index]?.next)
  );
}
