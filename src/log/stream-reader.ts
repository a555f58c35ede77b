// Reads committed rows by offset, wherever they lie: the ring of the newest, the hot tables, the
// sealed segments. Rows may move from one to the next, or go, while they are read; what fails
// across such a change is tried again where they are now.

import { readInt64, wordsOf } from '../core/int64.ts';
import type { ReadingColumns } from '../core/reading.ts';
import { sliceColumns } from './column-builder.ts';
import type { HotReader } from './hot-reader.ts';
import { SegmentDamaged, type SegmentReader } from './segments/segment-reader.ts';
import type { HotTable, StreamState } from './stream-state.ts';

export interface ReadResult {
  /** Offsets [first, next) that are gone; they come before the rows. */
  readonly gap: { readonly first: number; readonly next: number; readonly reason: string } | null;
  /** Dense rows in offset order. */
  readonly runs: readonly ReadingColumns[];
  /** Where to read on. */
  readonly next: number;
}

export interface StreamReaderParts {
  readonly hot: HotReader;
  readonly segments: SegmentReader;
  /** Why the offsets [first, next) of a stream are gone: a code. */
  readonly lossReason: (stream: StreamState, first: number, next: number) => Promise<string>;
  /** Puts a damaged segment aside, so that reading goes on behind it. */
  readonly setAside: (stream: StreamState, damage: SegmentDamaged) => Promise<void>;
}

export class StreamReader {
  readonly #parts: StreamReaderParts;

  constructor(parts: StreamReaderParts) {
    this.#parts = parts;
  }

  /** At most `rowsMax` rows of [from, highWatermark). */
  async read(stream: StreamState, from: number, rowsMax: number): Promise<ReadResult> {
    if (from >= stream.highWatermark) return { gap: null, runs: [], next: from };
    const recent = stream.ring.read(from, rowsMax);
    if (recent !== null) return resultOf(from, recent);
    return this.#whereRowsAre(stream, () => this.#readStored(stream, from, rowsMax));
  }

  /** The first offset received at or after `timeUs`; the high watermark if there is none yet. */
  offsetAtTime(stream: StreamState, timeUs: number): Promise<number> {
    return this.#whereRowsAre(stream, async () => {
      const segment = stream.segments.receivedAtOrAfter(timeUs);
      if (segment !== null) {
        const found = await this.#parts.segments.offsetAtTime(stream, segment, timeUs);
        return found ?? segment.next;
      }
      for (const table of [...stream.hot]) {
        const found = await this.#parts.hot.offsetAtTime(table, timeUs);
        if (found !== null) return Math.min(found, stream.highWatermark);
      }
      return stream.highWatermark;
    });
  }

  async #whereRowsAre<T>(stream: StreamState, read: () => Promise<T>): Promise<T> {
    for (;;) {
      const version = stream.layoutVersion;
      try {
        return await read();
      } catch (thrown) {
        if (thrown instanceof SegmentDamaged) {
          if (stream.segments.all.includes(thrown.segment)) {
            await this.#parts.setAside(stream, thrown);
          }
        } else if (version === stream.layoutVersion) {
          if (stream.moving === null) throw thrown;
          await stream.moving;
        }
      }
    }
  }

  async #readStored(stream: StreamState, from: number, rowsMax: number): Promise<ReadResult> {
    const segment = stream.segments.atOrAfter(from);
    if (segment !== null && segment.first <= from) {
      const block = await this.#parts.segments.block(stream, segment, from);
      const start = from - readInt64(wordsOf(block.offset), 0);
      const end = Math.min(block.count, start + rowsMax);
      return resultOf(from, [sliceColumns(block, start, end)]);
    }
    const table = stream.hotAtOrAfter(from);
    if (table !== null && table.first <= from) return this.#readHot(table, from, rowsMax);
    const next = Math.min(
      segment?.first ?? stream.highWatermark,
      table?.first ?? stream.highWatermark,
    );
    const reason = await this.#parts.lossReason(stream, from, next);
    return { gap: { first: from, next, reason }, runs: [], next };
  }

  async #readHot(table: HotTable, from: number, rowsMax: number): Promise<ReadResult> {
    const until = Math.min(table.next, from + rowsMax);
    const columns = await this.#parts.hot.read(table, from, until);
    if (columns.count === until - from) return resultOf(from, [columns]);
    throw new Error(`${table.name} has ${columns.count} of the rows [${from}, ${until})`);
  }
}

function resultOf(from: number, runs: readonly ReadingColumns[]): ReadResult {
  let next = from;
  for (const run of runs) next += run.count;
  return { gap: null, runs, next };
}
