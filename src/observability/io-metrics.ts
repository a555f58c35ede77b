// What the I/O thread counts: connections, messages on the wire, subscribers, its queue. The log
// thread's metrics are joined to them at each scrape; the two sets have no name in common.

import { Gauge, Histogram, Registry } from 'prom-client';
import { type DiskState, diskStates } from '../core/disk-state.ts';
import type { ErrorCode } from '../core/errors.ts';
import { type QueryOutcome, queryOutcomes } from '../core/query.ts';
import type { WayCounts } from '../core/raw-message.ts';
import { Counts, registerTotal } from './counts.ts';
import { type HttpExchange, HttpMetrics } from './http-metrics.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { MessagingMetrics } from './messaging-metrics.ts';
import { type MetricNote, noteMetrics } from './metric-notes.ts';
import { registerProcess } from './process-metrics.ts';

/** Read off the parts at each scrape. */
export interface IoReadings {
  readonly accepted: WayCounts;
  readonly disk: DiskState;
  readonly queueBytes: number;
  readonly queueBytesMax: number;
  readonly subscribers: number;
  readonly connections: { readonly count: number; readonly waitingCount: number };
  readonly publishers: number;
  readonly members: number;
  readonly tailFeeds: number;
  readonly tailFollowers: number;
  /** Of the REST interface: worked on, and waiting for their turn. */
  readonly requests: { readonly running: number; readonly waiting: number };
  readonly liveFollowers: number;
  /** Cut off since the start. */
  readonly liveDropped: number;
  readonly queries: number;
  readonly queryProcesses: number;
  readonly readAheadBytes: number;
  /** Readings that went out since the start. */
  readonly delivered: number;
  /** To disks, by the whole process; 0 where the system does not tell. */
  readonly writtenBytes: number;
  readonly mqtt: {
    readonly connections: number;
    readonly sessions: number;
    readonly retained: number;
    readonly inflightBytes: number;
  };
}

export interface IoMetricsParts {
  readonly version: string;
  /** Every reason that `refused` is called with. */
  readonly refusals: readonly string[];
  readonly read: () => IoReadings;
}

export class IoMetrics {
  readonly #registry = new Registry();
  readonly #refusals: Counts;
  readonly #queries = new Counts(queryOutcomes);
  readonly #querySeconds: Histogram;
  readonly #messaging: MessagingMetrics;
  readonly #http: HttpMetrics;
  #received = 0;
  #receivedBytes = 0;
  #delivered = 0;
  #connects = 0;

  constructor({ version, refusals, read }: IoMetricsParts) {
    const registers = [this.#registry];
    registerProcess(this.#registry, version);
    this.#refusals = new Counts(refusals);
    this.#messaging = new MessagingMetrics(registers, () => read().accepted);
    this.#http = new HttpMetrics(registers);
    this.#querySeconds = new Histogram({
      name: 'millpond_query_duration_seconds',
      help: 'How long a query took, waiting for its turn and delivery included. Near query.timeLimit queries end unfinished.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    watchLoopDelay(registers, {
      name: 'millpond_io_thread_delay_seconds',
      help: 'How late the event loop of the I/O thread is. Above 0.1 at the 99th percentile: more clients than it has time for.',
    });
    this.#registerCounters(registers, read);
    this.#registerGauges(registers, read);
  }

