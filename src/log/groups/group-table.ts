// The tables `group_settled` and `group_dead_letters` of hot.duckdb. What is settled of a group is the
// sum of its rows: one is added by each commit, and now and then all become one. Everything here may
// be written twice, as when a failed commit is tried again.

import { DuckDBBlobValue, DuckDBTimestampValue } from '@duckdb/node-api';
import type { ConsumerPositions } from '../consumer-positions.ts';
import type { Database } from '../database.ts';
import { positionKey } from '../position.ts';
import type { GroupWrite } from './group-change.ts';
import { decodeRanges, joinRanges } from './offset-ranges.ts';

export async function writeGroups(
  database: Database,
  groups: readonly GroupWrite[],
): Promise<void> {
  for (const group of groups) {
    await writeSettled(database, group);
    await writeLetters(database, group);
  }
}

async function writeSettled(database: Database, group: GroupWrite): Promise<void> {
  const { whole, settled } = group;
  if (whole !== null) await deleteRows(database, 'group_settled', group);
  for (const bytes of [whole, settled]) {
    if (bytes === null || bytes.length === 0) continue;
    const appender = await database.appender('group_settled');
    appender.appendVarchar(group.stream);
    appender.appendVarchar(group.group);
    appender.appendBigInt(BigInt(group.revision));
    appender.appendBlob(bytes);
    appender.endRow();
    appender.flushSync();
  }
}

async function writeLetters(database: Database, group: GroupWrite): Promise<void> {
  const { letters, removedLetters } = group;
  if (group.isRemoved) await deleteRows(database, 'group_dead_letters', group);
  const gone = [...letters.map(({ offset }) => offset), ...removedLetters];
  if (gone.length > 0) {
    await deleteRows(database, 'group_dead_letters', group, `and "offset" in (${gone.join(',')})`);
  }
  if (letters.length === 0) return;
  const appender = await database.appender('group_dead_letters');
  for (const letter of letters) {
    appender.appendVarchar(group.stream);
    appender.appendVarchar(group.group);
    appender.appendBigInt(BigInt(letter.offset));
    appender.appendInteger(letter.series);
    appender.appendTimestamp(new DuckDBTimestampValue(BigInt(letter.measuredAtUs)));
    appender.appendTimestamp(new DuckDBTimestampValue(BigInt(letter.receivedAtUs)));
    if (typeof letter.value === 'number') {
      appender.appendDouble(letter.value);
      appender.appendNull();
    } else {
      appender.appendNull();
      appender.appendVarchar(letter.value);
    }
    appender.appendUTinyInt(letter.quality);
    appender.appendInteger(letter.failures);
    appender.appendVarchar(letter.reason);
    appender.appendTimestamp(new DuckDBTimestampValue(BigInt(letter.diedAtUs)));
    appender.endRow();
  }
  appender.flushSync();
}

async function deleteRows(
  database: Database,
  table: string,
  { stream, group }: Pick<GroupWrite, 'stream' | 'group'>,
  and = '',
): Promise<void> {
  const sql = `delete from ${table} where stream = $1 and consumer = $2 ${and}`;
  await database.writer.run(sql, [stream, group]);
}

/** What is settled of each group, as ranges at or above its position; by `positionKey`. */
export async function loadSettled(
  database: Database,
  positions: Pick<ConsumerPositions, 'get'>,
): Promise<Map<string, number[]>> {
  const sets = new Map<string, { readonly floor: number; readonly sets: number[][] }>();
  const rows = await database.rows('select stream, consumer, revision, settled from group_settled');
  for (const row of rows) {
    const name = { stream: String(row.stream), consumer: String(row.consumer) };
    const position = positions.get(name.stream, name.consumer);
    // A position out of the ledger may be of a seek that this table knows nothing of.
    if (position === null || position.revision !== Number(row.revision)) continue;
    if (!(row.settled instanceof DuckDBBlobValue)) continue;
    const key = positionKey(name);
    const known = sets.get(key) ?? { floor: position.nextOffset, sets: [] };
    known.sets.push(decodeRanges(row.settled.bytes));
    sets.set(key, known);
  }
  return new Map([...sets].map(([key, { floor, sets }]) => [key, joinRanges(sets, floor)]));
}

/** The offsets of each group's dead letters, the oldest first; by `positionKey`. */
export async function loadLetterOffsets(database: Database): Promise<Map<string, number[]>> {
  const letters = new Map<string, number[]>();
  const rows = await database.rows(
    'select stream, consumer, "offset" from group_dead_letters order by died_at, "offset"',
  );
  for (const { stream, consumer, offset } of rows) {
    const key = positionKey({ stream: String(stream), consumer: String(consumer) });
    const known = letters.get(key);
    if (known === undefined) letters.set(key, [Number(offset)]);
    else known.push(Number(offset));
  }
  return letters;
}
