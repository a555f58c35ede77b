// What becomes of a group commit: prepared once, written until it is durable, noted in everything
// that is kept in memory, settled.

import type { MillpondError } from '../core/errors.ts';
import { type Commit, emptyCommit } from './commit.ts';
import type { CommitWriter } from './commit-writer.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import type { Database } from './database.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { DeviceState } from './device-state.ts';
import type { Ledger } from './ledger.ts';
import { positionRecord, removalRecord } from './ledger-position.ts';
import type { LogEvents, LogOptions } from './log-options.ts';
import type { Losses } from './loss.ts';
import { bytesOf, type Pending } from './pending.ts';
import { prepareCommit, type RowTarget } from './prepare-commit.ts';
import { sealRowsOf } from './retention/retention-plan.ts';
import type { SeriesState } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';
import type { Streams } from './streams.ts';
import type { Watermarks } from './watermarks.ts';

/** How often the devices' latest values are written; they are made good from the rows after a crash. */
const SNAPSHOT_INTERVAL_US = 30_000_000;

/** Numbers of dead letters that are reserved ahead. */
const DEAD_LETTERS_STEP = 1024;

export interface CommitterParts {
  readonly options: Pick<LogOptions, 'clock' | 'sealRows'>;
  readonly events: Pick<LogEvents, 'committed' | 'trimmedDeadLetters'>;
  readonly writer: CommitWriter;
  readonly database: () => Database;
  /** Runs `look` on the reader's connection while nothing else does. */
  readonly whileReaderIdle: <T>(look: () => Promise<T>) => Promise<T>;
  readonly streams: Streams;
  readonly series: SeriesTable;
  readonly seriesState: SeriesState;
  readonly devices: DeviceState;
  readonly positions: ConsumerPositions;
  readonly deadLetters: DeadLetterStore;
  readonly losses: Losses;
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  /** Called after each commit: with true when it closed a hot table. */
  readonly committed: (hasClosedTable: boolean) => void;
}

