// Whether the log takes readings, and if not, why: one place that health checks, metrics and the
// diagnostic lines agree on.

import type { DiskState } from '../core/disk-state.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Logger } from './logger.ts';

/** Called with every change of whether it takes readings. */
export type ServingListener = (isServing: boolean) => void;

export class LogHealth {
  readonly #logger: Logger;
  readonly #listeners: ServingListener[] = [];
  #problem: string | null = 'The log is being opened.';
  #disk: DiskState = 'ok';

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Null when it takes readings. */
  get problem(): string | null {
    return this.#problem;
  }

  get disk(): DiskState {
    return this.#disk;
  }

  /** Calls at once with what is, then with every change. */
  onServing(listener: ServingListener): void {
    this.#listeners.push(listener);
    listener(this.#problem === null);
  }

  /** Attempts that fail in the same way again are not told again. */
  failing(problem: string, { code, disk }: { code: ErrorCode; disk: DiskState }): void {
    if (problem !== this.#problem) this.#logger.error({ code, disk }, problem);
    this.#set(problem, disk);
  }

  /** Says so only after a failure: an ordinary start has its own line. */
  working(): void {
    if (this.#disk !== 'ok') this.#logger.info('the log takes readings again');
    this.#set(null, 'ok');
  }

  #set(problem: string | null, disk: DiskState): void {
    const hasChanged = (problem === null) !== (this.#problem === null);
    this.#problem = problem;
    this.#disk = disk;
    if (!hasChanged) return;
    for (const listener of this.#listeners) listener(problem === null);
  }
}
