// Composes the log thread: raw messages are decoded, appended, made durable; readers' fetches are
// read and encoded. Everything here runs on a worker thread, which alone owns DuckDB.

import { parentPort, workerData } from 'node:worker_threads';
import { type LogHandlers, type ServerPort, serveLog } from './bridge/log-server.ts';
import { MemberServer } from './bridge/member-server.ts';
import { type FromLog, type ToLog, toWire } from './bridge/messages.ts';
import type { Config } from './config/config.ts';
import { systemClock } from './core/clock.ts';
import type { Decoded } from './core/contracts.ts';
import { asMillpondError } from './core/errors.ts';
import type { RawMessage } from './core/raw-message.ts';
import { RebirthLimiter, rebirthPayload } from './decode/builtin/sparkplug-rebirth.ts';
import { LiveDecoder } from './decode/live-decoder.ts';
import { Fetcher, type RowSource } from './delivery/fetcher.ts';
import { ArrowEncoder } from './delivery/grpc/arrow/arrow-encoder.ts';
import { BatchEncoder } from './delivery/grpc/batch-encoder.ts';
import { DeliveryEncoder } from './delivery/grpc/delivery-encoder.ts';
import { LiveEncoder } from './delivery/http/live/live-encoder.ts';
import { SeriesFilters } from './delivery/series-filter.ts';
import { LogBackup } from './log/backup.ts';
import { ChartReader } from './log/charts/chart-reader.ts';
import { ConsumerMoves } from './log/consumer-moves.ts';
import { listDeadLetters, readDeadLetters } from './log/dead-letter-list.ts';
import { DeadLetterWorker } from './log/dead-letter-work.ts';
import { listDevices, readDevice } from './log/device-list.ts';
import { DiskReserve } from './log/disk-reserve.ts';
import { diskFaultOf, freeBytes } from './log/disk-space.ts';
import { GroupLetterWork } from './log/groups/group-letter-work.ts';
import { Groups } from './log/groups/groups.ts';
import { Lane } from './log/lane.ts';
import { Log } from './log/log.ts';
import type { LogOptions } from './log/log-options.ts';
import { LogReport } from './log/log-report.ts';
import { listLosses } from './log/loss-list.ts';
import { openLog } from './log/open-log.ts';
import { QuerySnapshots } from './log/query-snapshots.ts';
import { QuarantineLimit } from './log/recovery/quarantine-limit.ts';
import { Rollups } from './log/rollups/rollups.ts';
import { listSegments } from './log/segments/segment-page.ts';
import { resolveStart, startOffset } from './log/start-offset.ts';
import { storeMessage } from './log/store-message.ts';
import type { StreamState } from './log/stream-state.ts';
import { LogMetrics } from './observability/log-metrics.ts';

const MICROSECONDS_PER_MS = 1000;
const OPEN_RETRY_MS = { first: 100, max: 5_000 };

