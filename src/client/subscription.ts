// A subscription in the terms of a program: what is asked for, and the events that come.

import type { MillpondError } from '../core/errors.ts';
import type { SubscribeResponse } from '../generated/millpond/v1/telemetry_service.ts';
import type { Start, Wanted } from './follow.ts';
import { type Reading, readingOf } from './reading.ts';

export type From = 'earliest' | 'latest' | { readonly offset: number } | { readonly time: Date };

export interface SubscribeOptions {
  /** `readings` if absent. */
  readonly stream?: string;
  /** Goes on at this consumer's committed offset; `from` serves if it has none. */
  readonly consumer?: string;
  /** `earliest` if absent. A time means the first reading received then or later. */
  readonly from?: From;
  /** Globs (`*`, `?`), any of which a reading must match; `exactGlob` of a name is that name alone. All if absent or empty. */
  readonly devices?: readonly string[];
  readonly metrics?: readonly string[];
  /** End where the stream ends now; else follow. */
  readonly stopAtEnd?: boolean;
  /** Most readings in one event. */
  readonly maxBatch?: number;
  /** Ends the loop without an error. */
  readonly signal?: AbortSignal;
  /** Told when the gateway went away; it is tried again until it is back. */
  readonly onLost?: (error: MillpondError) => void;
  /** Told when it is back, before the next event. */
  readonly onResumed?: () => void;
}

/** `nextOffset` is what to commit once the event and all before it are dealt with. */
export type SubscriptionEvent =
  | {
      readonly kind: 'readings';
      readonly readings: readonly Reading[];
      readonly nextOffset: number;
      /** The next offset that the gateway will give out. */
      readonly highWatermark: number;
    }
  /** Offsets [firstOffset, nextOffset) are gone and will not come; `reason` is a stable code. */
  | {
      readonly kind: 'gap';
      readonly firstOffset: number;
      readonly nextOffset: number;
      readonly reason: string;
    }
  /** Nothing matched for a while; the gateway is well. */
  | { readonly kind: 'progress'; readonly nextOffset: number; readonly highWatermark: number };

export function wantedOf(options: SubscribeOptions): Wanted {
  return {
    stream: options.stream ?? 'readings',
    consumer: options.consumer ?? '',
    start: startOf(options.from ?? 'earliest'),
    devices: options.devices ?? [],
    metrics: options.metrics ?? [],
    stopAtEnd: options.stopAtEnd ?? false,
    maxBatch: options.maxBatch ?? 0,
  };
}

export function startOf(from: From): Start {
  if (from === 'earliest' || from === 'latest') return { kind: from };
  if ('offset' in from) return { kind: 'offset', offset: BigInt(from.offset) };
  return { kind: 'time', timeUs: BigInt(from.time.getTime()) * 1000n };
}

/** Null for an event of a later version of the gateway. */
export function eventOf({ event }: SubscribeResponse): SubscriptionEvent | null {
  switch (event?.$case) {
    case 'batch':
      return {
        kind: 'readings',
        readings: event.value.readings.map(readingOf),
        nextOffset: Number(event.value.nextOffset),
        highWatermark: Number(event.value.highWatermark),
      };
    case 'gap':
      return {
        kind: 'gap',
        firstOffset: Number(event.value.firstOffset),
        nextOffset: Number(event.value.nextOffset),
        reason: event.value.reason,
      };
    case 'progress':
      return {
        kind: 'progress',
        nextOffset: Number(event.value.nextOffset),
        highWatermark: Number(event.value.highWatermark),
      };
    default:
      return null;
  }
}
