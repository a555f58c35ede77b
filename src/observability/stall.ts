// Why a consumer that has something to read does not get on: a stable word, and since when.

import type { ConsumerStatus } from '../core/log-inspection.ts';

export type StallReason =
  /** It has no subscription. */
  | 'not_connected'
  /** Its client takes nothing of what is written to it. */
  | 'window_full'
  /** It reads and does not commit. */
  | 'no_commit';

/** What is connected of a consumer. Times are microseconds since the Unix epoch. */
export interface ConsumerConnection {
  readonly subscriptions: number;
  /** The first of those that are open; null without one. */
  readonly connectedAtUs: number | null;
  /** Since when the client has taken nothing of what was written to it; null while it does. */
  readonly waitingSinceUs: number | null;
  /** When its last subscription ended, the start of the gateway if it had none; null while one is open. */
  readonly leftAtUs: number | null;
}

export interface Stall {
  readonly reason: StallReason;
  readonly sinceUs: number;
}

/** A client that reads as fast as it can lets every write wait for a moment. */
const WINDOW_FULL_US = 2_000_000;
/** Nobody commits each reading. */
const NO_COMMIT_US = 60_000_000;

/** Null where nothing holds it up, and for a group, whose members say what does. */
export function stallOf(
  consumer: Pick<ConsumerStatus, 'nextOffset' | 'committedAtUs' | 'isGroup'>,
  connection: ConsumerConnection,
  { highWatermark, nowUs }: { highWatermark: number; nowUs: number },
): Stall | null {
  const { nextOffset, committedAtUs, isGroup } = consumer;
  if (isGroup || nextOffset >= highWatermark) return null;
  const { leftAtUs, connectedAtUs, waitingSinceUs } = connection;
  if (leftAtUs !== null) return { reason: 'not_connected', sinceUs: leftAtUs };
  if (waitingSinceUs !== null && nowUs - waitingSinceUs >= WINDOW_FULL_US) {
    return { reason: 'window_full', sinceUs: waitingSinceUs };
  }
  const sinceUs = Math.max(committedAtUs, connectedAtUs ?? committedAtUs);
  return nowUs - sinceUs >= NO_COMMIT_US ? { reason: 'no_commit', sinceUs } : null;
}