async function main(config: Config, port: ServerPort): Promise<void> {
  const metrics = new LogMetrics();
  const options = logOptions(config, metrics, port);
  // The profiles are read while another process looks through the database.
  const opening = openWhenPossible(options, port);
  opening.catch(() => undefined);
  const decoder = openDecoder(config, port);
  const log = await opening;
  if (log === null) return;
  const report = new LogReport({ log, metrics, options, recoveryFindings: log.recoveryFindings });
  const backup = new LogBackup({
    log,
    directory: config.dataDir,
    clock: systemClock,
    memoryBytesMax: options.database.memoryBytesMax,
  });
  const rollups = openRollups(log, options);
  const charts = new ChartReader({ log, rollups, directory: options.directory });
  // One at a time: each gives way to commits, and many together would not.
  const lists = new Lane();
  const letters = new DeadLetterWorker(log, decoder);
  const queries = new QuerySnapshots(log, rollups);
  const { keys } = log.series;
  const fetcher = new Fetcher(keys, {
    rows: new BatchEncoder(keys),
    arrow: new ArrowEncoder(keys),
    sse: new LiveEncoder(keys),
  });
  const groupFilters = new SeriesFilters(keys);
  const groups = new Groups({
    log,
    options: config.consume,
    encoder: new DeliveryEncoder(keys),
    wants: (settings) => groupFilters.get(settings),
    startOf: (stream, start) => startOffset(log, stream, start),
    clock: systemClock,
    nowMs: () => performance.now(),
  });
  const moves = new ConsumerMoves(log, groups);
  const groupLetters = new GroupLetterWork(log, groups);
  const members = new MemberServer({
    post: (message, transfer) => port.postMessage(message, transfer),
    act: (member, actions) => groups.act(member, actions),
  });

  const rebirths = new RebirthLimiter();
  function askForBirth(topic: string, source: string): void {
    if (!config.mqtt.sparkplugRebirth || source !== 'mqtt') return;
    const nowUs = systemClock();
    if (!rebirths.take(topic, nowUs)) return;
    metrics.askedForBirth();
    const payload = rebirthPayload(Math.floor(nowUs / MICROSECONDS_PER_MS));
    port.postMessage({ kind: 'command', topic, payload }, [payload.buffer]);
  }

  const store = {
    decoder,
    log,
    decoded(decoded: Decoded, { source }: RawMessage) {
      metrics.decoded(decoded);
      if (decoded.rebirthTopic !== undefined) askForBirth(decoded.rebirthTopic, source);
    },
  };
  const handlers: LogHandlers = {
    accept: (message) => {
      metrics.accepted(message.payload.length);
      log.producers.once(message.key, () => storeMessage(message, store));
    },
    settleAccepted: (settle) => log.settleAppended(settle),
    startCommit: () => log.startCommit(),
    act: (acts) => members.act(acts),
    call: {
      resolveStart: (request) => resolveStart(log, request),
      fetch: (request, signal) =>
        fetcher.fetch(request, rowsOf(log, log.stream(request.stream)), signal),
      commit: async ({ stream, consumer, nextOffset }) => ({
        nextOffset: await log.commitPosition(stream, consumer, nextOffset),
      }),
      reloadProfiles: async () => ({ profiles: await decoder.reload() }),
      seekConsumer: async (request) => {
        await moves.seek(request);
        return null;
      },
      resetConsumer: async (name) => {
        await moves.reset(name);
        return null;
      },
      deleteConsumer: async (name) => {
        await moves.delete(name);
        return null;
      },
      status: () => report.status(),
      metrics: async () => metrics.text(await report.status(), groups.list()),
      joinGroup: (request) =>
        groups.join(request, (member, events) => members.tell(member, events)),
      listGroups: async () => groups.list(),
      listGroupMembers: async ({ stream, group }) => groups.members(stream, group),
      listGroupDeadLetters: (work) => groupLetters.list(work),
      redeliverGroupDeadLetters: (work) => groupLetters.redeliver(work),
      purgeGroupDeadLetters: (work) => groupLetters.purge(work),
      listLosses: (request) => {
        if (request.stream !== null) log.stream(request.stream);
        return log.inspect((connection) => listLosses(connection, request));
      },
      listSegments: async (request) => listSegments(log.streams, request),
      listDevices: (request) => lists.whileIdle(() => listDevices(log, request, options.clock())),
      readDevice: async (name) => readDevice(log, name, options.clock()),
      listDeadLetters: (request) =>
        log.inspect((connection) => listDeadLetters(connection, request)),
      readDeadLetter: (id) =>
        log.inspect(async (connection) => {
          const filter = { profile: '', reason: '', topic: '', ids: [id] };
          const [letter] = await readDeadLetters(connection, filter, {
            from: id,
            limit: 1,
            bytesMax: Number.POSITIVE_INFINITY,
          });
          return letter ?? null;
        }),
      reprocessDeadLetters: (work) => letters.reprocess(work),
      purgeDeadLetters: (work) => letters.purge(work),
      beginBackup: () => backup.begin(),
      readBackup: ({ file, position, bytesMax }) => backup.read(file, position, bytesMax),
      endBackup: async () => {
        await backup.end();
        return null;
      },
      readSeries: (request, signal) => charts.read(request, signal),
      beginQuery: async ({ sql, readings }) => queries.begin(sql, readings),
      readQueryRows: (request) => queries.rows(request),
      endQuery: async ({ snapshot }) => {
        queries.end(snapshot);
        return null;
      },
      close: async () => {
        groups.close();
        await rollups.close();
        await log.close();
        return null;
      },
    },
  };
  serveLog(port, handlers);
  port.postMessage({ kind: 'ready' }, []);
}

