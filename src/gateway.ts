// Composes the I/O thread: the log's client, the ways in, the ways out; starts them in the order
// of the flow and stops them in the same order, so that what was taken is settled before the log
// closes.
//
//   MQTT ─► mqtt ───┬─► log client ═══ log thread ═══► gRPC Subscribe, HTTP
//   ports ─► serial ┤
//   gRPC Publish ───┘

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { InspectionClient } from './bridge/inspection-client.ts';
import { queryLog } from './bridge/query-log.ts';
import { seriesClient } from './bridge/series-client.ts';
import { startLogThread } from './bridge/start-log-thread.ts';
import type { Config } from './config/config.ts';
import { steadyClock, systemClock } from './core/clock.ts';
import { asMillpondError } from './core/errors.ts';
import { LIVE_FETCH_BYTES_MAX, liveEvents } from './delivery/http/live/live-text.ts';
import { ReadAheadBudget } from './delivery/read-ahead-budget.ts';
import { TailFeeds } from './delivery/tail-feeds.ts';
import { reportConsumers } from './observability/consumer-report.ts';
import { WrittenBytes } from './observability/disk-io.ts';
import type { GatewayAddresses, GatewayStatus } from './observability/gateway-status.ts';
import type { IoMetrics, IoReadings } from './observability/io-metrics.ts';
import { LogHealth } from './observability/log-health.ts';
import type { Logger } from './observability/logger.ts';
import { rateLimited } from './observability/rate-limited.ts';
import { StatusHistory } from './observability/status-history.ts';
import { QueryPool } from './query/query-pool.ts';
import type { MqttEvents } from './sources/mqtt/mqtt-events.ts';