  #registerCounters(registers: Registry[], read: () => IoReadings): void {
    const counter = (name: string, help: string, value: () => number): void =>
      registerTotal(registers, { name, help, read: value });
    this.#refusals.register(registers, {
      name: 'millpond_mqtt_refused_total',
      help: 'MQTT packets and connections turned away. The log names the client; docs/mqtt.md says what each reason means.',
      label: 'reason',
    });
    counter(
      'millpond_mqtt_messages_received_total',
      'PUBLISH packets received, before they are stored.',
      () => this.#received,
    );
    counter(
      'millpond_mqtt_received_bytes_total',
      'Topics and payloads of the PUBLISH packets received.',
      () => this.#receivedBytes,
    );
    counter(
      'millpond_mqtt_messages_delivered_total',
      "Messages handed to the broker's own MQTT subscribers.",
      () => this.#delivered,
    );
    counter(
      'millpond_disk_written_bytes_total',
      'Bytes that the gateway caused to be written to disks (/proc/self/io). Against the life of a card: log.commitInterval writes less often.',
      () => read().writtenBytes,
    );
    counter(
      'millpond_live_dropped_total',
      'Followers of /api/v1/live cut off because they did not take what they were sent. They come back by themselves; many: networks too slow for what they ask, so filter more.',
      () => read().liveDropped,
    );
    counter(
      'millpond_mqtt_connects_total',
      'MQTT connections accepted. Many a minute with few connections open: a device that is cut off again and again.',
      () => this.#connects,
    );
    counter(
      'millpond_delivered_readings_total',
      'Readings that went out: to subscribers, members of groups and browsers. Far more than millpond_readings_total times the consumers: somebody reads again and again.',
      () => read().delivered,
    );
    this.#queries.register(registers, {
      name: 'millpond_queries_total',
      help: 'Queries by how they ended. Other than ok and cancelled, docs/query.md says what the limits are.',
      label: 'outcome',
    });
  }

  #registerGauges(registers: Registry[], read: () => IoReadings): void {
    const gauge = (name: string, help: string, value: (readings: IoReadings) => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value(read()));
        },
      });
    };
    gauge(
      'millpond_mqtt_connections',
      'MQTT connections open. At mqtt.connectionsMax new ones are refused.',
      ({ mqtt }) => mqtt.connections,
    );
    gauge(
      'millpond_mqtt_sessions',
      'MQTT sessions kept for clients that are away. At mqtt.sessionsMax the longest away is forgotten.',
      ({ mqtt }) => mqtt.sessions,
    );
    gauge(
      'millpond_mqtt_retained_messages',
      'Retained messages kept. At mqtt.retainedMax new ones are refused.',
      ({ mqtt }) => mqtt.retained,
    );
    gauge(
      'millpond_mqtt_inflight_bytes',
      'Bytes published and not yet acknowledged. At mqtt.inflightBytesMax no socket is read until the log has caught up.',
      ({ mqtt }) => mqtt.inflightBytes,
    );
    gauge(
      'millpond_queue_bytes',
      'Bytes accepted and not yet durable. Near millpond_queue_limit_bytes the disk is slower than what comes in.',
      ({ queueBytes }) => queueBytes,
    );
    gauge(
      'millpond_queue_limit_bytes',
      'log.queueBytesMax: so much may wait for the disk.',
      ({ queueBytesMax }) => queueBytesMax,
    );
    new Gauge({
      name: 'millpond_log_disk_state',
      help: "1 for what the log's disk is: ok, full, read_only, failing, or other for what is not known. Other than ok nothing new is acknowledged: look at the disk.",
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of diskStates) this.set({ state }, read().disk === state ? 1 : 0);
      },
    });
    gauge(
      'millpond_subscribers',
      'Subscribe calls under way. At grpc.subscribersMax new ones are refused.',
      ({ subscribers }) => subscribers,
    );
    gauge(
      'millpond_consumers_connected',
      'Consumers with a subscription open. Fewer than there are: one has stopped.',
      ({ connections }) => connections.count,
    );
    gauge(
      'millpond_subscriptions_waiting',
      "Consumers' subscriptions whose client has yet to take what was written to it: the consumer is the slow one.",
      ({ connections }) => connections.waitingCount,
    );
    gauge(
      'millpond_publishers',
      'Publish calls under way. At grpc.publishersMax new ones are refused.',
      ({ publishers }) => publishers,
    );
    gauge(
      'millpond_members',
      'Consume calls under way, of all groups. At consume.membersMax new ones are refused.',
      ({ members }) => members,
    );
    gauge(
      'millpond_queries_running',
      'Queries that run now. At query.concurrentMax the next ones wait.',
      ({ queries }) => queries,
    );
    gauge(
      'millpond_query_processes',
      'Processes for queries, busy or kept for the next one; each takes some 80 MB.',
      ({ queryProcesses }) => queryProcesses,
    );
    gauge(
      'millpond_tail_feeds',
      'Reads under way that followers at the end of a stream share: one for each filter.',
      ({ tailFeeds }) => tailFeeds,
    );
    gauge(
      'millpond_tail_followers',
      'Subscriptions that share such a read; the others read for themselves, to catch up.',
      ({ tailFollowers }) => tailFollowers,
    );
    gauge(
      'millpond_http_requests',
      'Requests of the REST interface that are worked on or being sent. At http.requestsMax the next ones wait.',
      ({ requests }) => requests.running,
    );
    gauge(
      'millpond_http_requests_waiting',
      'Requests of the REST interface that wait for their turn. At http.waitingMax new ones are refused.',
      ({ requests }) => requests.waiting,
    );
    gauge(
      'millpond_live_followers',
      'Followers of /api/v1/live. At http.followersMax new ones are refused.',
      ({ liveFollowers }) => liveFollowers,
    );
    gauge(
      'millpond_read_ahead_bytes',
      'Bytes fetched for subscribers and not yet written. At grpc.readAheadBytesMax reads get smaller.',
      ({ readAheadBytes }) => readAheadBytes,
    );
  }

  received(bytes: number): void {
    this.#received += 1;
    this.#receivedBytes += bytes;
  }

  delivered(): void {
    this.#delivered += 1;
  }

  connected(): void {
    this.#connects += 1;
  }

  queried(outcome: QueryOutcome, seconds: number): void {
    this.#queries.add(outcome);
    this.#querySeconds.observe(seconds);
  }

  /** As `HttpMetrics`. */
  answered(exchange: HttpExchange): void {
    this.#http.answered(exchange);
  }

  refused(reason: string): void {
    this.#refusals.add(reason);
  }

  /** As `MessagingMetrics`. */
  processed(counts: WayCounts, ms: number, error: ErrorCode | null): void {
    this.#messaging.processed(counts, ms, error);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  notes(): MetricNote[] {
    return noteMetrics(this.#registry);
  }
}
