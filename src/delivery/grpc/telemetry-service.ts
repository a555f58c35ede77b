// TelemetryService on grpc-js: each call checked, handed to the log, its errors made statuses.

import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Clock } from '../../core/clock.ts';
import type { GrpcFormat, Intake, LogReader } from '../../core/contracts.ts';
import { MillpondError } from '../../core/errors.ts';
import type { GroupGate } from '../../core/group.ts';
import type { QueryRunner } from '../../core/query.ts';
import type { ConsumeRequest } from '../../generated/millpond/v1/consume.ts';
import type { QueryRequest } from '../../generated/millpond/v1/query.ts';
import {
  type CommitRequest,
  type CommitResponse,
  type PublishRequest,
  type PublishResponse,
  type SubscribeRequest,
  TelemetryServiceService,
} from '../../generated/millpond/v1/telemetry_service.ts';
import type { CallSet } from '../call-set.ts';
import type { ReadAheadBudget } from '../read-ahead-budget.ts';
import type { EventWriters } from '../stream-events.ts';
import { type MessageSink, Subscription } from '../subscription.ts';
import type { TailFeeds } from '../tail-feeds.ts';
import { abortedWhenGone } from './client-gone.ts';
import { ConsumeCall } from './consume-call.ts';
import type { GroupDefaults } from './consume-request.ts';
import type { ConsumerConnections } from './consumer-connections.ts';
import { ProducerCalls } from './producer-calls.ts';
import { PublishCall } from './publish-call.ts';
import { answerQuery } from './query-call.ts';
import { toServiceError } from './status-error.ts';
import { type BatchLimits, checkSubscribe, toOffset } from './subscribe-request.ts';

export interface TelemetryParts {
  readonly log: LogReader & {
    /** Why the log is not open; null when it is. */
    readonly unopened: MillpondError | null;
  };
  readonly intake: Intake;
  readonly budget: ReadAheadBudget;
  readonly feeds: TailFeeds;
  readonly events: EventWriters;
  readonly clock: Clock;
  /** So many readings went out to somebody. */
  readonly delivered: (readings: number) => void;
  readonly subscribersMax: number;
  readonly batches: Readonly<Record<GrpcFormat, BatchLimits>>;
  readonly progressIntervalMs: number;
  readonly publishersMax: number;
  readonly groups: GroupGate;
  readonly groupDefaults: GroupDefaults;
  readonly membersMax: number;
  /** Readings that one member may have asked about without an answer. */
  readonly unansweredMax: number;
  readonly subscribers: CallSet;
  readonly connections: ConsumerConnections;
  readonly publishers: CallSet;
  readonly members: CallSet;
  readonly runner: QueryRunner;
  readonly queries: CallSet;
}

const encoded = {
  // grpc-js copies with a method that only Buffers have.
  responseSerialize: ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
  responseDeserialize: (bytes: Buffer) => bytes,
};

/** Messages of these come encoded from elsewhere, and are passed through as they are. */
export const telemetryDefinition: ServiceDefinition<UntypedServiceImplementation> = {
  ...TelemetryServiceService,
  subscribe: { ...TelemetryServiceService.subscribe, ...encoded },
  query: { ...TelemetryServiceService.query, ...encoded },
  consume: { ...TelemetryServiceService.consume, ...encoded },
};

export function telemetryHandlers(parts: TelemetryParts): UntypedServiceImplementation {
  const producers = new ProducerCalls();
  return {
    subscribe: (call: ServerWritableStream<SubscribeRequest, Uint8Array>) => {
      void subscribe(parts, call);
    },
    commit: (
      call: ServerUnaryCall<CommitRequest, CommitResponse>,
      respond: sendUnaryData<CommitResponse>,
    ) => {
      commit(parts.log, call.request).then(
        (response) => respond(null, response),
        (error: unknown) => respond(toServiceError(error)),
      );
    },
    query: (call: ServerWritableStream<QueryRequest, Uint8Array>) => {
      const { runner, queries } = parts;
      void answerQuery(call, {
        run: (ask, signal) => runner.run(ask, sinkOf(call, signal), signal),
        queries,
      });
    },
    consume: (call: ServerDuplexStream<ConsumeRequest, Uint8Array>) => {
      void consume(parts, call);
    },
    publish: (
      call: ServerReadableStream<PublishRequest, PublishResponse>,
      respond: sendUnaryData<PublishResponse>,
    ) => {
      publish(parts, producers, call).then(
        (accepted) => respond(null, { accepted: BigInt(accepted) }),
        (error: unknown) => respond(toServiceError(error)),
      );
    },
  };
}

