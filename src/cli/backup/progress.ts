// How far a backup is, on standard error: one line that changes on a terminal, elsewhere a line now
// and then.

import type { Writable } from 'node:stream';
import { bytesText, countText } from '../amount-text.ts';

const TERMINAL_INTERVAL_MS = 200;
const LINE_INTERVAL_MS = 5000;

export class BackupProgress {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  readonly #nowMs: () => number;
  #total = 0;
  #received = 0;
  #shownMs = 0;
  #isLineOpen = false;

  constructor(
    stream: Writable & { readonly isTTY?: boolean },
    nowMs: () => number = () => performance.now(),
  ) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  begin({ files, bytes }: { files: number; bytes: number }): void {
    this.#total = bytes;
    this.#shownMs = this.#nowMs();
    this.#stream.write(`copying ${countText(files)} files, ${bytesText(bytes)}\n`);
  }

  received(bytes: number): void {
    this.#received += bytes;
    const isTerminal = this.#stream.isTTY === true;
    const nowMs = this.#nowMs();
    const intervalMs = isTerminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS;
    if (nowMs - this.#shownMs < intervalMs) return;
    this.#shownMs = nowMs;
    const percent = Math.floor((100 * this.#received) / this.#total);
    const text = `${percent} %, ${bytesText(this.#received)} of ${bytesText(this.#total)}`;
    this.#stream.write(isTerminal ? `\r${text.padEnd(40)}` : `${text}\n`);
    this.#isLineOpen = isTerminal;
  }

  /** What is written next begins a line. */
  end(): void {
    if (this.#isLineOpen) this.#stream.write('\r'.padEnd(41).concat('\r'));
    this.#isLineOpen = false;
  }
}
