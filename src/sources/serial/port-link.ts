// One serial port that is kept open: opened by its path, so that a name under /dev/serial/by-id finds
// the device in whichever socket it is, and again, with growing pauses, whenever it is gone.

import { SerialPort } from 'serialport';
import type { SerialLine } from '../../core/serial-config.ts';
import { describeProblem } from './port-problem.ts';

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5000;
/** Room for what arrives while nobody reads; beyond it the kernel's buffer fills, then the line's. */
const BUFFER_BYTES = 16 * 1024;

export interface PortLinkHandlers {
  opened(): void;
  /** `problem` is null when it was closed by `stop`. */
  closed(problem: string | null): void;
  /** It could not be opened. Tried again without end. */
  failing(problem: string): void;
  data(bytes: Buffer): void;
}

export interface PortLinkOptions {
  readonly path: string;
  readonly line: SerialLine;
  readonly handlers: PortLinkHandlers;
}

export class PortLink {
  readonly #options: PortLinkOptions;
  #port: SerialPort | null = null;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS_MIN;
  #isPaused = false;
  #isStopped = false;
  #attempt: Promise<void> = Promise.resolve();

  constructor(options: PortLinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#port?.isOpen === true;
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

  /** False when the port is not open. */
  write(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false;
    this.#port?.write(Buffer.from(bytes));
    return true;
  }

  /** Reads no more, at once; resolves when the port is closed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    this.#port?.pause();
    await this.#attempt;
    const port = this.#port;
    this.#port = null;
    if (port === null) return;
    port.removeAllListeners('data');
    if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
    this.#options.handlers.closed(null);
  }

  #open(): Promise<void> {
    const { path, line } = this.#options;
    return new Promise((resolve) => {
      let port: SerialPort;
      try {
        port = new SerialPort({ path, ...line, autoOpen: false, highWaterMark: BUFFER_BYTES });
      } catch (thrown) {
        this.#fail(thrown);
        resolve();
        return;
      }
      port.on('error', () => undefined);
      port.open((error) => {
        if (error) this.#fail(error);
        else this.#use(port);
        resolve();
      });
    });
  }

  #use(port: SerialPort): void {
    this.#port = port;
    port.once('close', (error: Error | null) => this.#lose(port, error));
    if (this.#isStopped) return;
    const { handlers } = this.#options;
    handlers.opened();
    port.on('data', (bytes: Buffer) => {
      // Whatever arrives proves the port; one that opens and fails at once is not tried without pause.
      this.#retryMs = RETRY_MS_MIN;
      if (!this.#isStopped) handlers.data(bytes);
    });
    if (this.#isPaused) port.pause();
  }

  #lose(port: SerialPort, error: Error | null): void {
    if (this.#port !== port || this.#isStopped) return;
    this.#port = null;
    port.removeAllListeners('data');
    this.#options.handlers.closed(describeProblem(error ?? 'disconnected'));
    this.#retry();
  }

  #fail(thrown: unknown): void {
    if (this.#isStopped) return;
    this.#options.handlers.failing(describeProblem(thrown));
    this.#retry();
  }

  #retry(): void {
    this.#retryTimer = setTimeout(() => {
      this.#attempt = this.#open();
    }, this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }
}
