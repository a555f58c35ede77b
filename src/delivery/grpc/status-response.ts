// The gateway's state as AdminService tells it: plain values into the contract's messages.

import type { LossEntry, SegmentEntry, StreamStatus } from '../../core/log-inspection.ts';
import {
  type GetStatusResponse,
  type Loss,
  OnFull,
  type Segment,
  type StreamStatus as WireStream,
} from '../../generated/millpond/v1/admin_service.ts';
import { alertsOf } from '../../observability/alerts.ts';
import { type GatewayStatus, writtenBytesPerReading } from '../../observability/gateway-status.ts';
import { toConsumer } from './consumer-calls.ts';

/** Of a stored reading's columns in a table: offset 8, series 4, times 8 and 8, number 8, quality 1. */
const RAW_BYTES_PER_READING = 37;

export function toStatusResponse(status: GatewayStatus): GetStatusResponse {
  const { log } = status;
  return {
    version: status.version,
    startedAtUs: BigInt(status.startedAtUs),
    nowUs: BigInt(log.nowUs),
    ready: log.problem === null,
    problem: log.problem ?? '',
    streams: log.streams.map(toStream),
    consumers: status.consumers.map(toConsumer),
    deadLetters: BigInt(log.deadLetters),
    devices: BigInt(log.devices),
    staleDevices: BigInt(log.staleDevices),
    mqttConnections: status.mqttConnections,
    serialPorts: status.serialPorts.map((port) => ({ ...port, problem: port.problem ?? '' })),
    subscribers: status.subscribers,
    delivered: BigInt(status.delivered),
    log: {
      databaseBytes: BigInt(log.databaseBytes),
      walBytes: BigInt(log.walBytes),
      queueBytes: BigInt(status.queueBytes),
      commits: BigInt(log.commits),
      commitMsP50: log.commitMsP50,
      commitMsP99: log.commitMsP99,
      series: BigInt(log.series),
    },
    flash: toFlash(status),
    lost: Object.fromEntries(
      Object.entries(log.lost).map(([reason, count]) => [reason, BigInt(count)]),
    ),
    disk: {
      freeBytes: BigInt(log.disk.freeBytes),
      sizeBytes: BigInt(log.disk.sizeBytes),
      state: log.disk.state,
      fullAtUs: log.disk.fullAtUs === null ? undefined : BigInt(Math.round(log.disk.fullAtUs)),
    },
    recovery: { findings: log.recoveryFindings },
    producers: BigInt(log.producers.count),
    producersForgotten: BigInt(log.producers.forgotten),
    alerts: alertsOf(status).map(({ sinceUs, ...alert }) => ({
      ...alert,
      sinceUs: sinceUs === null ? undefined : BigInt(sinceUs),
    })),
  };
}

function toFlash(status: GatewayStatus): GetStatusResponse['flash'] {
  const { log, written } = status;
  return {
    payloadBytes: BigInt(log.payloadBytes),
    readings: BigInt(log.readings),
    writtenBytes: written.total === null ? undefined : BigInt(written.total),
    writtenBytesPerReading: writtenBytesPerReading(status) ?? undefined,
    writtenBytesPerDay: written.perDay ?? undefined,
  };
}

export function toStream(stream: StreamStatus): WireStream {
  const { ageMs, bytes, hardBytes, protect } = stream.retention;
  return {
    stream: stream.stream,
    lowWatermark: BigInt(stream.lowWatermark),
    highWatermark: BigInt(stream.highWatermark),
    sealedBytes: BigInt(stream.sealedBytes),
    hotBytes: BigInt(stream.hotBytes),
    segments: BigInt(stream.segments),
    retention: {
      ageUs: BigInt(ageMs) * 1000n,
      bytes: BigInt(bytes),
      hardBytes: BigInt(hardBytes),
      protect: [...protect],
    },
    onFull: stream.onFull === 'refuse' ? OnFull.ON_FULL_REFUSE : OnFull.ON_FULL_DROP_OLDEST,
    isFull: stream.isFull,
    readingsPerSecond: stream.readingsPerSecond,
    bytesPerSecond: stream.bytesPerSecond,
  };
}

export function toLoss({ range, ...loss }: LossEntry): Loss {
  return {
    stream: loss.stream,
    firstOffset: BigInt(range?.first ?? 0),
    nextOffset: BigInt(range?.next ?? 0),
    count: BigInt(loss.count),
    reason: loss.reason,
    detail: loss.detail,
    recordedAtUs: BigInt(loss.recordedAtUs),
  };
}

export function toSegment(segment: SegmentEntry): Segment {
  const readings = segment.nextOffset - segment.firstOffset;
  return {
    stream: segment.stream,
    firstOffset: BigInt(segment.firstOffset),
    nextOffset: BigInt(segment.nextOffset),
    bytes: BigInt(segment.bytes),
    readings: BigInt(readings),
    rawBytes: BigInt(readings * RAW_BYTES_PER_READING),
    firstReceivedAtUs: BigInt(segment.firstReceivedUs),
    lastReceivedAtUs: BigInt(segment.lastReceivedUs),
    sealedAtUs: BigInt(segment.sealedAtUs),
    path: segment.path,
  };
}
