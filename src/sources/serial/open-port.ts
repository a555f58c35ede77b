// One opening of a port. It is opened, set up and written through serialport's bindings and read here:
// theirs takes a hung-up line, which gives no bytes and no error, for one that is silent, and asks again
// without a pause.

import { read } from 'node:fs';
import { promisify } from 'node:util';
import { SerialPort } from 'serialport';
import type { SerialLine } from '../../core/serial-config.ts';

const readAsync = promisify(read);

/** Read at once; the kernel's own buffer has 4 KiB. */
const BUFFER_BYTES = 16 * 1024;

/** What the bindings of Linux and macOS have in common. */
interface UnixBinding {
  fd: number | null;
  readonly poller: {
    once(event: 'readable', listener: (error: Error | null) => void): unknown;
    stop(): void;
  };
  write(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface OpenPortHandlers {
  /** `bytes` are borrowed for the call. */
  data(bytes: Buffer): void;
  /** It was not closed by `close`; the port is gone. */
  lost(error: Error): void;
}

export class OpenPort {
  readonly #binding: UnixBinding;
  readonly #handlers: OpenPortHandlers;
  readonly #reading: Promise<void>;
  #isPaused = false;
  #unpause: () => void = () => undefined;
  #isClosing = false;

  private constructor(binding: UnixBinding, handlers: OpenPortHandlers, isPaused: boolean) {
    this.#binding = binding;
    this.#handlers = handlers;
    this.#isPaused = isPaused;
    this.#reading = this.#read();
  }

  /** Rejects with the system's words when it cannot be opened. `opened` comes before any byte. */
  static async open(
    path: string,
    line: SerialLine,
    handlers: OpenPortHandlers & { readonly isPaused: boolean },
  ): Promise<OpenPort> {
    const binding = await SerialPort.binding.open({ path, ...line });
    return new OpenPort(binding as unknown as UnixBinding, handlers, handlers.isPaused);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#unpause();
  }

  /** A write that fails shows in the reading as well. */
  write(bytes: Uint8Array): void {
    this.#binding.write(Buffer.from(bytes)).catch(() => undefined);
  }

  /** The reading ends first: a number that is closed may at once be another file's. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#unpause();
    this.#binding.poller.stop();
    await this.#reading;
    if (this.#binding.fd !== null) await this.#binding.close().catch(() => undefined);
  }

  async #read(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    // Whoever opens has its handlers in place before the first byte.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (!this.#isClosing) {
        if (this.#isPaused) await new Promise<void>((resolve) => (this.#unpause = resolve));
        else await this.#readOnce(buffer);
      }
    } catch (thrown) {
      if (!this.#isClosing) this.#handlers.lost(thrown as Error);
    }
  }

  async #readOnce(buffer: Buffer): Promise<void> {
    const { fd } = this.#binding;
    if (fd === null) throw new Error('disconnected');
    let bytesRead: number;
    try {
      ({ bytesRead } = await readAsync(fd, buffer, 0, buffer.length, null));
    } catch (thrown) {
      if (!isNothingYet(thrown)) throw thrown;
      if (!this.#isClosing) await this.#untilReadable();
      return;
    }
    // With at least one byte asked for, none means that the line has hung up.
    if (bytesRead === 0) throw new Error('disconnected');
    if (!this.#isClosing) this.#handlers.data(buffer.subarray(0, bytesRead));
  }

  #untilReadable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#binding.poller.once('readable', (error) => (error ? reject(error) : resolve()));
    });
  }
}

function isNothingYet(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}
