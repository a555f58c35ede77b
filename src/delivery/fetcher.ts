// Answers a subscriber's fetch on the log thread: waits for rows, reads a bounded run of them,
// leaves out what the filter does not want, encodes the rest. Keeps nothing between two fetches.

import type { DeliveryFormat, EncodedFetch, FetchRequest } from '../core/contracts.ts';
import type { ReadingColumns, SeriesKey } from '../core/reading.ts';
import type { Encoded, Encoder } from './encoder.ts';
import { SeriesFilters } from './series-filter.ts';

/** The rows of one stream, as the log gives them. */
export interface RowSource {
  readonly highWatermark: number;
  read(
    from: number,
    rowsMax: number,
  ): Promise<{
    readonly gap: { readonly first: number; readonly next: number; readonly reason: string } | null;
    readonly runs: readonly ReadingColumns[];
    readonly next: number;
  }>;
  waitBeyond(offset: number, ms: number, signal: AbortSignal): Promise<void>;
}

/** Rows looked at in one fetch when the filter lets few through; then the log thread has a breath. */
const SCANNED_ROWS_MAX = 65_536;
const NOTHING: Pick<Encoded, 'buffer' | 'ranges'> = { buffer: new ArrayBuffer(0), ranges: [] };

export type Encoders = Readonly<Record<DeliveryFormat, Encoder>>;

export class Fetcher {
  readonly #encoders: Encoders;
  readonly #filters: SeriesFilters;
  readonly #clockMs: () => number;

  /** `keys` is the series table's own list. `clockMs` only measures waiting. */
  constructor(
    keys: readonly SeriesKey[],
    encoders: Encoders,
    clockMs: () => number = () => performance.now(),
  ) {
    this.#encoders = encoders;
    this.#filters = new SeriesFilters(keys);
    this.#clockMs = clockMs;
  }

  async fetch(request: FetchRequest, rows: RowSource, signal: AbortSignal): Promise<EncodedFetch> {
    const encoder = this.#encoders[request.format];
    const wants = this.#filters.get(request.filter);
    const deadlineMs = this.#clockMs() + request.waitMs;
    let from = request.from;
    let scanned = 0;
    for (;;) {
      const end = Math.min(request.until ?? rows.highWatermark, rows.highWatermark);
      const waitMs = deadlineMs - this.#clockMs();
      if (from >= end) {
        const isOver = request.until !== null && from >= request.until;
        if (isOver || waitMs <= 0 || signal.aborted) return this.#nothing(from, rows);
        await rows.waitBeyond(from, waitMs, signal);
        continue;
      }
      const rowsMax = Math.min(end - from, encoder.rowsFor(request.bytesMax));
      const read = await rows.read(from, rowsMax);
      const first = read.gap?.next ?? from;
      const encoded = encoder.encode({
        stream: request.stream,
        runs: read.runs,
        from: first,
        batchReadingsMax: request.batchReadingsMax,
        bytesMax: request.bytesMax,
        highWatermark: rows.highWatermark,
        wants,
      });
      if (encoded.readings > 0 || read.gap !== null) {
        const { buffer, ranges, readings } = encoded;
        const isTold = encoded.readings % request.batchReadingsMax !== 0;
        const next = isTold ? encoded.next : wantedEnd(read.runs, wants, first, encoded.next);
        return { buffer, ranges, readings, next, gap: read.gap, highWatermark: rows.highWatermark };
      }
      scanned += encoded.next - from;
      from = encoded.next;
      if (scanned >= SCANNED_ROWS_MAX || signal.aborted) return this.#nothing(from, rows);
    }
  }

  #nothing(next: number, rows: RowSource): EncodedFetch {
    return { ...NOTHING, gap: null, readings: 0, next, highWatermark: rows.highWatermark };
  }
}

/**
 * One past the last wanted row of [first, next), `first` if there is none. A message that is full, or
 * a gap, says nothing of the unwanted rows behind it: they are left to the next fetch, whose answer
 * tells of them, or a consumer could never commit beyond them.
 */
function wantedEnd(
  runs: readonly ReadingColumns[],
  wants: ((series: number) => boolean) | null,
  first: number,
  next: number,
): number {
  if (wants === null) return next;
  let end = first;
  let runFirst = first;
  for (const { count, series } of runs) {
    for (let row = Math.min(count, next - runFirst) - 1; row >= 0; row--) {
      if (!wants(series[row] as number)) continue;
      end = runFirst + row + 1;
      break;
    }
    runFirst += count;
  }
  return end;
}
