// AdminService's calls about consumers: what the log knows of them joined with what is connected.

import { MillpondError } from '../../core/errors.ts';
import type { ConsumerName, LogInspector, LogStatus } from '../../core/log-inspection.ts';
import { DEFAULT_STREAM } from '../../core/stream-config.ts';
import type {
  DeleteConsumerRequest,
  DeleteConsumerResponse,
  ListConsumersRequest,
  ListConsumersResponse,
  ResetConsumerRequest,
  ResetConsumerResponse,
  SeekConsumerRequest,
  SeekConsumerResponse,
  ConsumerStatus as WireConsumer,
} from '../../generated/millpond/v1/admin_service.ts';
import { type ConsumerReport, reportConsumers } from '../../observability/consumer-report.ts';
import type { ConsumerConnections } from './consumer-connections.ts';
import { fromPageToken, pageSizeOf, toPageToken } from './page-token.ts';
import { edgeOf, toOffset, toTimeUs } from './subscribe-request.ts';

export interface ConsumerParts {
  readonly log: LogInspector;
  readonly connections: ConsumerConnections;
}

export function toConsumer(consumer: ConsumerReport): WireConsumer {
  const { oldestUnreadUs, stall } = consumer;
  return {
    stream: consumer.stream,
    consumer: consumer.consumer,
    isGroup: consumer.isGroup,
    nextOffset: BigInt(consumer.nextOffset),
    lag: BigInt(consumer.lag),
    committedAtUs: BigInt(consumer.committedAtUs),
    losesDataAtUs: BigInt(consumer.losesDataAtUs ?? 0),
    isProtected: consumer.isProtected,
    oldestUnreadAtUs: oldestUnreadUs === null ? undefined : BigInt(oldestUnreadUs),
    readingsPerSecond: consumer.readingsPerSecond,
    subscriptions: consumer.subscriptions,
    stall: stall === null ? undefined : { reason: stall.reason, sinceUs: BigInt(stall.sinceUs) },
  };
}

export async function listConsumers(
  { log, connections }: ConsumerParts,
  { stream, pageSize, pageToken }: ListConsumersRequest,
): Promise<ListConsumersResponse> {
  const after = fromPageToken(pageToken, { stream: 'string', consumer: 'string' });
  const limit = pageSizeOf(pageSize);
  const order = (a: ConsumerName, b: ConsumerName): number =>
    compare(a.stream, b.stream) || compare(a.consumer, b.consumer);
  const status = await log.status();
  if (stream !== '' && !status.streams.some((each) => each.stream === stream)) {
    throw new MillpondError('STREAM_UNKNOWN', `There is no stream ${JSON.stringify(stream)}.`);
  }
  const all = reportConsumers(status, connections)
    .filter((each) => stream === '' || each.stream === stream)
    .filter((each) => after === null || order(each, after) > 0)
    .sort(order);
  const consumers = all.slice(0, limit).map(toConsumer);
  const last = all.length > limit ? consumers.at(-1) : undefined;
  const nextPageToken = toPageToken(last === undefined ? null : [last.stream, last.consumer]);
  return { consumers, nextPageToken, nowUs: BigInt(status.nowUs) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export async function seekConsumer(
  parts: ConsumerParts,
  { stream, consumer, target }: SeekConsumerRequest,
): Promise<SeekConsumerResponse> {
  await parts.log.seekConsumer({ stream, consumer, start: startOf(target) });
  return moved(parts, { stream, consumer });
}

function startOf(target: SeekConsumerRequest['target']) {
  switch (target?.$case) {
    case 'offset':
      return { kind: 'offset', offset: toOffset(target.value, 'OFFSET_BEYOND_END') } as const;
    case 'timeUs':
      return { kind: 'time', timeUs: toTimeUs(target.value) } as const;
    case 'edge':
      return edgeOf(target.value);
    case undefined:
      throw new MillpondError('REQUEST_INVALID', 'target: an offset, a time or an edge is needed.');
  }
}

export async function resetConsumer(
  parts: ConsumerParts,
  name: ResetConsumerRequest,
): Promise<ResetConsumerResponse> {
  await parts.log.resetConsumer(name);
  return moved(parts, name);
}

async function moved(parts: ConsumerParts, name: ConsumerName): Promise<SeekConsumerResponse> {
  const status = await parts.log.status();
  const stream = status.streams.find((each) => each.stream === streamOf(name));
  return {
    consumer: find(parts, status, name),
    lowWatermark: BigInt(stream?.lowWatermark ?? 0),
  };
}

export async function deleteConsumer(
  parts: ConsumerParts,
  name: DeleteConsumerRequest,
): Promise<DeleteConsumerResponse> {
  const status = await parts.log.status();
  await parts.log.deleteConsumer(name);
  return { consumer: find(parts, status, name) };
}

/** Undefined for one that somebody else has just made or deleted. */
function find(
  { connections }: ConsumerParts,
  status: LogStatus,
  name: ConsumerName,
): WireConsumer | undefined {
  const consumers = status.consumers.filter(
    ({ stream, consumer }) => stream === streamOf(name) && consumer === name.consumer,
  );
  return reportConsumers({ ...status, consumers }, connections).map(toConsumer)[0];
}

function streamOf({ stream }: ConsumerName): string {
  return stream === '' ? DEFAULT_STREAM : stream;
}
