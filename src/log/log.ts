// The log: takes decoded messages, makes them durable in group commits, gives committed rows back by
// offset, and keeps them as long as their streams ask for. It alone owns DuckDB, and everything in
// it runs on the log thread.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Decoded } from '../core/contracts.ts';
import { asMillpondError, type MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import { AppendQueue } from './append-queue.ts';
import { Appender } from './appender.ts';
import { CommitWriter } from './commit-writer.ts';
import { Committer } from './committer.ts';
import { ConsumerPositions } from './consumer-positions.ts';
import { databasePath } from './data-directory.ts';
import { Database } from './database.ts';
import { DeadLetterStore } from './dead-letter-store.ts';
import { DeviceState } from './device-state.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { DiskReserve } from './disk-reserve.ts';
import { diskFaultOf, freeBytes } from './disk-space.ts';
import { GroupStore } from './groups/group-store.ts';
import { HotReader } from './hot-reader.ts';
import { Lane, whileAllIdle } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { loadLog } from './load-log.ts';
import type { LogOptions } from './log-options.ts';
import { Losses, lossReason } from './loss.ts';
import type { Loss } from './loss-book.ts';
import { type OpenDirectory, openDirectory } from './open-directory.ts';
import { Pending } from './pending.ts';
import type { Position } from './position.ts';
import { PositionCommits } from './position-commits.ts';
import { Producers } from './producers.ts';
import { readFailure } from './read-failure.ts';
import { DeadLetterAge } from './retention/dead-letter-age.ts';
import { Keeper } from './retention/keeper.ts';
import { SteadyClock } from './retention/steady-clock.ts';
import { SegmentFiles } from './segments/segment-files.ts';
import { SegmentReader } from './segments/segment-reader.ts';
import { setSegmentAside } from './segments/set-segment-aside.ts';
import { SeriesState } from './series-state.ts';
import { SeriesTable } from './series-table.ts';
import { type ReadResult, StreamReader } from './stream-reader.ts';
import type { StreamState } from './stream-state.ts';
import { Streams } from './streams.ts';
import { TailWaiters } from './tail-waiters.ts';
import type { Watermarks } from './watermarks.ts';

const RETRY_MS = { first: 100, max: 5_000 };

export class Log {
  readonly series: SeriesTable;
  readonly seriesState = new SeriesState();
  readonly devices: DeviceState;
  readonly streams = new Streams();
  readonly losses: Losses;
  readonly producers: Producers;
  /** Changes of consumers' positions. */
  readonly consumers: PositionCommits;
  readonly deadLetters: DeadLetterStore;
  readonly groups: GroupStore;
  /** What was put right when it was opened. */
  readonly recoveryFindings: number;
  readonly #options: LogOptions;
  readonly #lock: DirectoryLock;
  readonly #queue: AppendQueue<Pending>;
  readonly #appender: Appender;
  readonly #committer: Committer;
  readonly #lanes = {
    reader: new Lane(),
    segments: new Lane(),
    sealer: new Lane(),
    inspector: new Lane(),
  };
  readonly #reader: StreamReader;
  readonly #segmentReader: SegmentReader;
  readonly #positions: ConsumerPositions;
  readonly #files: SegmentFiles;
  readonly #ledger: Ledger;
  readonly #watermarks: Watermarks;
  readonly #reserve: DiskReserve;
  readonly #waiters = new TailWaiters();
  #keeper: Keeper | null = null;
  #database: Database;
  #problem: MillpondError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: LogOptions, opened: OpenDirectory) {
    this.#options = options;
    this.#lock = opened.lock;
    this.#database = opened.database;
    this.#ledger = opened.ledger;
    this.#watermarks = opened.watermarks;
    this.#reserve = new DiskReserve(options.directory, options.reserveBytes);
    this.losses = new Losses(opened.ledger);
    this.recoveryFindings = opened.recoveryFindings;
    this.series = new SeriesTable(options.seriesMax);
    this.devices = new DeviceState(this.series);
    this.#positions = new ConsumerPositions(options.consumersMax);
    this.deadLetters = new DeadLetterStore({
      countMax: options.deadLettersMax,
      bytesMax: options.deadLetterBytesMax,
    });
    this.#files = new SegmentFiles(options.directory);
    const currentDatabase = (): Database => this.#database;
    this.#segmentReader = new SegmentReader({
      directory: options.directory,
      database: currentDatabase,
      lane: this.#lanes.segments,
      cacheBytesMax: options.segmentCacheBytesMax,
    });
    this.#reader = new StreamReader({
      hot: new HotReader(currentDatabase, this.#lanes.reader),
      segments: this.#segmentReader,
      lossReason: (stream, first, next) =>
        this.#lanes.reader.run(() => lossReason(this.#database, stream, { first, next })),
      setAside: (stream, damage) =>
        setSegmentAside(stream, damage, {
          directory: options.directory,
          betweenCommits: (task) => this.#queue.between(task),
          database: currentDatabase,
          clock: options.clock,
          losses: this.losses,
          notice: options.events.notice,
        }),
    });
    this.#committer = new Committer({
      options,
      events: options.events,
      writer: new CommitWriter(this.losses),
      database: currentDatabase,
      whileReaderIdle: (look) => this.#lanes.reader.whileIdle(look),
      streams: this.streams,
      series: this.series,
      seriesState: this.seriesState,
      devices: this.devices,
      positions: this.#positions,
      deadLetters: this.deadLetters,
      losses: this.losses,
      ledger: this.#ledger,
      watermarks: this.#watermarks,
      committed: (hasClosedTable) => {
        this.#waiters.committed();
        if (hasClosedTable) this.#keeper?.look();
      },
    });
    this.#queue = new AppendQueue<Pending>({
      create: () => new Pending(options.commitIntervalMs),
      retryMs: RETRY_MS,
      target: {
        write: (pending) => this.#committer.write(pending),
        recover: () => this.#recover(),
        done: (pending) => this.#committer.done(pending),
        failed: (pending, error) => this.#committer.failed(pending, error),
        failing: (error) => {
          this.#problem = error;
          options.events.failing(error);
        },
      },
    });
    this.producers = new Producers({
      countMax: options.producersMax,
      pending: () => this.#queue.filling,
    });
    const changes = {
      positions: this.#positions,
      pending: () => this.#queue.filling,
      startCommit: () => this.#queue.kick(),
      clock: options.clock,
    };
    this.consumers = new PositionCommits(changes);
    this.groups = new GroupStore(changes);
    this.#appender = new Appender({
      pending: () => this.#queue.filling,
      series: this.series,
      devices: this.devices,
      streams: this.streams,
      options,
    });
  }

  /** Opens the directory. Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE or LOG_CORRUPT. */
  static async open(options: LogOptions): Promise<Log> {
    const opened = await openDirectory(options);
    const log = new Log(options, opened);
    try {
      await log.#load();
      return log;
    } catch (error) {
      await opened.database.close();
      opened.lock.release();
      throw asMillpondError(error, 'LOG_CORRUPT');
    }
  }

  get problem(): MillpondError | null {
    return this.#problem;
  }

  /**
   * Puts a decoded message's readings and dead letter into the next commit. Throws STREAM_FULL, and
   * takes nothing, when it may be refused and a stream is full; else what finds no room is a loss.
   */
  append(message: RawMessage, decoded: Decoded): void {
    this.#appender.append(message, decoded);
  }

  /** Letters that go with what is appended before and after it, in one commit. Gives how many there were. */
  removeDeadLetters(ids: Iterable<number>): number {
    const taken = this.deadLetters.take(ids);
    for (const id of taken) this.#queue.filling.removedDeadLetters.add(id);
    return taken.length;
  }

  /** Notes that something was lost before it came to the log; written with the next commit. */
  recordLoss(loss: Pick<Loss, 'stream' | 'count' | 'reason' | 'detail'>): void {
    this.#appender.recordLoss(loss);
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

  /** Throws STREAM_UNKNOWN, and as `PositionCommits.commit`. */
  async commitPosition(stream: string, consumer: string, nextOffset: number): Promise<number> {
    return this.consumers.commit(this.stream(stream), consumer, nextOffset);
  }

  position(stream: string, consumer: string): number | null {
    return this.#positions.get(this.stream(stream).name, consumer)?.nextOffset ?? null;
  }

  positions(): Position[] {
    return this.#positions.all();
  }

  /** The first offset that a protected consumer has not committed; infinite where there is none. */
  protectedFrom({ name, settings }: StreamState): number {
    return this.#positions.leastOf(name, settings.retention.protect);
  }

  /** As `Streams.get`. */
  stream(name: string): StreamState {
    return this.streams.get(name);
  }

  /** Throws LOG_WRITE_FAILED while a failed disk keeps the database closed, LOG_STOPPING at the end. */
  read(stream: StreamState, from: number, rowsMax: number): Promise<ReadResult> {
    return this.#explained(this.#reader.read(stream, from, rowsMax));
  }

  /** The first offset received at or after `timeUs`. Throws as `read`. */
  offsetAtTime(stream: StreamState, timeUs: number): Promise<number> {
    return this.#explained(this.#reader.offsetAtTime(stream, timeUs));
  }

  /** Runs `ask` on a connection of its own, beside commits, reads and sealing. Throws as `read`. */
  inspect<T>(ask: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const asked = this.#lanes.inspector.run(async () => {
      const connection = await this.#database.connect();
      return ask(connection).finally(() => connection.closeSync());
    });
    return this.#explained(asked);
  }

  /** Keeps the files of all segments, dropped or not, until the result is called. */
  pinSegments(): () => void {
    return this.#files.pin();
  }

  #explained<T>(reading: Promise<T>): Promise<T> {
    return reading.catch((cause: unknown) => {
      throw readFailure(cause, this.#problem);
    });
  }

  /** Resolves when the stream goes beyond `offset`, after `ms`, or when the signal aborts. */
  waitBeyond(stream: StreamState, offset: number, ms: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.wait(stream, offset, ms, signal);
  }

  sizes(): { databaseBytes: number; walBytes: number; tailBytes: number; segmentBytes: number } {
    let tailBytes = 0;
    let segmentBytes = 0;
    for (const { ring, segments } of this.streams.all) {
      tailBytes += ring.bytes;
      segmentBytes += segments.bytes;
    }
    return { ...this.#database.sizes(), tailBytes, segmentBytes };
  }

  /** Seals and drops what is due now; resolves when it is done or has failed. */
  async keep(): Promise<void> {
    await this.#keeper?.settle();
  }

  /** Commits what is pending, writes the devices, moves the write-ahead log into the file, unlocks. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const keeperEnded = this.#keeper?.close();
    await this.#queue.close();
    await keeperEnded;
    for (const lane of Object.values(this.#lanes)) await lane.close();
    try {
      if (this.#problem === null) {
        await this.#committer.writeLastSnapshots();
        await this.#database.checkpoint();
      }
    } finally {
      await this.#database.close();
      if (this.#problem === null) this.#watermarks.sync();
      this.#watermarks.close();
      // What is not durable there was not settled either.
      await this.#ledger.close().catch(() => undefined);
      this.#lock.release();
    }
  }

  async #recover(): Promise<void> {
    if (diskFaultOf(this.#problem) === 'full') this.#reserve.release();
    await whileAllIdle(Object.values(this.#lanes), async () => {
      await this.#database.close();
      this.#database = await Database.open(
        databasePath(this.#options.directory),
        this.#options.database,
      );
    });
    await this.#keeper?.makeRoomForCommit();
  }

  async #load(): Promise<void> {
    const options = this.#options;
    const lastSeenUs = await loadLog({
      options,
      database: this.#database,
      streams: this.streams,
      series: this.series,
      seriesState: this.seriesState,
      devices: this.devices,
      positions: this.#positions,
      groups: this.groups,
      producers: this.producers,
      deadLetters: this.deadLetters,
      ledger: this.#ledger,
      watermarks: this.#watermarks,
      reader: this.#reader,
    });
    const { clock } = options;
    const steadyClock = new SteadyClock({ clock, lastSeenUs });
    this.#keeper = new Keeper({
      directory: options.directory,
      streams: this.streams,
      positions: this.#positions,
      files: this.#files,
      database: () => this.#database,
      lane: this.#lanes.sealer,
      betweenCommits: (task) => this.#queue.between(task),
      clock,
      steadyClock,
      deadLetterAge: new DeadLetterAge({
        ageMs: options.deadLetterAgeMs,
        clock,
        steadyClock,
        letters: this.deadLetters,
        log: this,
      }),
      sealAgeMs: options.sealAgeMs,
      bytesMax: options.bytesMax,
      diskFreeBytesMin: options.diskFreeBytesMin,
      diskFreeBytes: () => freeBytes(options.directory).catch(() => null),
      reserve: this.#reserve,
      losses: this.losses,
      events: {
        sealed: ({ first, next, bytes }, ms) =>
          options.events.sealed({ rows: next - first, bytes, ms }),
        dropped: (stream, segments, rows) => options.events.dropped({ stream, segments, rows }),
        failed: (error) => options.events.notice(asMillpondError(error, 'LOG_KEEPING_FAILED')),
      },
    });
    this.#keeper.start();
  }
}
