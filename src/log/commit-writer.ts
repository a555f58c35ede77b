// Writes one commit: everything that a Pending holds, in one transaction, so that a crash leaves
// all of it or none.

import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { DuckDBTimestampValue } from '@duckdb/node-api';
import { flagsOf } from '../core/raw-message.ts';
import type { Commit } from './commit.ts';
import type { Database } from './database.ts';
import { writeGroups } from './groups/group-table.ts';
import { HotWriter } from './hot-vectors.ts';
import type { Losses } from './loss.ts';
import type { Position, Removal } from './position.ts';
import { writeProducers } from './producer-table.ts';
import { createHotTable, PARTIAL } from './schema.ts';
import type { SeriesSnapshot } from './series-state.ts';

export class CommitWriter {
  readonly #hotWriter = new HotWriter();
  readonly #losses: Losses;

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  async write(database: Database, commit: Commit): Promise<void> {
    await database.transaction(async () => {
      const { writer } = database;
      if (commit.newSeries.keys.length > 0) {
        appendSeries(await database.appender('series'), commit.newSeries);
      }
      for (const { table, isNewTable, columns } of commit.rows) {
        if (isNewTable) await writer.run(createHotTable(table));
        const appender = await database.appender(table);
        this.#hotWriter.append(appender, columns);
        appender.flushSync();
      }
      if (commit.deadLetters.length > 0) {
        appendDeadLetters(await database.appender('dead_letters'), commit);
      }
      if (commit.deadLetters.some(({ parts }) => parts.length > 0)) {
        appendParts(await database.appender('dead_letter_parts'), commit);
      }
      if (commit.trimDeadLettersBelow >= 0) {
        await deleteDeadLetters(writer, `id < ${commit.trimDeadLettersBelow}`);
      }
      if (commit.removedDeadLetters.size > 0) {
        await deleteDeadLetters(writer, `id in (${[...commit.removedDeadLetters].join(',')})`);
      }
      if (commit.losses.length > 0) await this.#losses.write(writer, commit.losses);
      for (const position of commit.positions) await writePosition(writer, position);
      for (const removal of commit.removedPositions) await deletePosition(writer, removal);
      await writeGroups(database, commit.groups);
      await writeProducers(database, commit);
      if (commit.snapshots !== null) {
        await writeSnapshots(database, commit.snapshots, commit.devicesAsOf);
      }
    });
  }
}

function appendSeries(appender: DuckDBAppender, series: Commit['newSeries']): void {
  let id = series.first;
  for (const key of series.keys) {
    appender.appendInteger(id++);
    appender.appendVarchar(key.device);
    appender.appendVarchar(key.channel);
    appender.appendVarchar(key.metric);
    appender.appendVarchar(key.unit);
    appender.appendVarchar(key.source);
    appender.endRow();
  }
  appender.flushSync();
}

function appendDeadLetters(appender: DuckDBAppender, commit: Commit): void {
  let id = commit.firstDeadLetterId;
  for (const letter of commit.deadLetters) {
    appender.appendBigInt(BigInt(id++));
    appender.appendTimestamp(timestamp(letter.receivedAtUs));
    appender.appendVarchar(letter.source);
    appender.appendVarchar(letter.topic);
    appender.appendVarchar(letter.profile);
    appender.appendVarchar(letter.reason);
    appender.appendVarchar(letter.detail);
    appender.appendUTinyInt(flagsOf(letter) | (letter.parts.length > 0 ? PARTIAL : 0));
    appender.appendBlob(letter.payload);
    appender.endRow();
  }
  appender.flushSync();
}

function appendParts(appender: DuckDBAppender, commit: Commit): void {
  for (const [index, { parts }] of commit.deadLetters.entries()) {
    if (parts.length === 0) continue;
    appender.appendBigInt(BigInt(commit.firstDeadLetterId + index));
    appender.appendBlob(parts);
    appender.endRow();
  }
  appender.flushSync();
}

async function deleteDeadLetters(writer: DuckDBConnection, which: string): Promise<void> {
  for (const table of ['dead_letters', 'dead_letter_parts']) {
    await writer.run(`delete from ${table} where ${which}`);
  }
}

async function writePosition(writer: DuckDBConnection, position: Position): Promise<void> {
  await deletePosition(writer, position);
  await writer.run(
    'insert into consumers values ($1, $2, $3, make_timestamp($4::bigint), $5, $6)',
    [
      position.stream,
      position.consumer,
      BigInt(position.nextOffset),
      BigInt(position.committedAtUs),
      position.kind,
      BigInt(position.revision),
    ],
  );
}

async function deletePosition(writer: DuckDBConnection, removal: Removal): Promise<void> {
  const { stream, consumer } = removal;
  await writer.run('delete from consumers where stream = $1 and consumer = $2', [stream, consumer]);
}

async function writeSnapshots(
  database: Database,
  snapshots: readonly SeriesSnapshot[],
  asOf: ReadonlyMap<number, number>,
): Promise<void> {
  const { writer } = database;
  if (snapshots.length > 0) {
    const ids = snapshots.map((snapshot) => snapshot.series).join(',');
    await writer.run(`delete from devices where series in (${ids})`);
    appendSnapshots(await database.appender('devices'), snapshots);
  }
  await writer.run("delete from meta where starts_with(key, 'devices_as_of:')");
  for (const [streamId, offset] of asOf) {
    await writer.run(`insert into meta values ('devices_as_of:${streamId}', '${offset}')`);
  }
}

function appendSnapshots(appender: DuckDBAppender, snapshots: readonly SeriesSnapshot[]): void {
  for (const snapshot of snapshots) {
    appender.appendInteger(snapshot.series);
    appender.appendTimestamp(timestamp(snapshot.firstSeenUs));
    appender.appendTimestamp(timestamp(snapshot.lastSeenUs));
    appender.appendBigInt(BigInt(snapshot.readings));
    if (typeof snapshot.value === 'number') {
      appender.appendDouble(snapshot.value);
      appender.appendNull();
    } else {
      appender.appendNull();
      appender.appendVarchar(snapshot.value);
    }
    appender.appendTimestamp(timestamp(snapshot.measuredAtUs));
    appender.endRow();
  }
  appender.flushSync();
}

function timestamp(us: number): DuckDBTimestampValue {
  return new DuckDBTimestampValue(BigInt(us));
}
