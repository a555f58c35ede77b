// Makes rollups in the background and keeps them true: of segments that have none, one small piece of
// work after the other with a rest behind each, so that commits and sealing hardly notice. What fails
// is told and tried again; nothing but charts depends on it.

import { join } from 'node:path';
import type { Log } from '../log.ts';
import { segmentPath } from '../segments/segment.ts';
import { isSegmentSound } from '../segments/segment-reader.ts';
import type { StreamState } from '../stream-state.ts';
import { makeRollup } from './make-rollup.ts';
import { rollupsFolder } from './rollup.ts';
import { RollupDatabase } from './rollup-database.ts';
import { namesIn, remove } from './rollup-folder.ts';
import { nextTask, type RollupTask, taskKey } from './rollup-plan.ts';
import { RollupSet } from './rollup-set.ts';

export interface RollupsOptions {
  readonly log: Pick<Log, 'streams' | 'pinSegments' | 'read'>;
  readonly directory: string;
  /** Below so much free space nothing is written. */
  readonly diskFreeBytesMin: number;
  readonly diskFreeBytes: () => Promise<number | null>;
  /** It is tried again. */
  readonly failed: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 1000;
/** A rest of three times as long as the work took leaves three quarters of a core to others. */
const REST_FACTOR = 3;
const PAUSE_AFTER_FAILURE_MS = 10_000;
/** DuckDB's own memory: it would fail each time. What is too much for it is read as rows. */
const tooMuch = /^Out of Memory Error/i;

export class Rollups {
  readonly database = new RollupDatabase();
  readonly #options: RollupsOptions;
  readonly #sets = new Map<StreamState, RollupSet>();
  /** As of when there was nothing to do. */
  readonly #idleVersions = new WeakMap<RollupSet, string>();
  /** What cannot be made: for want of memory, or of a segment that can be read. */
  readonly #given = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #isHurried = false;
  #wake: () => void = () => undefined;
  #pausedUntilMs = 0;

  /** Begins by itself. What belongs to no stream is deleted. */
  constructor(options: RollupsOptions) {
    this.#options = options;
    const names = new Set(options.log.streams.all.map(({ name }) => name));
    const folder = rollupsFolder(options.directory);
    for (const name of namesIn(folder)) {
      if (!names.has(name)) remove(join(folder, name));
    }
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  setOf(stream: StreamState): RollupSet {
    let found = this.#sets.get(stream);
    if (found === undefined) {
      found = new RollupSet(this.#options.directory, stream);
      this.#sets.set(stream, found);
    }
    return found;
  }

  /** Resolves once everything that can be made now is made, or has failed. */
  async settle(): Promise<void> {
    this.#isHurried = true;
    this.#pausedUntilMs = 0;
    this.#wake();
    await this.#running;
    this.#look();
    await this.#running;
    this.#isHurried = false;
  }

  /** Resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#wake();
    await this.#running;
    await this.database.close();
  }

  #look(): void {
    if (this.#running !== null || this.#isClosed) return;
    if (performance.now() < this.#pausedUntilMs) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#pausedUntilMs = performance.now() + PAUSE_AFTER_FAILURE_MS;
        if (!this.#isClosed) this.#options.failed(error);
      })
      .finally(() => {
        this.#running = null;
      });
  }

  async #run(): Promise<void> {
    for (const stream of this.#options.log.streams.all) {
      const set = this.setOf(stream);
      // A look at a long log takes some milliseconds of the thread that commits.
      while (!this.#isClosed && set.version !== this.#idleVersions.get(set)) {
        if (set.hasDropped) await this.database.whileNoChart(async () => set.unlinkDropped());
        const task = nextTask(stream.segments.all, set.all, this.#given);
        if (task === null) {
          this.#idleVersions.set(set, set.version);
          break;
        }
        if (!(await this.#hasRoom())) break;
        const startedMs = performance.now();
        await this.#do(stream, set, task);
        const ms = performance.now() - startedMs;
        if (!this.#isHurried) await this.#rest(ms * REST_FACTOR);
      }
    }
  }

  async #do(stream: StreamState, set: RollupSet, task: RollupTask): Promise<void> {
    const { directory, log } = this.#options;
    const { version } = set;
    const release = log.pinSegments();
    try {
      if (!(await this.#areSound(stream, set, task))) {
        // The log believes a segment that it has read before.
        if (set.version === version) this.#given.add(taskKey(task));
        return;
      }
      const rollup = await this.database.work((connection) =>
        makeRollup({ connection, directory, stream: stream.name, task }),
      );
      set.add(rollup);
      if (task.kind === 'join') {
        // Minutes go on serving where what they became is hours.
        for (const each of task.rollups) if (each.unit === rollup.unit) set.drop(each);
      }
    } catch (error) {
      if (!(error instanceof Error && tooMuch.test(error.message))) throw error;
      this.#given.add(taskKey(task));
    } finally {
      release();
    }
  }

  /** Rollups that are not are dropped; of segments the log is told, which sets them aside. */
  async #areSound(stream: StreamState, set: RollupSet, task: RollupTask): Promise<boolean> {
    let areAll = true;
    if (task.kind === 'join') {
      for (const rollup of task.rollups) {
        if (!(await set.keepsIfSound(rollup))) areAll = false;
      }
      return areAll;
    }
    const { directory, log } = this.#options;
    for (const segment of task.segments) {
      if (await isSegmentSound(segmentPath(directory, stream.name, segment.first), segment))
        continue;
      await log.read(stream, segment.first, 1);
      areAll = false;
    }
    return areAll;
  }

  async #hasRoom(): Promise<boolean> {
    const free = await this.#options.diskFreeBytes();
    return free === null || free >= this.#options.diskFreeBytesMin;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms).unref();
    });
  }
}
