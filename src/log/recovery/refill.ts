// The small tables, filled again from the ledger and from the sealed files after the database lost
// rows: streams, consumers, losses, series.

import { join } from 'node:path';
import type { SeriesKey } from '../../core/reading.ts';
import type { Loss } from '../loss-book.ts';
import { isLater, type Removal } from '../position.ts';
import { quoted } from '../sql-text.ts';
import type { LedgerEvidence } from './evidence.ts';
import type { Query, TableFacts } from './facts.ts';

export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export function insertLoss(loss: Loss): Statement {
  const { stream, firstOffset, lastOffset, count, reason, detail, atUs } = loss;
  return {
    sql: `insert into losses values ($1, $2::bigint, $3::bigint, $4::bigint, $5, $6,
      make_timestamp($7::bigint))`,
    values: [stream, firstOffset, lastOffset, count, reason, detail, atUs],
  };
}

/** Positions only move as they did, here as well: the later of two counts. */
export function refillPositions(facts: TableFacts, ledger: LedgerEvidence): Statement[] {
  const moved = ledger.positions.flatMap((position) => {
    const { stream, consumer, nextOffset, committedAtUs, kind, revision } = position;
    const known = facts.positions.get(`${stream}\n${consumer}`);
    if (known !== undefined && !isLater(position, known)) return [];
    return [
      deletePosition(position),
      {
        sql: `insert into consumers
          values ($1, $2, $3::bigint, make_timestamp($4::bigint), $5, $6::bigint)`,
        values: [stream, consumer, nextOffset, committedAtUs, kind, revision],
      },
    ];
  });
  const removed = ledger.removals.flatMap((removal) => {
    const known = facts.positions.get(`${removal.stream}\n${removal.consumer}`);
    return known !== undefined && removal.revision > known.revision
      ? [deletePosition(removal)]
      : [];
  });
  return [...moved, ...removed];
}

function deletePosition({ stream, consumer }: Removal): Statement {
  return {
    sql: 'delete from consumers where stream = $1 and consumer = $2',
    values: [stream, consumer],
  };
}

/** The ledger has every loss that the table has, unless it is itself damaged. */
export function refillLosses(facts: TableFacts, ledger: LedgerEvidence): Statement[] {
  const count = ledger.losses.reduce((sum, loss) => sum + loss.count, 0);
  if (count <= facts.lossCount) return [];
  return [{ sql: 'delete from losses', values: [] }, ...ledger.losses.map(insertLoss)];
}

/**
 * The series that the table lacks: out of the ledger, where that is not whole out of the sealed files
 * as well; a number that nobody knows any more gets a name that says so.
 */
export async function refillSeries(
  query: Query,
  evidence: {
    readonly directory: string;
    readonly ledger: LedgerEvidence;
    /** Paths below the directory. */
    readonly sealed: readonly string[];
    readonly hotTables: readonly string[];
  },
): Promise<Statement[]> {
  const known = new Set((await query('select id from series')).map(({ id }) => Number(id)));
  const missing = new Map<number, SeriesKey>();
  const take = (id: number, key: SeriesKey): void => {
    if (!known.has(id)) missing.set(id, key);
  };
  if (!evidence.ledger.isWhole) {
    for (const path of evidence.sealed) {
      const file = quoted(join(evidence.directory, path));
      const rows = await query(
        `select distinct series, device, channel, metric, unit, source from read_parquet(${file})`,
      );
      for (const row of rows) take(Number(row.series), keyOf(row));
    }
  }
  await evidence.ledger.readSeries(take);
  let next = 0;
  for (const table of evidence.hotTables) {
    const [row] = await query(`select max(series) as last from ${table}`);
    next = Math.max(next, Number(row?.last ?? -1) + 1);
  }
  for (const id of [...known, ...missing.keys()]) next = Math.max(next, id + 1);
  // Numbers are given without a hole.
  for (let id = 0; id < next; id++) {
    if (!missing.has(id)) take(id, { ...keyOf({}), device: `lost-${id}`, metric: 'unknown' });
  }
  return [...missing].map(([id, { device, channel, metric, unit, source }]) => ({
    sql: 'insert into series values ($1, $2, $3, $4, $5, $6)',
    values: [id, device, channel, metric, unit, source],
  }));
}

function keyOf(row: Record<string, unknown>): SeriesKey {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    device: text(row.device),
    channel: text(row.channel),
    metric: text(row.metric),
    unit: text(row.unit),
    source: text(row.source),
  };
}
