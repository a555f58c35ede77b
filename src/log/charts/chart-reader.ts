// Reads what a chart shows: sealed readings out of rollups where the buckets allow it, else out of the
// segments, hot ones out of their tables, added up. Each reading counts exactly once, whatever is
// sealed, rolled up or dropped meanwhile.

import type { DuckDBConnection } from '@duckdb/node-api';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import type { SeriesKey } from '../../core/reading.ts';
import { type SeriesAnswer, type SeriesRequest, seriesLimits } from '../../core/series-points.ts';
import type { Log } from '../log.ts';
import { bucketsOfRollups, bucketsOfRows, fileList, rollupRows } from '../rollups/bucket-sql.ts';
import { type RollupUnit, rollupFiles, unitUs } from '../rollups/rollup.ts';
import { type Cover, coverOf } from '../rollups/rollup-plan.ts';
import type { Rollups } from '../rollups/rollups.ts';
import { type Segment, segmentPath } from '../segments/segment.ts';
import { isSegmentSound } from '../segments/segment-reader.ts';
import type { StreamState } from '../stream-state.ts';
import { type BucketPlan, coarsestUnit, planBuckets } from './bucket-plan.ts';
import { addSums, type BucketSum, pointsOf } from './bucket-sums.ts';
import { ChartQueue } from './chart-queue.ts';
import { interruptible } from './interruptible.ts';
import { readSums } from './read-sums.ts';

export interface ChartReaderParts {
  readonly log: Pick<Log, 'stream' | 'streams' | 'series' | 'inspect' | 'pinSegments' | 'read'>;
  readonly rollups: Pick<Rollups, 'database' | 'setOf'>;
  readonly directory: string;
  /** For tests: how long a chart may take, waiting included. */
  readonly timeLimitMs?: number;
}

/** Different charts that wait or are read. */
const WAITING_MAX = 64;
const TIME_LIMIT_MS = 10_000;
/** Where something is damaged, or for a fault that may pass. */
const TRIES = 5;

type Buckets = Map<number, BucketSum>;

/** One line of the chart. */
interface Group {
  readonly key: SeriesKey;
  readonly buckets: Buckets;
}

/** One try: the log as it is at its beginning. */
interface Look {
  readonly stream: StreamState;
  readonly cover: Cover;
  readonly hotTables: readonly string[];
}

type SourceKind = 'hot' | 'rollups' | 'segments';

/** What is read of a stream, once or more often: what an earlier try found is put away. */
interface Reading {
  readonly begin: () => void;
  /** `source` is what stands behind `from`. */
  readonly read: (on: DuckDBConnection, kind: SourceKind, source: string) => Promise<void>;
}

/** What holds for each stream of a chart. */
interface Asked {
  readonly connection: DuckDBConnection;
  readonly streams: readonly StreamState[];
  readonly ids: readonly number[];
  readonly signal: AbortSignal;
}

export class ChartReader {
  readonly #parts: ChartReaderParts;
  readonly #queue: ChartQueue<SeriesAnswer>;
  readonly #checked = new WeakSet<Segment>();

  constructor(parts: ChartReaderParts) {
    this.#parts = parts;
    const { timeLimitMs = TIME_LIMIT_MS } = parts;
    this.#queue = new ChartQueue({ waitingMax: WAITING_MAX, timeLimitMs });
  }

