// The port as the Modbus library sees it. It puts the answer's bytes together, takes off the echo that
// some RS-485 adapters give of what they send, and keeps the bytes, so that a wrong answer can be kept.

import { EventEmitter } from 'node:events';
import type { ModbusRequest } from '../../core/modbus-plan.ts';
import { answerBytes } from '../../core/modbus-plan.ts';

/** The longest frame on a serial line (MODBUS over serial line 1.02, 2.5.1), and as much for echo and noise. */
const BYTES_MAX = 512;
const EXCEPTION = 0x80;
const EXCEPTION_BYTES = 5;

export class ModbusWire extends EventEmitter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #isOpen: () => boolean;
  #request: ModbusRequest | null = null;
  #sent: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  constructor(link: { write: (bytes: Uint8Array) => void; isOpen: () => boolean }) {
    super();
    this.#write = link.write;
    this.#isOpen = link.isOpen;
  }

  // What the library calls.

  get isOpen(): boolean {
    return this.#isOpen();
  }

  open(opened: (error?: Error) => void): void {
    opened();
  }

  close(closed?: (error?: Error) => void): void {
    closed?.();
  }

  write(bytes: Buffer): void {
    this.#sent = bytes;
    this.#write(bytes);
  }

  // What the reader calls.

  /** Before each request. What was not asked for is no answer. */
  begin(request: ModbusRequest): void {
    this.#request = request;
    this.#received = Buffer.alloc(0);
  }

  /** After it; gives what came that was no whole answer. */
  end(): Buffer {
    this.#request = null;
    return this.#received;
  }

  /** False when nothing was asked for. */
  take(bytes: Buffer): boolean {
    const request = this.#request;
    if (request === null) return false;
    this.#received = Buffer.concat([this.#received, bytes]).subarray(0, BYTES_MAX);
    this.#dropEcho();
    const from = this.#answerStart(request);
    if (from < 0) return true;
    const isException = ((this.#received[from + 1] as number) & EXCEPTION) !== 0;
    const length = isException ? EXCEPTION_BYTES : answerBytes(request);
    if (this.#received.length < from + length) return true;
    this.#received = this.#received.subarray(from, from + length);
    this.#request = null;
    this.emit('data', this.#received);
    return true;
  }

  #dropEcho(): void {
    const { length } = this.#sent;
    if (this.#received.length < length || !this.#received.subarray(0, length).equals(this.#sent)) {
      return;
    }
    this.#received = this.#received.subarray(length);
  }

  /** Where slave and function stand; a line that turns round may give a byte or two in front of it. */
  #answerStart({ slave, functionCode }: ModbusRequest): number {
    const received = this.#received;
    for (let at = 0; at + 1 < received.length; at += 1) {
      const code = received[at + 1];
      const isAnswer = code === functionCode || code === (functionCode | EXCEPTION);
      if (received[at] === slave && isAnswer && !this.#isEchoBegun(at)) return at;
    }
    return -1;
  }

  #isEchoBegun(at: number): boolean {
    const rest = this.#received.subarray(at);
    return rest.length < this.#sent.length && this.#sent.subarray(0, rest.length).equals(rest);
  }
}
