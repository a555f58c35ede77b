// The log as a query sees it: which sealed files there are and which offsets are still hot, at one
// moment, and the hot rows themselves. Sealed files stay on the disk until the query has ended.

import { matchesGlob } from '../core/glob.ts';
import { type PackedReadings, packReadings } from '../core/packed-readings.ts';
import type {
  QueryRowsAnswer,
  QueryRowsRequest,
  QuerySnapshot,
  QueryStream,
  ReadingsAsk,
} from '../core/query.ts';
import type { SeriesKey } from '../core/reading.ts';
import type { Log } from './log.ts';
import { coverOf } from './rollups/rollup-plan.ts';
import type { Rollups } from './rollups/rollups.ts';
import type { StreamState } from './stream-state.ts';

/** Rows of one answer: few enough that a commit does not wait for them. */
const ROWS_MAX = 16_384;

type SnapshotLog = Pick<Log, 'pinSegments' | 'streams' | 'stream' | 'read' | 'series'>;

export class QuerySnapshots {
  readonly #log: SnapshotLog;
  readonly #rollups: Pick<Rollups, 'setOf'>;
  readonly #open = new Map<number, { release: () => void; readonly given: Set<number> }>();
  #id = 0;

  constructor(log: SnapshotLog, rollups: Pick<Rollups, 'setOf'>) {
    this.#log = log;
    this.#rollups = rollups;
  }

  /** Throws STREAM_UNKNOWN where readings of one are asked for that is not there. */
  begin(sql: string, readings: ReadingsAsk | null): QuerySnapshot {
    const { streams, series } = this.#log;
    const text = sql.toLowerCase();
    const one =
      readings === null || readings.stream === null ? null : this.#log.stream(readings.stream);
    const isWanted = ({ name }: StreamState): boolean =>
      readings === null ? text.includes(name) : one === null || one.name === name;
    const id = ++this.#id;
    this.#open.set(id, { release: this.#log.pinSegments(), given: new Set() });
    return {
      id,
      series: readings === null ? null : matchingSeries(series.keys, readings),
      streams: streams.all.map((stream) => ({
        name: stream.name,
        content: isWanted(stream) ? this.#contentOf(stream, readings) : null,
      })),
    };
  }

  /** What of the stream may be among the readings; all of it where none are asked for. */
  #contentOf(stream: StreamState, readings: ReadingsAsk | null): QueryStream['content'] {
    const { segments, hot, highWatermark } = stream;
    const { fromUs, toUs, fromOffset, toOffset } = readings ?? everything;
    const from = fromOffset ?? 0;
    const until = toOffset ?? Infinity;
    // Rollups say of segments when theirs were measured.
    const range = { unit: null, fromUs: fromUs ?? -Infinity, toUs: toUs ?? Infinity };
    const timely = coverOf(segments.all, this.#rollups.setOf(stream).all, range).segments;
    const wanted = timely.filter((segment) => segment.next > from && segment.first < until);
    const hotFirst = hot[0]?.first ?? highWatermark;
    const first = Math.min(Math.max(hotFirst, from), highWatermark);
    const next = Math.max(first, Math.min(highWatermark, until));
    return { segments: wanted.map((segment) => segment.first), first, next };
  }

  /** Some of the rows [from, until), from the first on; none where all that was there is gone. */
  async rows({ snapshot, stream, from, until }: QueryRowsRequest): Promise<QueryRowsAnswer> {
    const found = await this.#log.read(
      this.#log.stream(stream),
      from,
      Math.min(ROWS_MAX, until - from),
    );
    const packed = packReadings(found.runs);
    const series = this.#newSeries(snapshot, found.runs);
    return { ...(packed satisfies PackedReadings), next: found.next, series };
  }

  end(id: number): void {
    this.#open.get(id)?.release();
    this.#open.delete(id);
  }

  #newSeries(
    snapshot: number,
    runs: readonly { readonly series: Int32Array }[],
  ): { id: number; key: SeriesKey }[] {
    const given = this.#open.get(snapshot)?.given;
    if (given === undefined) return [];
    const found: { id: number; key: SeriesKey }[] = [];
    for (const { series } of runs) {
      for (const id of series) {
        if (given.has(id)) continue;
        given.add(id);
        found.push({ id, key: this.#log.series.keyOf(id) });
      }
    }
    return found;
  }
}

const everything = { fromUs: null, toUs: null, fromOffset: null, toOffset: null };

function matchingSeries(
  keys: readonly SeriesKey[],
  { devices, metrics }: ReadingsAsk,
): number[] | null {
  if (devices.length === 0 && metrics.length === 0) return null;
  const fits = (globs: readonly string[], name: string): boolean =>
    globs.length === 0 || globs.some((glob) => matchesGlob(glob, name));
  return keys.flatMap(({ device, metric }, id) =>
    fits(metrics, metric) && fits(devices, device) ? [id] : [],
  );
}
