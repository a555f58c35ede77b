// Whether the system's clock can be trusted for dropping what is old. A clock that was set forward
// by ten years would make everything old at once; so after a jump, and after a start, what is old
// stays until the clock has gone on steadily for a while.

import type { Clock } from '../../core/clock.ts';

/** How far the clock may be from where it should be, between two looks. */
const JUMP_US = 10 * 60_000_000;
/** How long the clock must go on steadily before anything is dropped for its age. */
const STEADY_AFTER_MS = 24 * 3_600_000;

export class SteadyClock {
  readonly #clock: Clock;
  readonly #monotonicMs: () => number;
  readonly #steadyAfterMs: number;
  #lastUs: number;
  #lastMs: number;
  #steadySinceMs: number;

  /** `lastSeenUs` is the newest time that the log knows of; 0 if it is empty. */
  constructor(options: {
    readonly clock: Clock;
    readonly lastSeenUs: number;
    readonly monotonicMs?: () => number;
    readonly steadyAfterMs?: number;
  }) {
    this.#clock = options.clock;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#steadyAfterMs = options.steadyAfterMs ?? STEADY_AFTER_MS;
    this.#lastUs = options.clock();
    this.#lastMs = this.#monotonicMs();
    const isNear = Math.abs(this.#lastUs - options.lastSeenUs) < this.#steadyAfterMs * 1000;
    const isTrusted = options.lastSeenUs === 0 || isNear;
    this.#steadySinceMs = isTrusted ? Number.NEGATIVE_INFINITY : this.#lastMs;
  }

  /** Looks at the clock: to be called every minute or so. */
  isSteady(): boolean {
    const nowUs = this.#clock();
    const nowMs = this.#monotonicMs();
    const expectedUs = this.#lastUs + (nowMs - this.#lastMs) * 1000;
    if (Math.abs(nowUs - expectedUs) > JUMP_US) this.#steadySinceMs = nowMs;
    this.#lastUs = nowUs;
    this.#lastMs = nowMs;
    return nowMs - this.#steadySinceMs >= this.#steadyAfterMs;
  }
}
