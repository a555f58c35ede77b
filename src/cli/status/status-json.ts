// `status --json`: the same for programs. Offsets are strings, for they have 64 bits; counts are numbers.

import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { isoTime } from '../time-text.ts';

export function statusJson(status: GetStatusResponse): string {
  const { log } = status;
  return JSON.stringify({
    version: status.version,
    ready: status.ready,
    problem: status.ready ? null : status.problem,
    startedAt: isoTime(status.startedAtUs),
    streams: status.streams.map(({ stream, lowWatermark, highWatermark }) => ({
      stream,
      lowWatermark: String(lowWatermark),
      highWatermark: String(highWatermark),
    })),
    consumers: status.consumers.map(({ stream, consumer, nextOffset, lag, committedAtUs }) => ({
      stream,
      consumer,
      nextOffset: String(nextOffset),
      lag: Number(lag),
      committedAt: isoTime(committedAtUs),
    })),
    deadLetters: Number(status.deadLetters),
    devices: Number(status.devices),
    mqttConnections: status.mqttConnections,
    subscribers: status.subscribers,
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
  });
}
