// GET /status: the gateway in one answer, with the fields of `millpond status --json`.

import { hostname } from 'node:os';
import { z } from 'zod';
import { diskStates } from '../../../core/disk-state.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { alertsOf } from '../../../observability/alerts.ts';
import {
  type GatewayStatus,
  writtenBytesPerReading,
} from '../../../observability/gateway-status.ts';
import { alertAnswer, alertSchema } from './alert-answer.ts';
import { consumerAnswer, consumerSchema } from './consumer-answer.ts';
import { count, time, timeOrNull } from './fields.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { streamAnswer, streamSchema } from './stream-answer.ts';

export const statusSchema = z.strictObject({
  version: z.string(),
  ready: z.boolean().describe('Readings are taken and made durable.'),
  problem: z.string().nullable().describe('Why they are not.'),
  startedAt: time(),
  now: time().describe("The gateway's clock."),
  addresses: z
    .strictObject({ mqtt: z.string(), grpc: z.string(), http: z.string(), hostName: z.string() })
    .describe('Where it listens, and the name of the machine.'),
  alerts: z.array(alertSchema).describe('What to look at, the most urgent first.'),
  streams: z.array(streamSchema),
  consumers: z.array(consumerSchema),
  deadLetters: count(),
  lost: z.record(z.string(), count()).describe('Readings, messages or dead letters, by reason.'),
  devices: count(),
  staleDevices: count().describe('Silent for longer than they usually are.'),
  mqttConnections: count(),
  serialPorts: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string(),
      isOpen: z.boolean(),
      problem: z.string().nullable(),
    }),
  ),
  subscribers: count(),
  delivered: count().describe(
    'Readings that went out since the start, each once for everybody it went to.',
  ),
  producers: count(),
  producersForgotten: count(),
  log: z.strictObject({
    databaseBytes: count(),
    walBytes: count(),
    queueBytes: count().describe('Taken and not on disk yet.'),
    commits: count(),
    commitMsP50: z.number().describe('Of the last thousand commits.'),
    commitMsP99: z.number(),
    series: count(),
  }),
  disk: z.strictObject({
    freeBytes: count(),
    sizeBytes: count(),
    state: z.enum(diskStates),
    fullAt: time()
      .nullable()
      .describe('At the current rate, retention considered; null while that is not foreseeable.'),
  }),
  flash: z.strictObject({
    payloadBytes: count(),
    readings: count(),
    writtenBytes: count().nullable(),
    writtenBytesPerReading: z.number().nullable(),
    writtenBytesPerDay: z.number().nullable(),
  }),
  recovery: z.strictObject({ findings: count().describe('What the last start put right.') }),
});

export function addStatus(api: ApiRoutes, { gatewayStatus }: ApiParts): void {
  const schema = {
    summary: 'How the gateway does',
    tags: ['status'],
    response: { 200: statusSchema },
  };
  // However many ask, the log is asked once: who looks at what is wrong waits for nobody.
  api.get('/status', { schema, config: { hasOwnBound: true } }, async () =>
    statusAnswer(await gatewayStatus()),
  );
}

function statusAnswer(status: GatewayStatus): z.infer<typeof statusSchema> {
  const { log, written } = status;
  return {
    version: status.version,
    ready: log.problem === null,
    problem: log.problem,
    startedAt: isoTime(status.startedAtUs),
    now: isoTime(log.nowUs),
    addresses: { ...status.addresses, hostName: hostname() },
    alerts: alertsOf(status).map(alertAnswer),
    streams: log.streams.map(streamAnswer),
    consumers: status.consumers.map(consumerAnswer),
    deadLetters: log.deadLetters,
    lost: log.lost,
    devices: log.devices,
    staleDevices: log.staleDevices,
    mqttConnections: status.mqttConnections,
    serialPorts: status.serialPorts.map((port) => ({
      name: port.name,
      path: port.path,
      isOpen: port.isOpen,
      problem: port.problem,
    })),
    subscribers: status.subscribers,
    delivered: status.delivered,
    producers: log.producers.count,
    producersForgotten: log.producers.forgotten,
    log: {
      databaseBytes: log.databaseBytes,
      walBytes: log.walBytes,
      queueBytes: status.queueBytes,
      commits: log.commits,
      commitMsP50: log.commitMsP50,
      commitMsP99: log.commitMsP99,
      series: log.series,
    },
    disk: {
      freeBytes: log.disk.freeBytes,
      sizeBytes: log.disk.sizeBytes,
      state: log.disk.state,
      fullAt: timeOrNull(log.disk.fullAtUs),
    },
    flash: {
      payloadBytes: log.payloadBytes,
      readings: log.readings,
      writtenBytes: written.total,
      writtenBytesPerReading: writtenBytesPerReading(status),
      writtenBytesPerDay: written.perDay,
    },
    recovery: { findings: log.recoveryFindings },
  };
}
