// AdminService on grpc-js: what the gateway is and how it does.

import type { ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { LogStatus } from '../../core/contracts.ts';
import type {
  GetStatusRequest,
  GetStatusResponse,
} from '../../generated/millpond/v1/admin_service.ts';
import { toServiceError } from './status-error.ts';

/** The gateway's state, gathered from its parts by gateway.ts. */
export interface GatewayStatus {
  readonly version: string;
  readonly startedAtUs: number;
  readonly log: LogStatus;
  readonly queueBytes: number;
  readonly mqttConnections: number;
  readonly subscribers: number;
}

export function adminHandlers(
  gatewayStatus: () => Promise<GatewayStatus>,
): UntypedServiceImplementation {
  return {
    getStatus: (
      _call: ServerUnaryCall<GetStatusRequest, GetStatusResponse>,
      respond: sendUnaryData<GetStatusResponse>,
    ) => {
      gatewayStatus()
        .then(toStatusResponse)
        .then(
          (response) => respond(null, response),
          (error: unknown) => respond(toServiceError(error)),
        );
    },
  };
}

export function toStatusResponse(status: GatewayStatus): GetStatusResponse {
  const { log } = status;
  const highWatermarks = new Map(log.streams.map((s) => [s.stream, s.highWatermark]));
  return {
    version: status.version,
    startedAtUs: BigInt(status.startedAtUs),
    ready: log.problem === null,
    problem: log.problem ?? '',
    streams: log.streams.map((stream) => ({
      stream: stream.stream,
      lowWatermark: BigInt(stream.lowWatermark),
      highWatermark: BigInt(stream.highWatermark),
    })),
    consumers: log.consumers.map((consumer) => ({
      stream: consumer.stream,
      consumer: consumer.consumer,
      nextOffset: BigInt(consumer.nextOffset),
      lag: BigInt(
        (highWatermarks.get(consumer.stream) ?? consumer.nextOffset) - consumer.nextOffset,
      ),
      committedAtUs: BigInt(consumer.committedAtUs),
    })),
    deadLetters: BigInt(log.deadLetters),
    devices: BigInt(log.devices),
    mqttConnections: status.mqttConnections,
    subscribers: status.subscribers,
    log: {
      databaseBytes: BigInt(log.databaseBytes),
      walBytes: BigInt(log.walBytes),
      queueBytes: BigInt(status.queueBytes),
      commits: BigInt(log.commits),
      commitMsP50: log.commitMsP50,
      commitMsP99: log.commitMsP99,
      series: BigInt(log.series),
    },
  };
}
