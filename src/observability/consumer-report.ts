// Consumers as everything that tells of them has them: what the log knows, joined with what is
// connected.

import type { ConsumerStatus, LogStatus } from '../core/log-inspection.ts';
import { type ConsumerConnection, type Stall, stallOf } from './stall.ts';

export interface ConsumerReport extends ConsumerStatus {
  /** Readings that it has not committed. */
  readonly lag: number;
  readonly subscriptions: number;
  /** Null where nothing holds it up. */
  readonly stall: Stall | null;
}

export interface ConnectionLookup {
  of(stream: string, consumer: string): ConsumerConnection;
}

/** In the order of the status. */
export function reportConsumers(
  { streams, consumers, nowUs }: Pick<LogStatus, 'streams' | 'consumers' | 'nowUs'>,
  connections: ConnectionLookup,
): ConsumerReport[] {
  const highWatermarks = new Map(streams.map((s) => [s.stream, s.highWatermark]));
  return consumers.map((consumer) => {
    const { stream, nextOffset } = consumer;
    const highWatermark = highWatermarks.get(stream) ?? nextOffset;
    const connection = connections.of(stream, consumer.consumer);
    return {
      ...consumer,
      lag: highWatermark - nextOffset,
      subscriptions: connection.subscriptions,
      stall: stallOf(consumer, connection, { highWatermark, nowUs }),
    };
  });
}
