// Rows as server-sent events, one for each reading. Runs on the log thread: what crosses is the text
// that goes to every follower.

import { readInt64, wordsOf } from '../../../core/int64.ts';
import type { SeriesKey } from '../../../core/reading.ts';
import { readingJson } from '../../../core/reading-json.ts';
import type { Encoded, EncodeRequest, Encoder } from '../../encoder.ts';
import { eventText } from './live-text.ts';

/** What an event takes before one was written. */
const ROW_BYTES_FIRST = 320;

export class LiveEncoder implements Encoder {
  readonly #keys: readonly SeriesKey[];
  #bytesPerRow = ROW_BYTES_FIRST;

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#keys = keys;
  }

  rowsFor(bytesMax: number): number {
    return Math.max(1, Math.floor(bytesMax / this.#bytesPerRow));
  }

  encode({ stream, runs, from, batchReadingsMax, bytesMax, wants }: EncodeRequest): Encoded {
    const events: string[] = [];
    let characters = 0;
    let next = from;
    fill: for (const run of runs) {
      const measured = wordsOf(run.measuredAtUs);
      const received = wordsOf(run.receivedAtUs);
      for (let row = 0; row < run.count; row++) {
        const series = run.series[row] as number;
        if (wants === null || wants(series)) {
          if (characters >= bytesMax || events.length === batchReadingsMax) break fill;
          const json = readingJson({
            ...this.#keyOf(series),
            stream,
            offset: next,
            value: run.text?.[row] ?? (run.number[row] as number),
            measuredAtUs: readInt64(measured, row),
            receivedAtUs: readInt64(received, row),
            quality: run.quality[row] as number,
          });
          const event = eventText(next, null, json);
          events.push(event);
          characters += event.length;
        }
        next += 1;
      }
    }
    return this.#joined(events, next);
  }

  #joined(events: readonly string[], next: number): Encoded {
    const readings = events.length;
    const text = events.join('');
    const bytes = Buffer.byteLength(text);
    // A buffer of its own, for it is transferred.
    const out = Buffer.allocUnsafeSlow(bytes);
    out.write(text);
    if (readings > 0) this.#bytesPerRow = this.#bytesPerRow * 0.9 + (bytes / readings) * 0.1;
    const ranges = readings > 0 ? [0, bytes] : [];
    return { buffer: out.buffer as ArrayBuffer, ranges, next, readings };
  }

  #keyOf(series: number): SeriesKey {
    const key = this.#keys[series];
    if (key === undefined) throw new RangeError(`series ${series} is not in the table`);
    return key;
  }
}
