// Readers at the end of a stream, who wait for the next commit.

import type { StreamState } from './stream-state.ts';

export class TailWaiters {
  readonly #checks = new Set<() => void>();

  /** Resolves when the stream goes beyond `offset`, after `ms`, or when the signal aborts. */
  wait(stream: StreamState, offset: number, ms: number, signal: AbortSignal): Promise<void> {
    if (stream.highWatermark > offset || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const check = (): void => {
        if (stream.highWatermark > offset) end();
      };
      const timer = setTimeout(end, ms);
      this.#checks.add(check);
      signal.addEventListener('abort', end);
    });
  }

  /** To be called after each commit. */
  committed(): void {
    for (const check of [...this.#checks]) check();
  }
}