async function publish(
  { log, intake, clock, publishers, publishersMax }: TelemetryParts,
  producers: ProducerCalls,
  call: ServerReadableStream<PublishRequest, PublishResponse>,
): Promise<number> {
  // The intake takes messages before there is a log to store them.
  if (log.unopened !== null) throw log.unopened;
  if (publishers.count >= publishersMax) {
    throw new MillpondError(
      'PUBLISHER_LIMIT',
      `${publishers.count} Publish calls are open, which is all that are allowed.`,
    );
  }
  const controller = new AbortController();
  const { signal } = controller;
  publishers.add(controller);
  try {
    return await new PublishCall(call, {
      intake,
      clock,
      producers,
      number: publishers.nextNumber(),
      signal,
    }).run();
  } finally {
    publishers.delete(controller);
  }
}

async function commit(log: LogReader, request: CommitRequest): Promise<CommitResponse> {
  const { stream, consumer } = request;
  const nextOffset = toOffset(request.nextOffset, 'COMMIT_BEYOND_END');
  const stored = await log.commit(stream, consumer, nextOffset);
  return { nextOffset: BigInt(stored) };
}

async function subscribe(
  parts: TelemetryParts,
  call: ServerWritableStream<SubscribeRequest, Uint8Array>,
): Promise<void> {
  const controller = abortedWhenGone(call);
  const { signal } = controller;
  const { subscribers } = parts;
  try {
    if (subscribers.count >= parts.subscribersMax) {
      throw new MillpondError(
        'SUBSCRIBER_LIMIT',
        `${subscribers.count} subscriptions are open, which is all that are allowed.`,
      );
    }
    subscribers.add(controller);
    const checked = checkSubscribe(call.request, parts.batches);
    const { from, highWatermark } = await parts.log.resolveStart(checked.start);
    const range = {
      stream: checked.start.stream,
      from,
      until: checked.stopAtEnd ? highWatermark : null,
      highWatermark,
      filter: checked.filter,
      format: checked.format,
      batchReadingsMax: checked.batchReadingsMax,
    };
    const { fetchBytesMax } = checked;
    await parts.connections.during(checked.start, sinkOf(call, signal), async (sink) => {
      const subscription = new Subscription({ ...parts, fetchBytesMax, signal, sink }, range);
      if (!checked.stopAtEnd || from < highWatermark) await subscription.run();
    });
    if (signal.reason instanceof MillpondError) throw signal.reason;
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit('error', toServiceError(error));
  } finally {
    subscribers.delete(controller);
  }
}

async function consume(
  parts: TelemetryParts,
  call: ServerDuplexStream<ConsumeRequest, Uint8Array>,
): Promise<void> {
  const { members, membersMax, groups, groupDefaults, unansweredMax } = parts;
  const stopping = new AbortController();
  // Beside the call's own way to end: writes that wait for a client which is gone end with it.
  const over = new AbortController();
  call.on('cancelled', () => over.abort());
  try {
    if (members.count >= membersMax) {
      throw new MillpondError(
        'MEMBER_LIMIT',
        `${members.count} members are connected, which is all that are allowed.`,
      );
    }
    members.add(stopping);
    await new ConsumeCall(call, {
      groups,
      defaults: groupDefaults,
      unansweredMax,
      delivered: parts.delivered,
      sink: sinkOf(call, over.signal),
      signal: stopping.signal,
    }).run();
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit('error', toServiceError(error));
  } finally {
    over.abort();
    members.delete(stopping);
  }
}

/** Resolves each write when HTTP/2 took it, which waits for the client's window; at once after an abort. */
export function sinkOf(
  call: { write(message: Uint8Array, done?: () => void): unknown },
  signal: AbortSignal,
): MessageSink {
  const waiting = new Set<() => void>();
  signal.addEventListener('abort', () => {
    for (const done of waiting) done();
  });
  return {
    write(messages) {
      if (signal.aborted || messages.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          resolve();
        };
        waiting.add(done);
        // They are taken in order: the last one is the last to go.
        for (const [index, message] of messages.entries()) {
          if (index < messages.length - 1) call.write(message);
          else call.write(message, done);
        }
      });
    },
  };
}
