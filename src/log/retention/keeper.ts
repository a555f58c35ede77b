// Looks after the stored rows in the background: closes hot tables that are old, seals those that are
// closed, drops what the streams' retention no longer keeps. One thing at a time; what fails is told
// and tried again.

import type { Clock } from '../../core/clock.ts';
import type { ConsumerPositions } from '../consumer-positions.ts';
import type { Database } from '../database.ts';
import type { DiskReserve } from '../disk-reserve.ts';
import type { Lane } from '../lane.ts';
import type { Losses } from '../loss.ts';
import type { Loss } from '../loss-book.ts';
import { sealSegment } from '../segments/seal-segment.ts';
import type { Segment } from '../segments/segment.ts';
import type { SegmentFiles } from '../segments/segment-files.ts';
import { registerSegment, unregisterSegments } from '../segments/segment-registry.ts';
import type { HotTable, StreamState } from '../stream-state.ts';
import type { Streams } from '../streams.ts';
import type { DeadLetterAge } from './dead-letter-age.ts';
import { type DropReason, HOT_ROW_BYTES, limitOf, planRetention } from './retention-plan.ts';
import type { SteadyClock } from './steady-clock.ts';

export interface KeeperOptions {
  readonly directory: string;
  readonly streams: Streams;
  readonly positions: ConsumerPositions;
  readonly files: SegmentFiles;
  readonly losses: Losses;
  readonly database: () => Database;
  /** Of the connection for sealing. */
  readonly lane: Lane;
  /** Runs a task while no commit is under way. */
  readonly betweenCommits: <T>(task: () => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly steadyClock: SteadyClock;
  readonly deadLetterAge: Pick<DeadLetterAge, 'look'>;
  /** A hot table is closed once its first row is so old, milliseconds. */
  readonly sealAgeMs: number;
  /** What all streams may take on disk together; 0 for no limit. */
  readonly bytesMax: number;
  /** Room that is held on the disk for when there is none. */
  readonly reserve: DiskReserve;
  /** Below so much free space the disk counts as full. */
  readonly diskFreeBytesMin: number;
  /** Free bytes of the disk; null where that cannot be told. */
  readonly diskFreeBytes: () => Promise<number | null>;
  readonly events: KeeperEvents;
}

export interface KeeperEvents {
  sealed(segment: Segment, ms: number): void;
  dropped(stream: string, segments: number, rows: number): void;
  failed(error: unknown): void;
}

const LOOK_INTERVAL_MS = 1000;
/** After a failure, so that a disk that is full is not written to in vain all the time. */
const PAUSE_AFTER_FAILURE_MS = 10_000;

export class Keeper {
  readonly #options: KeeperOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isWanted = false;
  #isClosed = false;
  #pausedUntilMs = 0;
  /** There is too little room, and nothing that may go. */
  #isStuck = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Has a look now, or again after the one under way. */
  look(): void {
    this.#isWanted = true;
    if (this.#running !== null || this.#isClosed) return;
    if (performance.now() < this.#pausedUntilMs) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves once everything that is due now is done, or has failed. */
  async settle(): Promise<void> {
    this.look();
    while (this.#running !== null) await this.#running;
  }

  /** Resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      try {
        await this.#keepAll();
      } catch (error) {
        if (this.#isClosed) return;
        this.#pausedUntilMs = performance.now() + PAUSE_AFTER_FAILURE_MS;
        this.#options.events.failed(error);
        return;
      }
    }
  }

  async #keepAll(): Promise<void> {
    for (const stream of this.#options.streams.all) {
      await this.#closeOld(stream);
      for (const table of [...stream.closedTables]) {
        if (this.#isClosed) return;
        await this.#seal(stream, table);
        await this.#retain(stream);
      }
      await this.#retain(stream);
    }
    this.#options.deadLetterAge.look();
    await this.#makeRoom();
    await this.#options.reserve.make(this.#options.diskFreeBytesMin);
  }

  async #closeOld(stream: StreamState): Promise<void> {
    const { betweenCommits, clock, sealAgeMs } = this.#options;
    const isOld = (): boolean => {
      const table = stream.openTable;
      return table !== null && clock() - table.openedAtUs >= sealAgeMs * 1000;
    };
    if (!isOld()) return;
    await betweenCommits(async () => {
      if (isOld()) stream.closeOpenTable();
    });
  }

  async #seal(stream: StreamState, table: HotTable): Promise<void> {
    const { lane, database, betweenCommits, directory, clock, events } = this.#options;
    const startedMs = performance.now();
    const segment = await lane.run(() =>
      sealSegment({
        connection: database().sealer,
        directory,
        stream: stream.name,
        table,
        nowUs: clock(),
      }),
    );
    await betweenCommits(() => registerSegment(database(), stream, { segment, table }));
    events.sealed(segment, performance.now() - startedMs);
  }

  async #retain(stream: StreamState): Promise<void> {
    const { steadyClock, clock, positions } = this.#options;
    const { settings } = stream;
    const plan = planRetention({
      settings,
      segments: stream.segments.all,
      otherBytes: this.#hotBytes(stream) + stream.rollupBytes,
      protectedFrom: positions.leastOf(stream.name, settings.retention.protect),
      nowUs: clock(),
      isClockSteady: steadyClock.isSteady(),
    });
    stream.isFull = plan.isFull || (this.#isStuck && settings.onFull === 'refuse');
    for (const { segments, reason } of plan.drops) await this.#drop(stream, segments, reason);
  }

  // The database holds the hot rows of all streams: each has its share. It has a least size, which
  // must not cost a stream with a small limit all that is sealed.
  #hotBytes(stream: StreamState): number {
    const { streams, database } = this.#options;
    const rows = stream.hotRows;
    if (rows === 0) return 0;
    const all = streams.all.reduce((sum, { hotRows }) => sum + hotRows, 0);
    const { databaseBytes, walBytes } = database().sizes();
    const bytes = Math.max(rows * HOT_ROW_BYTES, ((databaseBytes + walBytes) * rows) / all);
    const limit = limitOf(stream.settings);
    return limit === 0 ? bytes : Math.min(bytes, limit / 2);
  }

  async #drop(
    stream: StreamState,
    segments: readonly Segment[],
    reason: DropReason,
    run: <T>(task: () => Promise<T>) => Promise<T> = this.#options.betweenCommits,
  ): Promise<void> {
    const { database, files, events, losses: record } = this.#options;
    const losses = segments.flatMap((segment) => this.#lossOf(stream, segment, reason));
    await run(() => unregisterSegments(database(), stream, { segments, losses }, record));
    for (const segment of segments) files.remove(stream.name, segment);
    const rows = segments.reduce((sum, { first, next }) => sum + next - first, 0);
    events.dropped(stream.name, segments.length, rows);
  }

  #lossOf(stream: StreamState, segment: Segment, reason: DropReason): Loss[] {
    const { positions, clock } = this.#options;
    const lagging = positions
      .all()
      .filter((each) => each.stream === stream.name && each.nextOffset < segment.next);
    if (lagging.length === 0) return [];
    const wanted = lagging.reduce((least, { nextOffset }) => Math.min(least, nextOffset), Infinity);
    const firstOffset = Math.max(segment.first, wanted);
    return [
      {
        stream: stream.name,
        firstOffset,
        lastOffset: segment.next - 1,
        count: segment.next - firstOffset,
        reason,
        detail: `not yet read by ${namesOf(lagging.map(({ consumer }) => consumer))}`,
        atUs: clock(),
      },
    ];
  }

  /** Drops the oldest segments of all streams while the directory or the disk is too full. */
  async #makeRoom(): Promise<void> {
    const { files } = this.#options;
    this.#isStuck = false;
    while (!this.#isClosed && (await this.#isTooFull())) {
      if ((await this.#isDiskFull()) && files.removeHeld()) continue;
      const oldest = this.#oldest();
      if (oldest === null) {
        this.#isStuck = true;
        this.#markFull();
        return;
      }
      await this.#drop(oldest.stream, [oldest.segment], 'disk_full');
      // A disk that others fill must not cost all history at once.
      if (await this.#isDiskFull()) return;
    }
  }

  /**
   * After a commit that failed for want of room: drops the oldest segments until there is some.
   * Called while no commit is under way, in the commit's own turn.
   */
  async makeRoomForCommit(): Promise<void> {
    while (await this.#isDiskFull()) {
      if (this.#options.files.removeHeld()) continue;
      const oldest = this.#oldest();
      if (oldest === null) return;
      await this.#drop(oldest.stream, [oldest.segment], 'disk_full', (task) => task());
    }
  }

  async #isTooFull(): Promise<boolean> {
    const { bytesMax } = this.#options;
    return (bytesMax > 0 && this.#bytes() > bytesMax) || (await this.#isDiskFull());
  }

  async #isDiskFull(): Promise<boolean> {
    const { diskFreeBytes, diskFreeBytesMin } = this.#options;
    const free = await diskFreeBytes();
    return free !== null && free < diskFreeBytesMin;
  }

  #bytes(): number {
    const { streams, database, reserve } = this.#options;
    const { databaseBytes, walBytes } = database().sizes();
    const others = databaseBytes + walBytes + reserve.heldBytes;
    return streams.all.reduce(
      (sum, { segments, rollupBytes }) => sum + segments.bytes + rollupBytes,
      others,
    );
  }

  /** What is free to go first, then what is protected; each by age. */
  #oldest(): { stream: StreamState; segment: Segment } | null {
    const { streams, positions } = this.#options;
    const first = streams.all.flatMap((stream) => {
      const [segment] = stream.segments.all;
      if (segment === undefined || stream.settings.onFull === 'refuse') return [];
      const from = positions.leastOf(stream.name, stream.settings.retention.protect);
      return [{ stream, segment, isProtected: segment.next > from }];
    });
    first.sort(
      (a, b) =>
        Number(a.isProtected) - Number(b.isProtected) ||
        a.segment.lastReceivedUs - b.segment.lastReceivedUs,
    );
    return first[0] ?? null;
  }

  #markFull(): void {
    for (const stream of this.#options.streams.all) {
      if (stream.settings.onFull === 'refuse') stream.isFull = true;
    }
  }
}

const NAMES_MAX = 5;

function namesOf(consumers: readonly string[]): string {
  const shown = consumers.slice(0, NAMES_MAX).join(', ');
  const more = consumers.length - NAMES_MAX;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