export interface Gateway {
  /**
   * Resolves once readings are taken, which may wait for the disk; with null after a `stop` before
   * that. Rejects as `startGateway`.
   */
  readonly ready: Promise<GatewayAddresses | null>;
  /** Resolves after `stop`; rejects when the gateway cannot go on. */
  readonly stopped: Promise<void>;
  /** The number of profiles now in use. Throws PROFILE_INVALID, and those before go on. Both are logged. */
  reloadProfiles(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * By how much a heap may grow over what lives in it before it is collected, percent. V8's own choice
 * for a heap of 25 MB lets garbage pile up to several times that; memory must stay flat here. Buffers
 * outside of the heap count: at 30 percent a replay collected the whole heap every 14 MB of them.
 */
const HEAP_GROWING_PERCENT = 100;

/**
 * How long a stop waits for what was accepted to be stored, which a failing disk may never do. With
 * the goodbyes of the ways out it stays below the time that supervisors give.
 */
const SOURCE_STOP_MS = 2000;
const NOT_STORED =
  'some messages were not stored: MQTT devices, which got no acknowledgement, send them again';

/** Loaded while the log thread opens the log, which takes about as long: a third of the whole start. */
async function loadParts() {
  const [grpc, grpcEvents, http, io, serialWatch, mqtt, refusals, serial] = await Promise.all([
    import('./delivery/grpc/server.ts'),
    import('./delivery/grpc/stream-events.ts'),
    import('./delivery/http/server.ts'),
    import('./observability/io-metrics.ts'),
    import('./observability/serial-watch.ts'),
    import('./sources/mqtt/mqtt-source.ts'),
    import('./sources/mqtt/mqtt-events.ts'),
    import('./sources/serial/serial-source.ts'),
  ]);
  return {
    ...grpc,
    ...grpcEvents,
    ...http,
    ...io,
    ...serialWatch,
    ...mqtt,
    ...refusals,
    ...serial,
  };
}

/**
 * Starts the ways out, and the ways in once the log is open. Throws what the parts throw at their
 * start; whatever had started is stopped again.
 */
export async function startGateway(config: Config, logger: Logger): Promise<Gateway> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const startedAtUs = systemClock();
  const version = packageVersion();
  const written = new WrittenBytes(steadyClock);
  const health = new LogHealth(logger);
  const commands = rateLimited(logger, WARNING_INTERVAL_MS);
  let isStopping = false;
  const starting = startLogThread({
    config,
    queueBytesMax: config.log.queueBytesMax,
    events: {
      waiting: ({ code, message }, disk) => health.failing(message, { code, disk }),
      health(problem, disk) {
        if (problem === null) health.working();
        else health.failing(problem, { code: 'LOG_WRITE_FAILED', disk });
      },
      notice: ({ code, message, remedy }) => logger.error({ code, remedy }, message),
      command(topic, payload) {
        commands.info({ topic }, 'a Sparkplug node is asked for its birth');
        mqtt.publish(topic, payload);
      },
      answered: (counts, ms, error) => metrics.processed(counts, ms, error?.code ?? null),
    },
  });
  starting.catch(() => undefined);
  const parts = await loadParts();
  const log = await starting;
  const { client } = log;
  const budget = new ReadAheadBudget(config.grpc.readAheadBytesMax);
  let delivered = 0;
  const reading = {
    log: client,
    delivered: (readings: number) => {
      delivered += readings;
    },
    budget,
    clock: systemClock,
    events: { rows: parts.grpcEvents, arrow: parts.grpcEvents, sse: liveEvents },
    progressIntervalMs: config.grpc.progressIntervalMs,
  };
  const { batchBytesMax } = config.grpc;
  const feeds = new TailFeeds({
    ...reading,
    fetchBytesMax: { rows: batchBytesMax, arrow: batchBytesMax, sse: LIVE_FETCH_BYTES_MAX },
  });
  const readings = (): IoReadings => ({
    accepted: client.accepted,
    disk: health.disk,
    queueBytes: client.queueBytes,
    queueBytesMax: config.log.queueBytesMax,
    subscribers: grpc.subscribers,
    connections: grpc.connections,
    publishers: grpc.publishers,
    members: grpc.members,
    tailFeeds: feeds.count,
    tailFollowers: feeds.followers,
    requests: http.requests,
    liveFollowers: http.followers.count,
    liveDropped: http.followers.dropped,
    queries: queries.running,
    queryProcesses: queries.processes,
    readAheadBytes: budget.heldBytes,
    delivered,
    writtenBytes: written.total ?? 0,
    mqtt: mqtt.status(),
  });
  const metrics = new parts.IoMetrics({ version, refusals: parts.mqttRefusals, read: readings });
  const mqttNotes = mqttEvents(metrics, logger);
  const mqtt = parts.createMqttSource({
    intake: client,
    config: config.mqtt,
    clock: systemClock,
    events: mqttNotes,
    stopTimeoutMs: SOURCE_STOP_MS,
  });
  const watch = new parts.SerialWatch(logger, () => serial.status());
  const serial = parts.createSerialSource({
    intake: client,
    ports: config.serial,
    clock: systemClock,
    events: watch,
    stopTimeoutMs: SOURCE_STOP_MS,
  });
  const queries = new QueryPool({
    ...config.query,
    directory: config.dataDir,
    log: queryLog(client),
    ended: (outcome, seconds) => metrics.queried(outcome, seconds),
  });
  async function reloadProfiles(): Promise<number> {
    try {
      const profiles = await client.reloadProfiles();
      logger.info({ profiles }, 'profiles reloaded');
      return profiles;
    } catch (thrown) {
      const { code, message, remedy } = asMillpondError(thrown);
      logger.error({ code, remedy }, message);
      throw thrown;
    }
  }

  let addresses: GatewayAddresses = { mqtt: '', grpc: '', http: '' };
  async function gatewayStatus(): Promise<GatewayStatus> {
    const [status, groups] = await Promise.all([client.status(), client.groups.listGroups()]);
    return {
      version,
      startedAtUs,
      written: { total: written.total, perDay: written.perDay },
      log: status,
      consumers: reportConsumers(status, grpc.connections),
      groups,
      addresses,
      queueBytes: client.queueBytes,
      mqttConnections: mqtt.status().connections,
      serialPorts: serial.status(),
      subscribers: grpc.subscribers,
      delivered,
    };
  }

  const history = new StatusHistory(gatewayStatus);
  const inspector = new InspectionClient(client);
  const grpc = new parts.GrpcServer({
    ...config.grpc,
    telemetry: {
      ...reading,
      feeds,
      intake: client,
      publishersMax: config.grpc.publishersMax,
      runner: queries,
      subscribersMax: config.grpc.subscribersMax,
      batches: {
        rows: {
          readingsMax: config.grpc.batchReadingsMax,
          bytesMax: config.grpc.batchBytesMax,
        },
        arrow: {
          readingsMax: config.grpc.arrowBatchReadingsMax,
          bytesMax: config.grpc.arrowBatchBytesMax,
        },
      },
      groups: client.groups,
      groupDefaults: config.consume,
      membersMax: config.consume.membersMax,
      unansweredMax: 2 * config.consume.creditsMax,
    },
    inspector,
    consumersMax: config.log.consumersMax,
    groups: client.groups,
    reloadProfiles,
    gatewayStatus,
  });
  health.onServing((isServing) => grpc.setServing(isServing));
  const http = new parts.HttpServer({
    ...config.http,
    pagesFolder: fileURLToPath(new URL('./web', import.meta.url)),
    probes: {
      metrics: async () =>
        [
          await metrics.text(),
          await watch.text(),
          await client.metrics().catch(missingMetrics),
        ].join('\n'),
      metricsContentType: metrics.contentType,
      problem: () => health.problem,
      isAlive: () => !isStopping,
    },
    api: {
      version,
      gatewayStatus,
      history,
      log: inspector,
      groups: client.groups,
      series: seriesClient(client),
      readings: queries,
      clock: systemClock,
    },
    live: { ...reading, feeds },
    answered: (exchange) => metrics.answered(exchange),
    mqtt: {
      handle: (stream, address) => mqtt.handle(stream, address),
      refusal: () => client.unopened,
      refused: (reason, address, detail) =>
        mqttNotes.refused(reason, { clientId: '', address, version: 0 }, detail),
      frameBytesMax: config.mqtt.packetBytesMax,
    },
  });

  let stopping: Promise<void> | null = null;
  function stop(): Promise<void> {
    stopping ??= (async () => {
      isStopping = true;
      const notStoredBefore = client.notStored;
      await Promise.all([mqtt.stop(), serial.stop()]);
      history.stop();
      await grpc.stop();
      await queries.stop();
      await http.stop();
      await client.close();
      const messages = client.notStored - notStoredBefore;
      if (messages > 0) logger.warn({ code: 'LOG_WRITE_FAILED', messages }, NOT_STORED);
      await log.stop();
    })();
    return stopping;
  }

  const stopped = log.ended.then(async (error) => {
    if (error === null) return;
    isStopping = true;
    await Promise.allSettled([
      mqtt.stop(),
      serial.stop(),
      grpc.stop(),
      queries.stop(),
      http.stop(),
    ]);
    throw error;
  });
  // Awaited by whoever started the gateway; until then a failure must not count as unhandled.
  stopped.catch(() => undefined);

  async function openWaysIn(waysOut: { grpc: string; http: string }) {
    await log.opened;
    if (isStopping) return null;
    queries.removeLeftovers();
    // Before anything is taken: what then fails is told after it.
    health.working();
    addresses = { mqtt: await mqtt.start(), ...waysOut };
    await serial.start();
    if (isStopping) return null;
    history.start();
    logger.info({ ...addresses, dataDir: config.dataDir }, 'ready');
    return addresses;
  }

  try {
    // Ways out first: a consumer that waits must not miss the first reading's health or status.
    const waysOut = { grpc: await grpc.start(), http: await http.start() };
    if (!log.isOpen) logger.warn(waysOut, 'no readings are taken until the log is open');
    const ready = openWaysIn(waysOut).catch(async (error: unknown) => {
      if (isStopping) return null;
      await stop().catch(() => undefined);
      throw error;
    });
    ready.catch(() => undefined);
    return { ready, stopped, reloadProfiles, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A scrape shows what there is though the log thread does not answer; the reason is a comment. */
function missingMetrics(error: Error): string {
  return `# The metrics of the log are missing: ${error.message.replaceAll(/\s+/g, ' ')}\n`;
}

/** A device that misbehaves does so all day: its warnings are counted, not all written. */
const WARNING_INTERVAL_MS = 10_000;

function mqttEvents(metrics: IoMetrics, logger: Logger): MqttEvents {
  const limited = rateLimited(logger, WARNING_INTERVAL_MS);
  return {
    connected: (peer) => {
      metrics.connected();
      logger.debug(peer, 'MQTT client connected');
    },
    disconnected: (peer) => logger.debug(peer, 'MQTT client disconnected'),
    refused: (reason, peer, detail) => {
      metrics.refused(reason);
      limited.warn({ reason, ...peer, detail }, 'MQTT client refused');
    },
    failed: (error) => limited.error({ err: error }, 'MQTT broker fault'),
    messageReceived: (bytes) => metrics.received(bytes),
    messageDelivered: () => metrics.delivered(),
  };
}

/** The version in package.json, the one place where it stands. */
function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