/** Null when the gateway was stopped before the log was open. */
async function openWhenPossible(options: LogOptions, port: ServerPort): Promise<Log | null> {
  const stopping = new AbortController();
  let closeCall: number | null = null;
  const onMessage = (message: ToLog): void => {
    if (message.kind !== 'call' || message.name !== 'close') return;
    closeCall = message.id;
    stopping.abort();
  };
  port.on('message', onMessage);
  let log: Log | null;
  try {
    log = await openLog({
      open: () => Log.open(options),
      makeRoom: () => new DiskReserve(options.directory, 0).release() > 0,
      waiting: (error, disk) =>
        port.postMessage({ kind: 'waiting', error: toWire(error), disk }, []),
      signal: stopping.signal,
      retryMs: OPEN_RETRY_MS,
    });
  } catch (error) {
    port.off('message', onMessage);
    throw error;
  }
  if (closeCall === null) {
    port.off('message', onMessage);
    return log;
  }
  // With its listener the thread stays until it is ended.
  await log?.close();
  port.postMessage({ kind: 'answer', id: closeCall, value: null }, []);
  return null;
}

function openRollups(log: Log, options: LogOptions): Rollups {
  const { directory, diskFreeBytesMin, events } = options;
  return new Rollups({
    log,
    directory,
    diskFreeBytesMin,
    diskFreeBytes: () => freeBytes(directory).catch(() => null),
    failed: (error) => events.notice(asMillpondError(error, 'ROLLUP_FAILED')),
  });
}

// A profile with an error costs its own devices, which then become dead letters or plain readings;
// it does not keep the gateway from coming back after a power cut.
function openDecoder(config: Config, port: ServerPort): LiveDecoder {
  const decoder = new LiveDecoder({
    folders: config.profiles,
    ports: config.serial,
    maxClockSkewUs: config.maxClockSkewMs * MICROSECONDS_PER_MS,
  });
  for (const problem of decoder.problems) {
    const message = `The profile is left out: ${problem}`;
    port.postMessage({ kind: 'notice', error: { code: 'PROFILE_INVALID', message } }, []);
  }
  return decoder;
}

function logOptions(config: Config, metrics: LogMetrics, port: ServerPort): LogOptions {
  const { log } = config;
  return {
    directory: config.dataDir,
    database: {
      memoryBytesMax: log.duckdbMemoryBytesMax,
      checkpointBytes: log.checkpointBytes,
    },
    streams: config.streams,
    commitIntervalMs: log.commitIntervalMs,
    sealRows: log.sealRows,
    sealAgeMs: log.sealAgeMs,
    bytesMax: log.bytesMax,
    diskFreeBytesMin: log.diskFreeBytesMin,
    reserveBytes: log.reserveBytes,
    segmentCacheBytesMax: log.segmentCacheBytesMax,
    tailBytesMax: log.tailBytesMax,
    consumersMax: log.consumersMax,
    producersMax: log.producersMax,
    seriesMax: log.seriesMax,
    deadLettersMax: log.deadLettersMax,
    deadLetterBytesMax: log.deadLetterBytesMax,
    deadLetterAgeMs: log.deadLetterAgeMs,
    lossesMax: log.lossesMax,
    // Looks what is there, before the first try to open the log puts more there.
    quarantine: new QuarantineLimit(config.dataDir, log.quarantineBytesMax),
    clock: systemClock,
    events: {
      committed: (commit) => metrics.committed(commit),
      trimmedDeadLetters: (count) => metrics.trimmedDeadLetters(count),
      sealed: (sealed) => metrics.sealed(sealed),
      dropped: ({ segments, rows }) => metrics.expired(segments, rows),
      notice: ({ code, message }) =>
        port.postMessage({ kind: 'notice', error: { code, message } }, []),
      failing: (error) => {
        metrics.failing(error !== null);
        const disk = error === null ? 'ok' : diskFaultOf(error);
        port.postMessage({ kind: 'health', problem: error?.message ?? null, disk }, []);
      },
    },
  };
}

function rowsOf(log: Log, stream: StreamState): RowSource {
  return {
    get highWatermark() {
      return stream.highWatermark;
    },
    read: (from, rowsMax) => log.read(stream, from, rowsMax),
    waitBeyond: (offset, ms, signal) => log.waitBeyond(stream, offset, ms, signal),
  };
}

if (parentPort !== null) {
  const port = parentPort as unknown as ServerPort;
  const post = (message: FromLog): void => port.postMessage(message, []);
  try {
    await main(workerData as Config, port);
  } catch (thrown) {
    const error = asMillpondError(thrown);
    post({ kind: 'refused', error: { code: error.code, message: error.message } });
  }
}
