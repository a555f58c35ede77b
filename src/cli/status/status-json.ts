// `status --json`: the same for programs. Offsets are strings, for they have 64 bits; counts are numbers.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import {
  type GetStatusResponse,
  OnFull,
  type StreamStatus,
} from '../../generated/millpond/v1/admin_service.ts';
import { consumerFields } from '../consumers/consumer-lines.ts';

export function statusJson(status: GetStatusResponse): string {
  const { log, flash, disk } = status;
  return asciiControls({
    version: status.version,
    ready: status.ready,
    problem: status.ready ? null : status.problem,
    startedAt: isoTime(status.startedAtUs),
    now: isoTime(status.nowUs),
    alerts: status.alerts.map(({ sinceUs, ...alert }) => ({
      ...alert,
      since: sinceUs === undefined ? null : isoTime(sinceUs),
    })),
    streams: status.streams.map(streamFields),
    consumers: status.consumers.map(consumerFields),
    deadLetters: Number(status.deadLetters),
    lost: Object.fromEntries(
      Object.entries(status.lost).map(([reason, count]) => [reason, Number(count)]),
    ),
    devices: Number(status.devices),
    staleDevices: Number(status.staleDevices),
    mqttConnections: status.mqttConnections,
    serialPorts: status.serialPorts.map(({ name, path, isOpen, problem }) => ({
      name,
      path,
      isOpen,
      problem: problem === '' ? null : problem,
    })),
    subscribers: status.subscribers,
    delivered: Number(status.delivered),
    producers: Number(status.producers),
    producersForgotten: Number(status.producersForgotten),
    log:
      log === undefined
        ? null
        : {
            databaseBytes: Number(log.databaseBytes),
            walBytes: Number(log.walBytes),
            queueBytes: Number(log.queueBytes),
            commits: Number(log.commits),
            commitMsP50: log.commitMsP50,
            commitMsP99: log.commitMsP99,
            series: Number(log.series),
          },
    disk:
      disk === undefined
        ? null
        : {
            freeBytes: Number(disk.freeBytes),
            sizeBytes: Number(disk.sizeBytes),
            state: disk.state,
            fullAt: disk.fullAtUs === undefined ? null : isoTime(disk.fullAtUs),
          },
    flash:
      flash === undefined
        ? null
        : {
            payloadBytes: Number(flash.payloadBytes),
            readings: Number(flash.readings),
            writtenBytes: flash.writtenBytes === undefined ? null : Number(flash.writtenBytes),
            writtenBytesPerReading: flash.writtenBytesPerReading ?? null,
            writtenBytesPerDay: flash.writtenBytesPerDay ?? null,
          },
    recovery: { findings: status.recovery?.findings ?? 0 },
  });
}

/** A limit that is not set is null. */
export function streamFields(stream: StreamStatus): object {
  const { retention } = stream;
  const limit = (value: bigint | undefined): number | null =>
    value === undefined || value === 0n ? null : Number(value);
  return {
    stream: stream.stream,
    lowWatermark: String(stream.lowWatermark),
    highWatermark: String(stream.highWatermark),
    sealedBytes: Number(stream.sealedBytes),
    hotBytes: Number(stream.hotBytes),
    segments: Number(stream.segments),
    retention: {
      ageSeconds: retention === undefined ? null : limit(retention.ageUs / 1_000_000n),
      bytes: limit(retention?.bytes),
      hardBytes: limit(retention?.hardBytes),
      protect: retention?.protect ?? [],
    },
    onFull: stream.onFull === OnFull.ON_FULL_REFUSE ? 'refuse' : 'drop-oldest',
    isFull: stream.isFull,
    readingsPerSecond: stream.readingsPerSecond,
    bytesPerSecond: stream.bytesPerSecond,
  };
}
