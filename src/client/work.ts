// Working in a consumer group: one session after the other, across restarts of the gateway.

import { setTimeout as wait } from 'node:timers/promises';
import { asMillpondError, type MillpondError } from '../core/errors.ts';
import type { ConsumeStart } from '../generated/millpond/v1/consume.ts';
import { backOffMs } from './back-off.ts';
import { Connection } from './connection.ts';
import { wireStart } from './follow.ts';
import { type From, startOf } from './subscription.ts';
import { type Handler, WorkSession } from './work-session.ts';

export interface WorkOptions {
  readonly group: string;
  /** `readings` if absent. */
  readonly stream?: string;
  /** What people call this member; need not be unique. */
  readonly name?: string;
  /** Where a group that does not exist yet begins: `earliest` if absent. */
  readonly from?: From;
  /** Globs, as a subscription has them; all if absent or empty. Alike for all members. */
  readonly devices?: readonly string[];
  readonly metrics?: readonly string[];
  /** Readings worked on at one time, each of another device; 1 if absent. */
  readonly concurrency?: number;
  /** Readings held beyond those worked on, so that no time is lost in asking; `concurrency` if absent. */
  readonly prefetch?: number;
  /**
   * How long the gateway waits for a sign of life before it gives the readings to others; the
   * gateway's default if absent. The client gives one by itself as long as the process runs.
   */
  readonly ackDeadlineMs?: number;
  /** After so many failures a reading becomes a dead letter of the group, 0 for never; the gateway's default if absent. */
  readonly deliveriesMax?: number;
  /** Ends the work once what runs is finished and acknowledged. */
  readonly signal?: AbortSignal;
  /** Told when the gateway went away; it is tried again until it is back. */
  readonly onLost?: (error: MillpondError) => void;
  readonly onResumed?: () => void;
}

/**
 * Resolves after the signal. Throws when the gateway cannot be reached at first, and later only what
 * trying again would not mend.
 */
export async function work(address: string, options: WorkOptions, handler: Handler): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const concurrency = options.concurrency ?? 1;
  const credits = concurrency + (options.prefetch ?? concurrency);
  let state = 'new' as 'new' | 'connected' | 'lost';
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    if (attempt > 0) {
      const ms = backOffMs(attempt - 1, Math.random());
      await wait(ms, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    const connection = new Connection(address);
    const session = new WorkSession({
      call: connection.telemetry.consume(),
      start: startMessage(options, credits),
      handler,
      concurrency,
      signal,
      joined: () => {
        if (state === 'lost') options.onResumed?.();
        state = 'connected';
        attempt = 0;
      },
    });
    try {
      await session.run();
      if (signal.aborted) return;
    } catch (thrown) {
      const error = connection.explain(thrown);
      if (signal.aborted && error.canRetry) return;
      if (state === 'new' || !error.canRetry) throw error;
      if (state === 'connected') options.onLost?.(asMillpondError(error));
      state = 'lost';
    } finally {
      connection.close();
    }
  }
}

function startMessage(options: WorkOptions, credits: number): ConsumeStart {
  return {
    stream: options.stream ?? '',
    group: options.group,
    member: options.name ?? '',
    start: wireStart(startOf(options.from ?? 'earliest')),
    devices: [...(options.devices ?? [])],
    metrics: [...(options.metrics ?? [])],
    ackDeadlineMs: options.ackDeadlineMs ?? 0,
    limit:
      options.deliveriesMax === undefined
        ? undefined
        : { $case: 'deliveriesMax', value: options.deliveriesMax },
    credits,
  };
}
