// Long work of the log thread in slices of time: commits go between them, and work that never ends is
// refused.

import { setImmediate } from 'node:timers/promises';
import { MillpondError } from '../core/errors.ts';

const SLICE_MS = 5;
/** Of one piece of work, what waits between its slices not counted. */
const WORK_MS_MAX = 1000;

export class Slices {
  readonly #nowMs: () => number;
  #beganMs: number;
  #workMs = 0;

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#beganMs = nowMs();
  }

  /** To be called between two steps, each of them short. Throws REQUEST_INVALID. */
  async step(): Promise<void> {
    const sliceMs = this.#nowMs() - this.#beganMs;
    if (sliceMs < SLICE_MS) return;
    this.#workMs += sliceMs;
    if (this.#workMs > WORK_MS_MAX) {
      const text = 'It takes too long: ask for fewer globs, or for simpler ones.';
      throw new MillpondError('REQUEST_INVALID', text);
    }
    await setImmediate();
    this.#beganMs = this.#nowMs();
  }
}
