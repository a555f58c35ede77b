// A follower's response: written as fast as its client reads and no faster. What is unsent is what the
// socket's buffer takes and one message, which all followers share; a client that does not take it in
// time is cut off.

import type { ServerResponse } from 'node:http';
import type { MessageSink } from '../../subscription.ts';

type LiveResponse = Pick<ServerResponse, 'write' | 'once' | 'off'>;

export interface LiveSinkOptions {
  /** How long a client may take for what it is sent, milliseconds. */
  readonly stallTimeoutMs: number;
  readonly stalled: () => void;
  readonly signal: AbortSignal;
}

export class LiveSink implements MessageSink {
  readonly #response: LiveResponse;
  readonly #options: LiveSinkOptions;

  constructor(response: LiveResponse, options: LiveSinkOptions) {
    this.#response = response;
    this.#options = options;
  }

  /** Resolves when the client has taken what came before; at once after an abort. */
  async write(messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      if (this.#options.signal.aborted) return;
      if (!this.#response.write(message)) await this.#drained();
    }
  }

  #drained(): Promise<void> {
    const { stallTimeoutMs, stalled, signal } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(stalled, stallTimeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#response.off('drain', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#response.once('drain', done);
    });
  }
}
