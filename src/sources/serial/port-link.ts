// One serial port that is kept open: opened by its path, so that a name under /dev/serial/by-id finds
// the device in whichever socket it is, and again, with growing pauses, whenever it is gone.

import type { SerialLine } from '../../core/serial-config.ts';
import { OpenPort } from './open-port.ts';
import { describeProblem } from './port-problem.ts';

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5000;

export interface PortLinkHandlers {
  opened(): void;
  /** `problem` is null when it was closed by `stop`. */
  closed(problem: string | null): void;
  /** It could not be opened. Tried again without end. */
  failing(problem: string): void;
  /** `bytes` are borrowed for the call. */
  data(bytes: Buffer): void;
}

export interface PortLinkOptions {
  readonly path: string;
  readonly line: SerialLine;
  readonly handlers: PortLinkHandlers;
}

export class PortLink {
  readonly #options: PortLinkOptions;
  #port: OpenPort | null = null;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS_MIN;
  #isPaused = false;
  #isStopped = false;
  #attempt: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();

  constructor(options: PortLinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#port !== null;
  }

  /** Resolves when it was tried once, with or without success. */
  start(): Promise<void> {
    this.#attempt = this.#open();
    return this.#attempt;
  }

  pause(): void {
    this.#isPaused = true;
    this.#port?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#port?.resume();
  }

  /** Lost when the port is not open. */
  write(bytes: Uint8Array): void {
    this.#port?.write(bytes);
  }

  /** Takes nothing more, at once; resolves when the port is closed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    await this.#attempt;
    await this.#closing;
    const port = this.#port;
    this.#port = null;
    if (port === null) return;
    await port.close();
    this.#options.handlers.closed(null);
  }

  async #open(): Promise<void> {
    if (this.#isStopped) return;
    const { path, line, handlers } = this.#options;
    try {
      const port: OpenPort = await OpenPort.open(path, line, {
        isPaused: this.#isPaused,
        data: (bytes) => this.#take(bytes),
        lost: (error) => this.#lose(port, error),
      });
      this.#port = port;
      if (!this.#isStopped) handlers.opened();
    } catch (thrown) {
      if (this.#isStopped) return;
      handlers.failing(describeProblem(thrown));
      this.#retry();
    }
  }

  #take(bytes: Buffer): void {
    if (this.#isStopped) return;
    // Whatever arrives proves the port; one that opens and fails at once is not tried without pause.
    this.#retryMs = RETRY_MS_MIN;
    this.#options.handlers.data(bytes);
  }

  #lose(port: OpenPort, error: Error): void {
    if (this.#isStopped || this.#port !== port) return;
    this.#port = null;
    this.#closing = port.close();
    this.#options.handlers.closed(describeProblem(error));
    this.#retry();
  }

  #retry(): void {
    this.#retryTimer = setTimeout(() => {
      this.#attempt = this.#closing.then(() => this.#open());
    }, this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }
}