  /** Throws REQUEST_INVALID, STREAM_UNKNOWN, DEVICE_UNKNOWN, SERIES_…, and as `Log.read`. */
  async read(request: SeriesRequest, signal: AbortSignal): Promise<SeriesAnswer> {
    const { log, rollups } = this.#parts;
    const streams = request.stream === null ? log.streams.all : [log.stream(request.stream)];
    const groups = this.#groupsOf(request);
    const ask = limited(request, new Set(groups.values()).size);
    const { fromUs, toUs, bucketUs, device, metric, channel } = ask;
    const plan = fromUs === null ? null : planBuckets({ ...ask, fromUs });
    const range = plan ?? [toUs, bucketUs, ask.pointsMax];
    const names = streams.map(({ name }) => name);
    const key = JSON.stringify([names, device, metric, channel, range]);
    return this.#queue.ask(
      key,
      (stop) =>
        rollups.database.chart(async (connection) => {
          const ids = [...groups.keys()];
          const asked = { connection, streams, ids, signal: stop };
          const found = plan ?? planBuckets({ ...ask, fromUs: await this.#firstUs(asked, toUs) });
          for (const stream of streams) {
            for (const [id, buckets] of await this.#readStream(stream, asked, found)) {
              addAll(groups.get(id)?.buckets, buckets);
            }
          }
          return answerOf(found, groups);
        }),
      signal,
    );
  }

  /** By series number: what is one line, whatever way its readings came in. */
  #groupsOf({ device, metric, channel }: SeriesRequest): Map<number, Group> {
    const { series } = this.#parts.log;
    const number = series.deviceNumber(device);
    if (number === null) {
      throw new MillpondError('DEVICE_UNKNOWN', `There is no device ${JSON.stringify(device)}.`);
    }
    const lines = new Map<string, Group>();
    const groups = new Map<number, Group>();
    for (const id of series.seriesOf(number)) {
      const key = series.keyOf(id);
      if (metric !== null && key.metric !== metric) continue;
      if (channel !== null && key.channel !== channel) continue;
      const line = JSON.stringify([key.channel, key.metric, key.unit]);
      const group = lines.get(line) ?? { key, buckets: new Map() };
      lines.set(line, group);
      groups.set(id, group);
    }
    if (lines.size > seriesLimits.seriesMax) {
      const text = `The device ${JSON.stringify(device)} has ${lines.size} series of these, and an answer at most ${seriesLimits.seriesMax}.`;
      throw new MillpondError('SERIES_LIMIT', text);
    }
    return groups;
  }

