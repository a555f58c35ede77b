// Dead letters decoded again by the profiles of now, and thrown away on demand. What becomes of a letter
// is one transaction: its readings come and it goes, or neither, so that it counts once whatever happens.

import type { Decoded, Decoder } from '../core/contracts.ts';
import type {
  DeadLetterEntry,
  DeadLetterWithPayload,
  DeadLetterWork,
  Purged,
  Reprocessed,
} from '../core/dead-letter.ts';
import type { DecodedReading, ReadingColumns, SeriesKey } from '../core/reading.ts';
import { listDeadLetters, readDeadLetters } from './dead-letter-list.ts';
import type { Log } from './log.ts';

/** Payloads held at one time. */
const BYTES_MAX = 4 * 1024 * 1024;
/** Rows looked through for what a message has left in the log already; its own are among the first. */
const ROWS_LOOKED_AT = 16_384;

export class DeadLetterWorker {
  readonly #log: Log;
  readonly #decoder: Decoder;
  /** One piece of work at a time: two of them would find the same letters. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: Log, decoder: Decoder) {
    this.#log = log;
    this.#decoder = decoder;
  }

  /** In the order in which they came. Throws what appending and reading throw; what was done before stays. */
  reprocess(work: DeadLetterWork): Promise<Reprocessed> {
    return this.#inTurn(() => this.#reprocess(work));
  }

  /** They are gone, and recorded as a loss. */
  purge(work: DeadLetterWork): Promise<Purged> {
    return this.#inTurn(async () => {
      const page = await this.#log.inspect((connection) =>
        listDeadLetters(connection, work.filter, work),
      );
      const count = page.entries.length;
      if (count > 0) {
        this.#log.removeDeadLetters(page.entries.map(({ id }) => id));
        const detail = 'an operator had them thrown away';
        this.#log.recordLoss({ stream: '', count, reason: 'dead_letters_purged', detail });
        await this.#flush();
      }
      return { letters: count, next: page.next };
    });
  }

  async #reprocess({ filter, from, limit }: DeadLetterWork): Promise<Reprocessed> {
    const letters = await this.#log.inspect((connection) =>
      readDeadLetters(connection, filter, { from, limit, bytesMax: BYTES_MAX }),
    );
    const outcome = { letters: 0, readings: 0, kept: 0 };
    for (const letter of letters) {
      const decoded = this.#decode(letter);
      if (decoded === null) {
        outcome.kept += 1;
        continue;
      }
      const readings = letter.isPartial ? await this.#notStored(letter, decoded) : decoded.readings;
      // Refusable: what a full stream does not take stays a dead letter.
      this.#log.append({ ...letter, isRefusable: true }, { ...decoded, readings });
      this.#log.removeDeadLetters([letter.id]);
      outcome.letters += 1;
      outcome.readings += readings.length;
    }
    if (outcome.letters > 0) await this.#flush();
    const last = letters.at(-1);
    return { ...outcome, next: last === undefined ? null : last.id + 1 };
  }

  /** Null when it is a dead letter still. */
  #decode(letter: DeadLetterWithPayload): Decoded | null {
    const decoded = this.#decoder.decode({ ...letter, isPast: true });
    return decoded.deadLetter === null ? decoded : null;
  }

  /** The readings that the message's first decoding did not leave in the log. */
  async #notStored(letter: DeadLetterEntry, { readings }: Decoded): Promise<DecodedReading[]> {
    const stored = new Set<string>();
    for (const stream of this.#log.streams.all) {
      const first = await this.#log.offsetAtTime(stream, letter.receivedAtUs);
      for (let from = first; from < first + ROWS_LOOKED_AT; ) {
        const { runs, next } = await this.#log.read(stream, from, first + ROWS_LOOKED_AT - from);
        for (const run of runs) this.#noteNames(run, letter, stored);
        if (next === from) break;
        from = next;
      }
    }
    return readings.filter((reading) => !stored.has(nameOf(reading)));
  }

  /** Of the rows that came with the letter. */
  #noteNames(
    { count, receivedAtUs, series }: ReadingColumns,
    letter: DeadLetterEntry,
    names: Set<string>,
  ): void {
    for (let row = 0; row < count; row += 1) {
      if (receivedAtUs[row] !== BigInt(letter.receivedAtUs)) continue;
      const key = this.#log.series.keys[series[row] as number];
      if (key?.source === letter.source) names.add(nameOf(key));
    }
  }

  #flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#log.settleAppended((error) => (error === null ? resolve() : reject(error)));
      this.#log.startCommit();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function nameOf({ device, channel, metric }: Pick<SeriesKey, 'device' | 'channel' | 'metric'>) {
  return `${device}\n${channel}\n${metric}`;
}
