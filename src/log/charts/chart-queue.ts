// Charts wait their turn, a bounded number of them; those that ask for the same thing at the same time
// get the same answer. Each has its time, waiting included.

import { MillpondError } from '../../core/errors.ts';

interface Shared<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  users: number;
}

export interface ChartQueueOptions {
  readonly waitingMax: number;
  readonly timeLimitMs: number;
}

export class ChartQueue<T> {
  readonly #options: ChartQueueOptions;
  readonly #shared = new Map<string, Shared<T>>();
  #unfinished = 0;

  constructor(options: ChartQueueOptions) {
    this.#options = options;
  }

  /** Different ones that wait or are read. */
  get size(): number {
    return this.#unfinished;
  }

  /**
   * `read` is stopped by its signal once nobody waits for it any more. Throws SERIES_BUSY,
   * SERIES_TIMEOUT, and the caller's own signal's reason.
   */
  async ask(
    key: string,
    read: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    const shared = this.#shared.get(key) ?? this.#begin(key, read);
    shared.users += 1;
    let leave = (): void => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
    });
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([shared.result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.users -= 1;
      if (shared.users === 0) {
        shared.stop.abort();
        if (this.#shared.get(key) === shared) this.#shared.delete(key);
      }
    }
  }

  #begin(key: string, read: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const { waitingMax, timeLimitMs } = this.#options;
    if (this.#unfinished >= waitingMax) {
      throw new MillpondError('SERIES_BUSY', `${this.#unfinished} charts wait already.`);
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const text = `The chart was not read after ${timeLimitMs / 1000} s.`;
      stop.abort(new MillpondError('SERIES_TIMEOUT', text));
    }, timeLimitMs);
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    this.#unfinished += 1;
    const reading = read(stop.signal).finally(() => {
      clearTimeout(timer);
      this.#unfinished -= 1;
    });
    const result = Promise.race([reading, stopped]);
    // Everybody may have left before it fails.
    for (const each of [result, reading]) each.catch(() => undefined);
    const shared = { result, stop, users: 0 };
    this.#shared.set(key, shared);
    return shared;
  }
}
