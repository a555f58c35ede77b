// The log: takes decoded messages, makes them durable in group commits, and gives committed rows
// back by offset. It alone owns DuckDB, and everything in it runs on the log thread.

import type { Clock } from '../core/clock.ts';
import type { Decoded } from '../core/contracts.ts';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import { AppendQueue } from './append-queue.ts';
import { CommitWriter } from './commit-writer.ts';
import { ConsumerPositions } from './consumer-positions.ts';
import { databasePath, lockDirectory, syncFolder } from './data-directory.ts';
import { Database, type DatabaseSettings } from './database.ts';
import { DeadLetterStore } from './dead-letter-store.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { loadState } from './load-state.ts';
import { deadLetterOf, Pending, type Position } from './pending.ts';
import { emptyCommit, type Prepared, prepareCommit } from './prepare-commit.ts';
import { DEFAULT_STREAM, hotTable } from './schema.ts';
import { SeriesState } from './series-state.ts';
import { SeriesTable } from './series-table.ts';
import { type ReadResult, StreamReader } from './stream-reader.ts';
import { StreamState } from './stream-state.ts';
import { TailRing } from './tail-ring.ts';

export interface LogOptions {
  readonly directory: string;
  readonly database: DatabaseSettings;
  readonly commitIntervalMs: number;
  readonly tailBytesMax: number;
  readonly consumersMax: number;
  readonly seriesMax: number;
  readonly deadLettersMax: number;
  readonly deadLetterBytesMax: number;
  readonly clock: Clock;
  readonly events: LogEvents;
}

/** What the log tells of itself while it works. */
export interface LogEvents {
  committed(commit: { rows: number; deadLetters: number; ms: number }): void;
  failing(error: MillpondError | null): void;
  trimmedDeadLetters(count: number): void;
}

export interface StreamInfo {
  readonly stream: string;
  readonly lowWatermark: number;
  readonly highWatermark: number;
}

/** How often the devices' latest values are written; they are made good from the rows after a crash. */
const SNAPSHOT_INTERVAL_US = 30_000_000;
/** Calls that wait for their position to be durable; they come to an end only when the disk is well. */
const COMMITS_WAITING_MAX = 10_000;
const RETRY_MS = { first: 100, max: 5_000 };

