// The log as a query sees it: which sealed files there are and which offsets are still hot, at one
// moment, and the hot rows themselves. Sealed files stay on the disk until the query has ended.

import { type PackedReadings, packReadings } from '../core/packed-readings.ts';
import type {
  QueryRowsAnswer,
  QueryRowsRequest,
  QuerySnapshot,
  QueryStream,
} from '../core/query.ts';
import type { SeriesKey } from '../core/reading.ts';
import type { Log } from './log.ts';
import type { StreamState } from './stream-state.ts';

/** Rows of one answer: few enough that a commit does not wait for them. */
const ROWS_MAX = 16_384;

export class QuerySnapshots {
  readonly #log: Pick<Log, 'pinSegments' | 'streams' | 'stream' | 'read' | 'series'>;
  readonly #open = new Map<number, { release: () => void; readonly given: Set<number> }>();
  #id = 0;

  constructor(log: Pick<Log, 'pinSegments' | 'streams' | 'stream' | 'read' | 'series'>) {
    this.#log = log;
  }

  begin(sql: string): QuerySnapshot {
    const id = ++this.#id;
    const text = sql.toLowerCase();
    this.#open.set(id, { release: this.#log.pinSegments(), given: new Set() });
    const streams = this.#log.streams.all.map((stream) => streamOf(stream, text));
    return { id, streams };
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

function streamOf(stream: StreamState, sql: string): QueryStream {
  const { name, segments, hot, highWatermark } = stream;
  if (!sql.includes(name)) return { name, content: null };
  return {
    name,
    content: {
      segments: segments.all.map(({ first }) => first),
      first: hot[0]?.first ?? highWatermark,
      next: highWatermark,
    },
  };
}
