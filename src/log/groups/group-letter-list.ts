// A group's dead letters read back: pages of them for people, and as rows to be given out again.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { GroupDeadLetter, GroupDeadLetterWork } from '../../core/group.ts';
import type { Page } from '../../core/log-inspection.ts';
import type { Quality, ReadingColumns, SeriesKey } from '../../core/reading.ts';
import { ColumnBuilder } from '../column-builder.ts';

const columns = `"offset", series, epoch_us(measured_at) as measured_at_us,
  epoch_us(received_at) as received_at_us, number, text, quality, failures, reason,
  epoch_us(died_at) as died_at_us`;

/** A letter with the number of its series in place of the names. */
type StoredLetter = Omit<GroupDeadLetter, keyof SeriesKey | 'isRedelivering'> & {
  readonly series: number;
};

/** In the order of their offsets; no offsets are all. */
export async function listGroupLetters(
  connection: DuckDBConnection,
  { stream, group, offsets, from, limit }: GroupDeadLetterWork,
): Promise<Page<StoredLetter, number>> {
  const chosen = offsets.length === 0 ? '' : `and "offset" in (${offsets.join(',')})`;
  const result = await connection.runAndReadAll(
    `select ${columns} from group_dead_letters
     where stream = $1 and consumer = $2 and "offset" >= $3 ${chosen}
     order by "offset" limit ${limit + 1}`,
    [stream, group, BigInt(from)],
  );
  const found = result.getRowObjects().map(letterOf);
  return { entries: found.slice(0, limit), next: found[limit]?.offset ?? null };
}

/** Those of the offsets that are there, ascending, each as a run of its own. */
export async function readGroupLetters(
  connection: DuckDBConnection,
  work: Pick<GroupDeadLetterWork, 'stream' | 'group' | 'offsets'>,
): Promise<ReadingColumns[]> {
  const { entries } = await listGroupLetters(connection, {
    ...work,
    from: 0,
    limit: work.offsets.length,
  });
  return entries.map(({ offset, series, value, measuredAtUs, receivedAtUs, quality }) => {
    const builder = new ColumnBuilder();
    const names = { device: '', channel: '', metric: '', unit: '' };
    const reading = { ...names, value, measuredAtUs, quality: quality as Quality };
    builder.add(offset, series, reading, receivedAtUs);
    return builder.take();
  });
}

function letterOf(row: Record<string, unknown>): StoredLetter {
  return {
    offset: Number(row.offset),
    series: Number(row.series),
    value: typeof row.text === 'string' ? row.text : Number(row.number),
    quality: Number(row.quality),
    measuredAtUs: Number(row.measured_at_us),
    receivedAtUs: Number(row.received_at_us),
    failures: Number(row.failures),
    reason: String(row.reason),
    diedAtUs: Number(row.died_at_us),
  };
}