export class Log {
  readonly series: SeriesTable;
  readonly seriesState = new SeriesState();
  readonly #options: LogOptions;
  readonly #lock: DirectoryLock;
  readonly #queue: AppendQueue<Pending>;
  readonly #writer = new CommitWriter();
  readonly #reader: StreamReader;
  readonly #positions: ConsumerPositions;
  readonly #deadLetters: DeadLetterStore;
  readonly #prepared = new WeakMap<Pending, Prepared>();
  readonly #committedListeners = new Set<() => void>();
  #database: Database;
  #stream: StreamState;
  #problem: MillpondError | null = null;
  #snapshotDueUs: number;
  #commitsWaiting = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: LogOptions, lock: DirectoryLock, database: Database) {
    this.#options = options;
    this.#lock = lock;
    this.#database = database;
    this.series = new SeriesTable(options.seriesMax);
    this.#positions = new ConsumerPositions(options.consumersMax);
    this.#deadLetters = new DeadLetterStore({
      countMax: options.deadLettersMax,
      bytesMax: options.deadLetterBytesMax,
    });
    this.#reader = new StreamReader(() => this.#database);
    this.#stream = this.#newStream({ first: 0, next: 0 });
    this.#snapshotDueUs = options.clock() + SNAPSHOT_INTERVAL_US;
    this.#queue = new AppendQueue<Pending>({
      create: () => new Pending(),
      commitIntervalMs: options.commitIntervalMs,
      retryMs: RETRY_MS,
      target: {
        write: (pending) => this.#write(pending),
        recover: () => this.#reopen(),
        done: (pending) => this.#done(pending),
        failed: (pending, error) => {
          for (const fail of pending.onFailed) fail(error);
        },
        failing: (error) => {
          this.#problem = error;
          options.events.failing(error);
        },
      },
    });
  }

  /** Opens the directory. Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE or LOG_CORRUPT. */
  static async open(options: LogOptions): Promise<Log> {
    const lock = lockDirectory(options.directory);
    try {
      const database = await Database.open(databasePath(options.directory), options.database);
      const log = new Log(options, lock, database);
      try {
        syncFolder(options.directory);
        await log.#load();
      } catch (error) {
        await database.close();
        throw asMillpondError(error, 'LOG_CORRUPT');
      }
      return log;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get problem(): MillpondError | null {
    return this.#problem;
  }

  /** Puts a decoded message into the next commit: its readings, its dead letter, or both. */
  append(message: RawMessage, decoded: Decoded): void {
    const pending = this.#queue.filling;
    if (decoded.deadLetter !== null) {
      pending.deadLetters.push(
        deadLetterOf(message, { profile: decoded.profile, ...decoded.deadLetter }),
      );
    }
    if (decoded.readings.length === 0) return;
    const builder = pending.builder(this.#stream.id);
    for (const reading of decoded.readings) {
      const series = this.series.idOf(reading, message.source);
      if (series < 0) {
        const detail = `more than ${this.#options.seriesMax} series`;
        pending.deadLetters.push(
          deadLetterOf(message, { profile: decoded.profile, reason: 'series_limit', detail }),
        );
        return;
      }
      builder.add(this.#stream.nextOffset, series, reading, message.receivedAtUs);
      this.#stream.nextOffset += 1;
    }
  }

  /**
   * Calls `settle` with null once everything appended so far is durable, in the order of the
   * calls; with an error when the log was closed before that. Starts no commit by itself.
   */
  settleAppended(settle: (error: MillpondError | null) => void): void {
    const pending = this.#queue.filling;
    pending.onDurable.push(() => settle(null));
    pending.onFailed.push((error) => settle(asMillpondError(error)));
  }

  /** Commits what was appended, now or when the commit under way has ended. */
  startCommit(): void {
    this.#queue.kick();
  }

  /**
   * Stores a consumer's position; resolves when it is durable. Throws as `ConsumerPositions.check`,
   * and COMMIT_LIMIT.
   */
  async commitPosition(stream: string, consumer: string, nextOffset: number): Promise<number> {
    const state = this.stream(stream);
    if (this.#commitsWaiting >= COMMITS_WAITING_MAX) {
      const text = `${this.#commitsWaiting} commits wait for the disk, which is all that are allowed.`;
      throw new MillpondError('COMMIT_LIMIT', text);
    }
    const position: Position = {
      stream: state.name,
      consumer,
      nextOffset,
      committedAtUs: this.#options.clock(),
    };
    this.#positions.check(position, state.highWatermark);
    const pending = this.#queue.filling;
    const key = ConsumerPositions.key(state.name, consumer);
    const waiting = pending.positions.get(key);
    if (waiting === undefined || waiting.nextOffset <= nextOffset)
      pending.positions.set(key, position);
    this.#commitsWaiting += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        pending.onDurable.push(resolve);
        pending.onFailed.push(reject);
        this.#queue.kick();
      });
    } finally {
      this.#commitsWaiting -= 1;
    }
    return this.position(state.name, consumer) ?? nextOffset;
  }

  position(stream: string, consumer: string): number | null {
    return this.#positions.get(this.stream(stream).name, consumer)?.nextOffset ?? null;
  }

  positions(): Position[] {
    return this.#positions.all();
  }

  /** Throws STREAM_UNKNOWN. An empty name means the default stream. */
  stream(name: string): StreamState {
    if (name === '' || name === DEFAULT_STREAM) return this.#stream;
    throw new MillpondError(
      'STREAM_UNKNOWN',
      `There is no stream ${JSON.stringify(name.slice(0, 80))}.`,
    );
  }

  streams(): StreamInfo[] {
    const { name, lowWatermark, highWatermark } = this.#stream;
    return [{ stream: name, lowWatermark, highWatermark }];
  }

  /** Throws LOG_WRITE_FAILED while a failed disk keeps the database closed, LOG_STOPPING at the end. */
  read(stream: StreamState, from: number, rowsMax: number): Promise<ReadResult> {
    return this.#explained(this.#reader.read(stream, from, rowsMax));
  }

  /** The first offset received at or after `timeUs`. Throws as `read`. */
  offsetAtTime(stream: StreamState, timeUs: number): Promise<number> {
    return this.#explained(this.#reader.offsetAtTime(stream, timeUs));
  }

  // After a failed commit DuckDB may refuse to read, and its file may not open again for a while:
  // that is the disk's fault and passes.
  async #explained<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (cause) {
      if (cause instanceof MillpondError || this.#problem === null) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      const text = `The log cannot be read until the disk is well again: ${why}`;
      throw new MillpondError('LOG_WRITE_FAILED', text, { cause });
    }
  }

  /** Resolves when the stream goes beyond `offset`, after `ms`, or when the signal aborts. */
  waitBeyond(stream: StreamState, offset: number, ms: number, signal: AbortSignal): Promise<void> {
    if (stream.highWatermark > offset || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#committedListeners.delete(check);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const check = (): void => {
        if (stream.highWatermark > offset) end();
      };
      const timer = setTimeout(end, ms);
      this.#committedListeners.add(check);
      signal.addEventListener('abort', end);
    });
  }

  sizes(): { databaseBytes: number; walBytes: number; tailBytes: number } {
    return { ...this.#database.sizes(), tailBytes: this.#stream.ring.bytes };
  }

  deadLetterTotals(): { count: number; bytes: number } {
    return { count: this.#deadLetters.count, bytes: this.#deadLetters.bytes };
  }

  /** Commits what is pending, writes the devices, moves the write-ahead log into the file, unlocks. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    await this.#reader.close();
    try {
      if (this.#problem === null) {
        await this.#writeLastSnapshots();
        await this.#database.checkpoint();
      }
    } finally {
      await this.#database.close();
      this.#lock.release();
    }
  }

  async #write(pending: Pending): Promise<void> {
    let prepared = this.#prepared.get(pending);
    const isRetry = prepared !== undefined;
    if (prepared === undefined) {
      const nowUs = this.#options.clock();
      const isSnapshotDue = nowUs >= this.#snapshotDueUs && this.seriesState.isDirty;
      prepared = prepareCommit(pending, {
        highWatermark: this.#stream.highWatermark,
        newSeries: this.series.unwritten(),
        deadLetters: this.#deadLetters,
        positions: this.#positions,
        snapshots: isSnapshotDue ? this.seriesState.takeDirty() : null,
        nowUs,
      });
      this.#prepared.set(pending, prepared);
    }
    const { commit } = prepared;
    if (isRetry && (await this.#isDurable(prepared))) return;
    const startedMs = performance.now();
    await this.#writer.write(this.#database, commit);
    this.#options.events.committed({
      rows: commit.rows.reduce((sum, { columns }) => sum + columns.count, 0),
      deadLetters: commit.deadLetters.length,
      ms: performance.now() - startedMs,
    });
  }

  // After a failed commit the disk may hold it all the same; its first offset or dead letter tells.
  async #isDurable({ commit, firstOffset }: Prepared): Promise<boolean> {
    const hasRows = commit.rows.length > 0;
    if (!hasRows && commit.deadLetters.length === 0) return false;
    const sql = hasRows
      ? `select count(*) as n from ${hotTable(this.#stream.id)} where "offset" >= ${firstOffset}`
      : `select count(*) as n from dead_letters where id >= ${commit.firstDeadLetterId}`;
    const [found] = await this.#reader.whileIdle(() => this.#database.rows(sql));
    return Number(found?.n ?? 0) > 0;
  }

  #done(pending: Pending): void {
    const prepared = this.#prepared.get(pending) as Prepared;
    const { commit } = prepared;
    for (const { columns } of commit.rows) {
      this.#stream.ring.push(this.#stream.highWatermark, columns);
      this.#stream.highWatermark += columns.count;
      this.seriesState.note(columns);
    }
    this.series.markWritten(commit.newSeries.first + commit.newSeries.keys.length);
    for (const position of commit.positions) this.#positions.set(position);
    if (commit.snapshots !== null)
      this.#snapshotDueUs = this.#options.clock() + SNAPSHOT_INTERVAL_US;
    const sizes = commit.deadLetters.map(({ payload }) => payload.length);
    this.#deadLetters.committed(sizes, commit.trimDeadLettersBelow);
    if (commit.trimDeadLettersBelow >= 0) {
      this.#options.events.trimmedDeadLetters(commit.losses[0]?.count ?? 0);
    }
    for (const settle of pending.onDurable) settle();
    for (const check of [...this.#committedListeners]) check();
  }

  #reopen(): Promise<void> {
    return this.#reader.whileIdle(async () => {
      await this.#database.close();
      this.#database = await Database.open(
        databasePath(this.#options.directory),
        this.#options.database,
      );
    });
  }

  async #load(): Promise<void> {
    const loaded = await loadState(this.#database, this.series, this.seriesState);
    for (const position of loaded.positions) this.#positions.set(position);
    await this.#deadLetters.load(this.#database);
    this.#stream = this.#newStream(loaded.kept);
  }

  #newStream(kept: { first: number; next: number }): StreamState {
    return new StreamState(
      { id: 0, name: DEFAULT_STREAM },
      kept,
      new TailRing(this.#options.tailBytesMax),
    );
  }

  async #writeLastSnapshots(): Promise<void> {
    while (this.seriesState.isDirty) {
      await this.#writer.write(this.#database, {
        ...emptyCommit,
        snapshots: this.seriesState.takeDirty(),
        devicesAsOf: this.#stream.highWatermark,
      });
    }
  }
}