export class Committer {
  readonly #parts: CommitterParts;
  readonly #prepared = new WeakMap<Pending, Commit>();
  #snapshotDueUs: number;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#snapshotDueUs = parts.options.clock() + SNAPSHOT_INTERVAL_US;
  }

  /** Durable when it resolves. Called again with the same batch after a failure. */
  async write(pending: Pending): Promise<void> {
    const { writer, database, events } = this.#parts;
    const known = this.#prepared.get(pending);
    const commit = known ?? this.#prepare(pending);
    const startedMs = performance.now();
    await this.#reserveOffsets(commit);
    if (known === undefined) {
      // Both or neither is asked for: a commit of which one failed is tried again.
      const isOnRecord = this.#note(commit) ? this.#parts.ledger.sync() : Promise.resolve();
      const written = await Promise.allSettled([writer.write(database(), commit), isOnRecord]);
      for (const each of written) if (each.status === 'rejected') throw each.reason;
    } else {
      await this.#parts.ledger.sync();
      if (!(await this.#isDurable(commit))) await writer.write(database(), commit);
    }
    events.committed({
      rows: commit.rows.reduce((sum, { columns }) => sum + columns.count, 0),
      deadLetters: commit.deadLetters.length,
      ms: performance.now() - startedMs,
    });
  }

  /** Takes note of a durable batch and settles it. */
  done(pending: Pending): void {
    const { streams, series, seriesState, devices, positions, deadLetters } = this.#parts;
    const { options, events, database } = this.#parts;
    const commit = this.#prepared.get(pending) as Commit;
    const nowUs = options.clock();
    let hasClosedTable = false;
    for (const { streamId, table, isNewTable, columns } of commit.rows) {
      const stream = streams.byId(streamId);
      stream.ring.push(stream.highWatermark, columns);
      const closed = isNewTable ? stream.hot.at(-1) : undefined;
      if (closed !== undefined) {
        database().forget(closed.name);
        hasClosedTable = true;
      }
      stream.committed(table, columns.count, nowUs);
      seriesState.note(columns);
      devices.note(columns);
    }
    series.markWritten(commit.newSeries.first + commit.newSeries.keys.length);
    for (const position of commit.positions) positions.set(position);
    for (const removal of commit.removedPositions) positions.remove(removal);
    if (commit.snapshots !== null) this.#snapshotDueUs = nowUs + SNAPSHOT_INTERVAL_US;
    const letters = commit.deadLetters.map((letter) => ({
      bytes: bytesOf(letter),
      receivedAtUs: letter.receivedAtUs,
    }));
    deadLetters.committed(letters, {
      trimBelow: commit.trimDeadLettersBelow,
      gone: commit.trimmedDeadLetters + commit.removedDeadLetters.size,
    });
    if (commit.trimmedDeadLetters > 0) events.trimmedDeadLetters(commit.trimmedDeadLetters);
    this.#noteEnds(commit);
    for (const settle of pending.onDurable) settle();
    this.#parts.committed(hasClosedTable);
  }

  failed(pending: Pending, error: MillpondError): void {
    for (const fail of pending.onFailed) fail(error);
  }

  /** Writes the devices' latest values: the last thing before the database is closed. */
  async writeLastSnapshots(): Promise<void> {
    const { seriesState, writer, database } = this.#parts;
    while (seriesState.isDirty) {
      await writer.write(database(), {
        ...emptyCommit,
        snapshots: seriesState.takeDirty(),
        devicesAsOf: this.#ends(),
      });
    }
  }

  #prepare(pending: Pending): Commit {
    const { options, series, seriesState, deadLetters, positions } = this.#parts;
    const nowUs = options.clock();
    const isSnapshotDue = nowUs >= this.#snapshotDueUs && seriesState.isDirty;
    const commit = prepareCommit(pending, {
      targetOf: (streamId) => this.#targetOf(streamId),
      newSeries: series.unwritten(),
      deadLetters,
      positions,
      snapshots: isSnapshotDue ? seriesState.takeDirty() : null,
      devicesAsOf: this.#ends(),
      nowUs,
    });
    this.#prepared.set(pending, commit);
    return commit;
  }

  // What the offsets below it were given for must be known even if nothing else is left.
  async #reserveOffsets(commit: Commit): Promise<void> {
    const { ledger } = this.#parts;
    let mustWait = false;
    for (const { streamId, firstOffset, columns } of commit.rows) {
      const next = firstOffset + columns.count;
      if (!ledger.isReserveLow(streamId, next)) continue;
      ledger.raiseReserve(streamId, next);
      mustWait ||= !ledger.isReserved(streamId, next);
      // Ahead of time; whoever needs it then waits for it, and tells of a failure.
      if (!mustWait) ledger.sync().catch(() => undefined);
    }
    if (mustWait) await ledger.sync();
  }

  /** Whether there is anything that must be durable in the ledger before the commit is settled. */
  #note(commit: Commit): boolean {
    const { ledger, losses } = this.#parts;
    let id = commit.newSeries.first;
    for (const key of commit.newSeries.keys) ledger.note({ kind: 'series', id: id++, ...key });
    for (const position of commit.positions) ledger.note(positionRecord(position));
    for (const removal of commit.removedPositions) ledger.note(removalRecord(removal));
    const nextId = commit.firstDeadLetterId + commit.deadLetters.length;
    const isBeyond = nextId > ledger.state.deadLettersNext;
    if (isBeyond) ledger.note({ kind: 'dead_letters', nextId: nextId + DEAD_LETTERS_STEP });
    losses.note(commit.losses);
    const { newSeries, positions, removedPositions } = commit;
    const moved = positions.length + removedPositions.length;
    return isBeyond || newSeries.keys.length + moved + commit.losses.length > 0;
  }

  #noteEnds(commit: Commit): void {
    const { watermarks, streams, deadLetters } = this.#parts;
    for (const { streamId } of commit.rows) {
      watermarks.setStream(streamId, streams.byId(streamId).highWatermark);
    }
    const { nextId, storedCount } = deadLetters;
    if (commit.deadLetters.length + commit.removedDeadLetters.size > 0) {
      watermarks.setDeadLetters(nextId - storedCount, nextId);
    }
    watermarks.flush();
  }

  #targetOf(streamId: number): RowTarget {
    const { streams, options } = this.#parts;
    const stream = streams.byId(streamId);
    const table = stream.openTable;
    const firstOffset = stream.highWatermark;
    if (table === null) return { firstOffset, table: null };
    const isFull = table.next - table.first >= sealRowsOf(stream.settings, options.sealRows);
    return { firstOffset, table: isFull ? null : table.name };
  }

  #ends(): ReadonlyMap<number, number> {
    return new Map(this.#parts.streams.all.map(({ id, highWatermark }) => [id, highWatermark]));
  }

  // After a failed commit the disk may hold it all the same; its first offset or dead letter tells.
  async #isDurable(commit: Commit): Promise<boolean> {
    const [rows] = commit.rows;
    if (rows === undefined && commit.deadLetters.length === 0) return false;
    return this.#parts.whileReaderIdle(async () => {
      const database = this.#parts.database();
      if (rows?.isNewTable) {
        return (await database.tables()).includes(rows.table);
      }
      const sql =
        rows === undefined
          ? `select count(*) as n from dead_letters where id >= ${commit.firstDeadLetterId}`
          : `select count(*) as n from ${rows.table} where "offset" >= ${rows.firstOffset}`;
      const [found] = await database.rows(sql);
      return Number(found?.n ?? 0) > 0;
    });
  }
}
