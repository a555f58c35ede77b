// Whose turn it is: so many at a time, so many who wait in the order in which they came, and no more.

export interface TurnsOptions {
  readonly concurrentMax: number;
  readonly waitingMax: number;
  /** What one more is told. */
  readonly busy: (running: number, waiting: number) => Error;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whoever it resolves for calls `pass` once, when done. Throws what `busy` gives, and the signal's reason. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { concurrentMax, waitingMax, busy } = this.#options;
    if (this.#running < concurrentMax) {
      this.#running += 1;
      return;
    }
    if (this.waiting >= waitingMax) throw busy(this.#running, this.waiting);
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** To the one who waits for longest, so that nobody gets in between. */
  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
