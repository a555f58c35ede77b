// Dead letters that are too old go, and are recorded as a loss in the same commit. While the clock
// cannot be trusted nothing goes for its age, as with readings.

import type { Clock } from '../../core/clock.ts';
import type { DeadLetterStore } from '../dead-letter-store.ts';
import type { Loss } from '../loss-book.ts';
import type { SteadyClock } from './steady-clock.ts';

export interface DeadLetterAgeOptions {
  /** Received longer ago than that they go, milliseconds; 0 for never. */
  readonly ageMs: number;
  readonly clock: Clock;
  readonly steadyClock: Pick<SteadyClock, 'isSteady'>;
  readonly letters: Pick<DeadLetterStore, 'olderThan'>;
  readonly log: {
    /** Takes them into the next commit, and gives how many there were. */
    removeDeadLetters(ids: readonly number[]): number;
    recordLoss(loss: Pick<Loss, 'stream' | 'count' | 'reason' | 'detail'>): void;
    startCommit(): void;
  };
}

/** They go in steps of time, so that a commit takes many at once. */
const STEP_US_MAX = 3_600_000_000;
const STEPS_MIN = 24;

export class DeadLetterAge {
  readonly #options: DeadLetterAgeOptions;

  constructor(options: DeadLetterAgeOptions) {
    this.#options = options;
  }

  /** Puts what is too old into the next commit. */
  look(): void {
    const { ageMs, clock, steadyClock, letters, log } = this.#options;
    if (ageMs === 0 || !steadyClock.isSteady()) return;
    const ageUs = ageMs * 1000;
    const stepUs = Math.min(STEP_US_MAX, ageUs / STEPS_MIN);
    const limitUs = Math.floor((clock() - ageUs) / stepUs) * stepUs;
    const count = log.removeDeadLetters(letters.olderThan(limitUs));
    if (count === 0) return;
    const detail = 'they were received longer ago than log.deadLetterAge keeps them';
    log.recordLoss({ stream: '', count, reason: 'dead_letters_expired', detail });
    log.startCommit();
  }
}
