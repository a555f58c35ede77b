// Trying again to reach a gateway that went away: how long to wait, and how often.

import { setTimeout as wait } from 'node:timers/promises';
import { asMillpondError } from '../core/errors.ts';

const firstMs = 200;
const longestMs = 5000;

/**
 * Doubles from attempt to attempt (counted from 0) up to five seconds. `random` in [0, 1) takes up
 * to a third off, so that many who lost the same gateway do not come back all at once.
 */
export function backOffMs(attempt: number, random: number): number {
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(wait * (1 - random / 3));
}

/** With the waits between them some sixteen seconds: a gateway that restarts is back by then. */
const attemptsMax = 8;

/** Tries again what may succeed later without a change; throws the last failure. */
export async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      if (failures + 1 === attemptsMax || !asMillpondError(thrown).canRetry) throw thrown;
    }
    await wait(backOffMs(failures, Math.random()));
  }
}
