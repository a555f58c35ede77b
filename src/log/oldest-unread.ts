// When the oldest reading arrived that a consumer has not committed. Looked up where the reading lies
// and kept until the consumer has moved, so that one that stands still costs one look.

import { readInt64, wordsOf } from '../core/int64.ts';
import type { Log } from './log.ts';
import { type Position, positionKey } from './position.ts';
import type { StreamState } from './stream-state.ts';

/** Looked up at once: those that lag most. */
const LOOKS_MAX = 100;
/** Whoever asks waits no longer, for a disk may hang; what is found later is there the next time. */
const WAIT_MS = 300;

interface Found {
  readonly offset: number;
  readonly receivedAtUs: number;
}

export class OldestUnread {
  readonly #log: Pick<Log, 'stream' | 'read'>;
  readonly #found = new Map<string, Found>();
  #looking: Promise<void> | null = null;

  constructor(log: Pick<Log, 'stream' | 'read'>) {
    this.#log = log;
  }

  /** Looks up what has moved since the last time, as far as there is time for it. */
  async refresh(positions: readonly Position[]): Promise<void> {
    this.#looking ??= this.#look(positions).finally(() => {
      this.#looking = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([this.#looking, isLate]);
    clearTimeout(timer);
  }

  /** Microseconds; null where everything is committed, or it is not known. */
  receivedAtUs(position: Position): number | null {
    const found = this.#found.get(positionKey(position));
    return found?.offset === this.#unread(position) ? found.receivedAtUs : null;
  }

  /** The offset of the oldest unread reading that is still kept; null where there is none. */
  #unread({ stream: name, nextOffset }: Position): number | null {
    const { lowWatermark, highWatermark } = this.#log.stream(name);
    const offset = Math.max(nextOffset, lowWatermark);
    return offset < highWatermark ? offset : null;
  }

  async #look(positions: readonly Position[]): Promise<void> {
    const names = new Set(positions.map(positionKey));
    for (const name of this.#found.keys()) if (!names.has(name)) this.#found.delete(name);
    const lagOf = (position: Position): number =>
      this.#log.stream(position.stream).highWatermark - position.nextOffset;
    const moved = positions
      .filter((position) => this.#unread(position) !== null && this.receivedAtUs(position) === null)
      .sort((a, b) => lagOf(b) - lagOf(a));
    for (const position of moved.slice(0, LOOKS_MAX)) {
      const stream = this.#log.stream(position.stream);
      const offset = this.#unread(position);
      // What cannot be read now is not known, and the disk's trouble is told elsewhere.
      const receivedAtUs =
        offset === null ? null : await this.#read(stream, offset).catch(() => null);
      if (offset === null || receivedAtUs === null) continue;
      this.#found.set(positionKey(position), { offset, receivedAtUs });
    }
  }

  async #read(stream: StreamState, offset: number): Promise<number | null> {
    for (let from = offset; from < stream.highWatermark; ) {
      const { runs, next } = await this.#log.read(stream, from, 1);
      const [run] = runs;
      if (run !== undefined) return readInt64(wordsOf(run.receivedAtUs), 0);
      from = next;
    }
    return null;
  }
}
