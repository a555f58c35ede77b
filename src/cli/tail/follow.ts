// The readings of a stream across restarts of the gateway: one subscription after the other, each
// going on at the offset where the last one broke off, so that nothing is shown twice or left out.

import { setTimeout as wait } from 'node:timers/promises';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import type {
  SubscribeRequest,
  SubscribeResponse,
} from '../../generated/millpond/v1/telemetry_service.ts';
import { backOffMs } from './back-off.ts';
import type { Start } from './start.ts';

/** One connection to the gateway. */
export interface Connection {
  status(signal: AbortSignal): Promise<GetStatusResponse>;
  subscribe(request: SubscribeRequest, signal: AbortSignal): AsyncIterable<SubscribeResponse>;
  close(): void;
}

export interface FollowParts {
  readonly connect: () => Connection;
  readonly signal: AbortSignal;
  /** Told once for each time the gateway goes away. */
  readonly lost: (error: MillpondError) => void;
  /** Told before the first event after that. */
  readonly resumed: () => void;
  readonly random: () => number;
}

export interface Wanted {
  readonly stream: string;
  readonly start: Start;
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
  readonly stopAtEnd: boolean;
}

// As in the contract: EDGE_EARLIEST and EDGE_LATEST.
const edges = { earliest: 1, latest: 2 } as const;

function requestOf(wanted: Wanted, next: bigint | null): SubscribeRequest {
  const { stream, start, devices, metrics, stopAtEnd } = wanted;
  const options = { devices: [...devices], metrics: [...metrics], stopAtEnd };
  const common = { stream, consumer: '', maxBatch: 0, ...options };
  if (next !== null) return { ...common, start: { $case: 'offset', value: next } };
  if (start.kind === 'offset')
    return { ...common, start: { $case: 'offset', value: start.offset } };
  if (start.kind === 'time') return { ...common, start: { $case: 'timeUs', value: start.timeUs } };
  return { ...common, start: { $case: 'edge', value: edges[start.kind] } };
}

/** "Latest" as an offset, so that a connection lost before the first event loses no readings. */
function latestOffset(wanted: Wanted, status: GetStatusResponse): bigint | null {
  if (wanted.start.kind !== 'latest') return null;
  const name = wanted.stream === '' ? 'readings' : wanted.stream;
  return status.streams.find(({ stream }) => stream === name)?.highWatermark ?? null;
}

/**
 * Ends when the signal aborts, and with `stopAtEnd` at the end of what is stored. Throws when the
 * gateway cannot be reached at first, and later only what trying again would not mend.
 */
export async function* follow(
  parts: FollowParts,
  wanted: Wanted,
): AsyncGenerator<SubscribeResponse, void> {
  const { signal } = parts;
  let next: bigint | null = null;
  let state: 'new' | 'connected' | 'lost' = 'new';
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    if (attempt > 0) await pause(backOffMs(attempt - 1, parts.random()), signal);
    const connection = parts.connect();
    try {
      // Asked each time: a subscription alone would wait for ever for a host that is gone.
      const status = await connection.status(signal);
      next ??= latestOffset(wanted, status);
      if (state === 'new') state = 'connected';
      for await (const event of connection.subscribe(requestOf(wanted, next), signal)) {
        if (state === 'lost') parts.resumed();
        state = 'connected';
        attempt = 0;
        next = event.event?.value.nextOffset ?? next;
        yield event;
      }
      if (wanted.stopAtEnd) return;
      throw new MillpondError('GATEWAY_UNREACHABLE', 'it ended the subscription');
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asMillpondError(thrown);
      if (state === 'new' || !error.canRetry) throw error;
      if (state === 'connected') parts.lost(error);
      state = 'lost';
    } finally {
      connection.close();
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
