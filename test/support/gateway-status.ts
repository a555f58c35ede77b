// A gateway that does well, to be changed by tests of what is made out of its state.

import type { LogStatus, StreamStatus } from '../../src/core/log-inspection.ts';
import type { ConsumerReport } from '../../src/observability/consumer-report.ts';
import type { GatewayStatus } from '../../src/observability/gateway-status.ts';

export const NOW_US = 1_700_000_000_000_000;

const stream: StreamStatus = {
  stream: 'readings',
  lowWatermark: 0,
  highWatermark: 1000,
  sealedBytes: 0,
  hotBytes: 0,
  rollupBytes: 0,
  segments: 0,
  retention: { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] },
  onFull: 'drop-oldest',
  isFull: false,
  readingsPerSecond: 1,
  bytesPerSecond: 30,
};

const log: LogStatus = {
  nowUs: NOW_US,
  problem: null,
  streams: [stream],
  consumers: [],
  deadLetters: 0,
  deadLetterBytes: 0,
  newDeadLetters: 0,
  series: 10,
  devices: 5,
  producers: { count: 0, forgotten: 0, duplicates: 0 },
  staleDevices: 0,
  databaseBytes: 0,
  walBytes: 0,
  tailBytes: 0,
  segmentBytes: 0,
  commits: 100,
  commitMsP50: 1,
  commitMsP99: 5,
  payloadBytes: 0,
  readingsDecoded: 1000,
  readings: 1000,
  lost: {},
  lostAtUs: {},
  disk: { freeBytes: 1e9, sizeBytes: 2e9, state: 'ok', fullAtUs: null },
  recoveryFindings: 0,
};

const well: GatewayStatus = {
  version: '0.0.0',
  startedAtUs: NOW_US - 1_000_000,
  log,
  consumers: [],
  groups: [],
  addresses: { mqtt: '', grpc: '', http: '' },
  queueBytes: 0,
  mqttConnections: 0,
  serialPorts: [],
  subscribers: 0,
  delivered: 0,
  written: { total: null, perDay: null },
};

type Changes = Partial<Omit<GatewayStatus, 'log'>> & {
  readonly log?: Partial<LogStatus>;
  readonly stream?: Partial<StreamStatus>;
};

export function gatewayStatus(changes: Changes = {}): GatewayStatus {
  const { log: logChanges, stream: streamChanges, ...others } = changes;
  const streams = [{ ...stream, ...streamChanges }];
  return { ...well, ...others, log: { ...log, streams, ...logChanges } };
}

export function consumerReport(changes: Partial<ConsumerReport> = {}): ConsumerReport {
  return {
    stream: 'readings',
    consumer: 'reader',
    isGroup: false,
    nextOffset: 1000,
    committedAtUs: NOW_US,
    oldestUnreadUs: null,
    readingsPerSecond: 0,
    losesDataAtUs: null,
    isProtected: false,
    lag: 0,
    subscriptions: 1,
    stall: null,
    ...changes,
  };
}