  /** By series number. */
  async #readStream(
    stream: StreamState,
    asked: Asked,
    { fromUs, toUs, bucketUs }: BucketPlan,
  ): Promise<Map<number, Buckets>> {
    const { ids } = asked;
    const found = new Map<number, Buckets>();
    const take = (series: number, time: number, sum: BucketSum): void => {
      const buckets = found.get(series) ?? new Map<number, BucketSum>();
      found.set(series, buckets);
      addAll(buckets, [[time, sum]]);
    };
    const inRange = (us: string): string =>
      `${inSeries(ids)} and ${us} >= ${fromUs} and ${us} < ${toUs}`;
    const buckets: Record<SourceKind, (source: string) => string> = {
      hot: (rows) => bucketsOfRows(rows, bucketUs, inRange('epoch_us(measured_at)')),
      rollups: (rows) => bucketsOfRollups(rows, bucketUs, inRange('us')),
      // By these DuckDB tells from a file's statistics what it need not read.
      segments: (rows) =>
        bucketsOfRows(
          rows,
          bucketUs,
          `${inSeries(ids)} and measured_at >= make_timestamptz(${fromUs}::bigint)
            and measured_at < make_timestamptz(${toUs}::bigint)`,
        ),
    };
    const wanted = { unit: coarsestUnit(bucketUs), fromUs, toUs };
    await this.#tried(stream, asked, wanted, {
      begin: () => found.clear(),
      read: (on, kind, source) => readSums(on, buckets[kind](source), take),
    });
    return found;
  }

  /**
   * When the first of these readings was measured, rounded down to the hour where it is rolled up;
   * the last hour where there is none.
   */
  async #firstUs(asked: Asked, toUs: number): Promise<number> {
    let first = toUs;
    const all = { unit: 'hours' as const, fromUs: -Infinity, toUs: Infinity };
    for (const stream of asked.streams) {
      await this.#tried(stream, asked, all, {
        begin: () => undefined,
        read: async (on, kind, source) => {
          const us = kind === 'rollups' ? 'us' : 'epoch_us(measured_at)';
          const found = await on.runAndReadAll(
            `select min(${us})::double from ${source} where ${inSeries(asked.ids)}`,
          );
          const [value] = found.getRows()[0] ?? [];
          if (typeof value === 'number') first = Math.min(first, value);
        },
      });
    }
    return first < toUs ? first : toUs - unitUs.hours;
  }

  /** Again where rows moved, or where what turned out damaged is out of the way. */
  async #tried(
    stream: StreamState,
    asked: Asked,
    wanted: { unit: RollupUnit | null; fromUs: number; toUs: number },
    reading: Reading,
  ): Promise<void> {
    const { log, rollups } = this.#parts;
    const { signal } = asked;
    const set = rollups.setOf(stream);
    let failure: unknown = null;
    for (let tries = 0; tries < TRIES; ) {
      if (stream.moving !== null) await stream.moving;
      signal.throwIfAborted();
      const release = log.pinSegments();
      const hotTables = stream.hot.map(({ name }) => name);
      const cover = coverOf(stream.segments.all, set.all, wanted);
      const { layoutVersion } = stream;
      try {
        reading.begin();
        if (await this.#readLook({ stream, cover, hotTables }, asked, reading, tries > 0)) return;
        tries += 1;
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof MillpondError) throw thrown;
        failure = thrown;
        // Rows that moved are no failure, however often they do.
        if (stream.moving === null && stream.layoutVersion === layoutVersion) tries += 1;
      } finally {
        release();
      }
    }
    const why = failure === null ? 'sealed files are damaged' : asMillpondError(failure).message;
    throw new MillpondError('SERIES_FAILED', `The chart cannot be read: ${why}`, {
      cause: failure,
    });
  }

  /** False where something of it turned out damaged. */
  async #readLook(
    look: Look,
    { connection, signal }: Asked,
    { read }: Reading,
    isAgain: boolean,
  ): Promise<boolean> {
    const { log, directory } = this.#parts;
    const { stream, cover, hotTables } = look;
    // First of all: hot rows may be sealed any moment, while the files stay as long as they are pinned.
    if (hotTables.length > 0) {
      const tables = `(${hotTables.map((table) => `from ${table}`).join(' union all ')})`;
      await log.inspect((own) => interruptible(own, signal, () => read(own, 'hot', tables)));
    }
    if (!(await this.#isSound(look, isAgain))) return false;
    await interruptible(connection, signal, async () => {
      const rollups = rollupRows(rollupFiles(directory, stream.name, cover.rollups));
      if (rollups !== '') await read(connection, 'rollups', `(${rollups})`);
      const files = cover.segments.map(({ first }) => segmentPath(directory, stream.name, first));
      if (files.length > 0) await read(connection, 'segments', `read_parquet(${fileList(files)})`);
    });
    return true;
  }

  /** Drops rollups that are damaged, and has the log set damaged segments aside. */
  async #isSound({ stream, cover }: Look, isAgain: boolean): Promise<boolean> {
    const { log, rollups, directory } = this.#parts;
    const set = rollups.setOf(stream);
    let isSound = true;
    for (const rollup of cover.rollups) {
      if (!(await set.keepsIfSound(rollup, isAgain))) isSound = false;
    }
    for (const segment of cover.segments) {
      if (this.#checked.has(segment) && !isAgain) continue;
      const path = segmentPath(directory, stream.name, segment.first);
      if (await isSegmentSound(path, segment)) {
        this.#checked.add(segment);
      } else {
        await log.read(stream, segment.first, 1);
        isSound = false;
      }
    }
    return isSound;
  }
}

function addAll(to: Buckets | undefined, buckets: Iterable<readonly [number, BucketSum]>): void {
  for (const [time, sum] of buckets) {
    const known = to?.get(time);
    to?.set(time, known === undefined ? sum : addSums(known, sum));
  }
}

function answerOf(
  { fromUs, toUs, bucketUs }: BucketPlan,
  groups: ReadonlyMap<number, Group>,
): SeriesAnswer {
  const series = [...new Set(groups.values())]
    .filter(({ buckets }) => buckets.size > 0)
    .map(({ key, buckets }) => pointsOf(key, buckets, bucketUs));
  return { fromUs, toUs, bucketUs, series };
}

function inSeries(ids: readonly number[]): string {
  return ids.length === 0 ? 'false' : `series in (${ids.join(', ')})`;
}

/** So many points that all series together have not too many. */
function limited(request: SeriesRequest, lines: number): SeriesRequest {
  const { answerPointsMax } = seriesLimits;
  const pointsMax = Math.min(request.pointsMax, Math.floor(answerPointsMax / Math.max(1, lines)));
  return { ...request, pointsMax };
}
