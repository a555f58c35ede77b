// How long to wait before the next attempt to reach a gateway that went away.

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
