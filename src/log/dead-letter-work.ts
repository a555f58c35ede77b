// Dead letters decoded again by the profiles of now, and thrown away on demand. What becomes of a letter
// is one transaction: its readings come and it goes, or neither, so that it counts once whatever happens.

import type { Decoded, Decoder } from '../core/contracts.ts';
import type {
  DeadLetterWithPayload,
  DeadLetterWork,
  Purged,
  Reprocessed,
} from '../core/dead-letter.ts';
import { listDeadLetters, readDeadLetters } from './dead-letter-list.ts';
import { withoutParts } from './letter-parts.ts';
import type { Log } from './log.ts';

/** Payloads held at one time. */
const BYTES_MAX = 4 * 1024 * 1024;

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
        listDeadLetters(connection, { ...work, order: 'oldest' }),
      );
      const count = this.#log.removeDeadLetters(page.entries.map(({ id }) => id));
      if (count > 0) {
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
    try {
      for (const letter of letters) {
        // It may have gone while it was read: for its age, or to make room.
        if (!this.#log.deadLetters.has(letter.id)) continue;
        const readings = this.#store(letter, this.#decoder.decode({ ...letter, isPast: true }));
        if (readings < 0) {
          outcome.kept += 1;
          continue;
        }
        outcome.letters += 1;
        outcome.readings += readings;
      }
    } finally {
      // Also behind a letter that was refused: the next look must not find those before it again.
      if (outcome.letters > 0) await this.#flush();
    }
    const last = letters.at(-1);
    return { ...outcome, next: last === undefined ? null : last.id + 1 };
  }

  /** The letter becomes its readings; gives how many, -1 when it is a dead letter still. */
  #store(letter: DeadLetterWithPayload, decoded: Decoded): number {
    if (decoded.deadLetter !== null) return -1;
    // Of which it was not noted what counts already; nothing may count twice.
    if (letter.isPartial && letter.parts.length === 0) return -1;
    const readings = withoutParts(decoded.readings, letter.parts);
    if (!this.#log.series.hasRoomFor(readings, letter.source)) return -1;
    // Refusable: what a full stream does not take stays a dead letter.
    this.#log.append({ ...letter, isRefusable: true }, { ...decoded, readings });
    this.#log.removeDeadLetters([letter.id]);
    return readings.length;
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
