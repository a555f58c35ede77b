// The readings of a stream across restarts of the gateway: one subscription after the other, each
// going on at the offset where the last one broke off, so that nothing is shown twice or left out.

import { setTimeout as wait } from 'node:timers/promises';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import type { GetStatusResponse } from '../generated/millpond/v1/admin_service.ts';
import type { Format } from '../generated/millpond/v1/format.ts';
import type {
  SubscribeRequest,
  SubscribeResponse,
} from '../generated/millpond/v1/telemetry_service.ts';
import { backOffMs } from './back-off.ts';

/** Where to begin. */
export type Start =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** The first reading received then or later: microseconds since the Unix epoch. */
  | { readonly kind: 'time'; readonly timeUs: bigint };

/** One connection to the gateway. */
export interface FollowedConnection {
  status(signal: AbortSignal): Promise<GetStatusResponse>;
  subscribe(request: SubscribeRequest, signal: AbortSignal): AsyncIterable<SubscribeResponse>;
  close(): void;
}

export interface FollowParts {
  readonly connect: () => FollowedConnection;
  readonly signal: AbortSignal;
  /** Told once for each time the gateway goes away. */
  readonly lost: (error: MillpondError) => void;
  /** Told before the first event after that. */
  readonly resumed: () => void;
  readonly random: () => number;
}

export interface Wanted {
  readonly stream: string;
  /** Begins at its committed offset if it has one; empty for none. */
  readonly consumer: string;
  readonly start: Start;
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
  readonly stopAtEnd: boolean;
  /** Most readings in one batch; 0 for the gateway's default. */
  readonly maxBatch: number;
}

// As in the contract: EDGE_EARLIEST, EDGE_LATEST and FORMAT_ROWS.
const edges = { earliest: 1, latest: 2 } as const;
const rows: Format.FORMAT_ROWS = 1;

function requestOf(wanted: Wanted, start: Start): SubscribeRequest {
  const { stream, consumer, devices, metrics, stopAtEnd, maxBatch } = wanted;
  return {
    ...{ stream, consumer, stopAtEnd, maxBatch },
    devices: [...devices],
    metrics: [...metrics],
    format: rows,
    start: wireStart(start),
  };
}

/** As it stands in a request. */
export function wireStart(start: Start) {
  if (start.kind === 'offset') return { $case: 'offset', value: start.offset } as const;
  if (start.kind === 'time') return { $case: 'timeUs', value: start.timeUs } as const;
  return { $case: 'edge', value: edges[start.kind] } as const;
}

/** The event without what is before `next`; null if nothing is left of it. */
function from(next: bigint, event: SubscribeResponse): SubscribeResponse | null {
  const told = event.event;
  if (told === undefined) return event;
  if (told.$case === 'progress') return told.value.nextOffset < next ? null : event;
  if (told.value.nextOffset <= next) return null;
  if (told.$case !== 'batch') return event;
  const readings = told.value.readings.filter(({ offset }) => offset >= next);
  return { event: { $case: 'batch', value: { ...told.value, readings } } };
}

/** "Latest" as an offset, so that a connection lost before the first event loses no readings. */
function fixed(start: Start, { stream }: Wanted, status: GetStatusResponse): Start {
  if (start.kind !== 'latest') return start;
  const name = stream === '' ? 'readings' : stream;
  const offset = status.streams.find((one) => one.stream === name)?.highWatermark;
  return offset === undefined ? start : { kind: 'offset', offset };
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
  let start = wanted.start;
  let next: bigint | null = null;
  let state: 'new' | 'connected' | 'lost' = 'new';
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    if (attempt > 0) await pause(backOffMs(attempt - 1, parts.random()), signal);
    const connection = parts.connect();
    try {
      // Asked each time: a subscription alone would wait for ever for a host that is gone.
      const status = await connection.status(signal);
      start = next === null ? fixed(start, wanted, status) : { kind: 'offset', offset: next };
      if (state === 'new') state = 'connected';
      for await (const event of connection.subscribe(requestOf(wanted, start), signal)) {
        if (state === 'lost') parts.resumed();
        state = 'connected';
        attempt = 0;
        // A consumer begins at what it committed, which may be behind what came.
        const news: SubscribeResponse | null = next === null ? event : from(next, event);
        if (news === null) continue;
        next = news.event?.value.nextOffset ?? next;
        yield news;
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
