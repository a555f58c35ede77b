// What the I/O thread counts: connections, messages on the wire, subscribers, its queue. The log
// thread's metrics are joined to them at each scrape; the two sets have no name in common.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type DiskState, diskStates } from '../core/disk-state.ts';
import type { QueryOutcome } from '../core/query.ts';
import { Counts, LOOP_RESOLUTION_MS, noteLoopDelay, registerTotal } from './counts.ts';

/** Read off the parts at each scrape. */
export interface IoReadings {
  readonly disk: DiskState;
  readonly queueBytes: number;
  readonly queueBytesMax: number;
  readonly subscribers: number;
  readonly connections: { readonly count: number; readonly waitingCount: number };
  readonly publishers: number;
  readonly members: number;
  readonly tailFeeds: number;
  readonly tailFollowers: number;
  readonly queries: number;
  readonly queryProcesses: number;
  readonly readAheadBytes: number;
  /** To disks, by the whole process; 0 where the system does not tell. */
  readonly writtenBytes: number;
  readonly mqtt: {
    readonly connections: number;
    readonly sessions: number;
    readonly retained: number;
    readonly inflightBytes: number;
  };
}

export class IoMetrics {
  readonly #registry = new Registry();
  readonly #refusals = new Counts();
  readonly #queries = new Counts();
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({
    resolution: LOOP_RESOLUTION_MS,
  });
  #received = 0;
  #receivedBytes = 0;
  #delivered = 0;
  #connects = 0;
  #querySeconds = 0;

  constructor(read: () => IoReadings) {
    const registers = [this.#registry];
    this.#loopDelay.enable();
    collectDefaultMetrics({ register: this.#registry });
    const counter = (name: string, help: string, read: () => number): void =>
      registerTotal(registers, { name, help, read });
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    this.#refusals.register(registers, {
      name: 'millpond_mqtt_refused_total',
      help: 'MQTT packets and connections turned away.',
      label: 'reason',
    });
    counter(
      'millpond_mqtt_messages_received_total',
      'PUBLISH packets received.',
      () => this.#received,
    );
    counter(
      'millpond_mqtt_received_bytes_total',
      'Topics and payloads received.',
      () => this.#receivedBytes,
    );
    counter(
      'millpond_mqtt_messages_delivered_total',
      'Messages handed to subscribers.',
      () => this.#delivered,
    );
    counter(
      'millpond_written_bytes_total',
      'Bytes that the gateway caused to be written to disks (/proc/self/io).',
      () => read().writtenBytes,
    );
    counter('millpond_mqtt_connects_total', 'MQTT connections accepted.', () => this.#connects);
    gauge('millpond_mqtt_connections', 'MQTT connections open.', () => read().mqtt.connections);
    gauge('millpond_mqtt_sessions', 'MQTT sessions kept.', () => read().mqtt.sessions);
    gauge('millpond_mqtt_retained_messages', 'Retained messages kept.', () => read().mqtt.retained);
    gauge(
      'millpond_mqtt_inflight_bytes',
      'Bytes published and not yet acknowledged.',
      () => read().mqtt.inflightBytes,
    );
    gauge('millpond_queue_bytes', 'Bytes accepted and not yet durable.', () => read().queueBytes);
    gauge('millpond_queue_limit_bytes', 'log.queueBytesMax.', () => read().queueBytesMax);
    new Gauge({
      name: 'millpond_log_disk_state',
      help: "1 for what the log's disk is: ok, full, read_only, failing, or other for what is not known.",
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of diskStates) this.set({ state }, read().disk === state ? 1 : 0);
      },
    });
    gauge('millpond_subscribers', 'Subscribe calls under way.', () => read().subscribers);
    gauge(
      'millpond_consumers_connected',
      'Consumers with a subscription open.',
      () => read().connections.count,
    );
    gauge(
      'millpond_subscriptions_waiting',
      "Consumers' subscriptions whose client has yet to take what was written to it.",
      () => read().connections.waitingCount,
    );
    gauge('millpond_publishers', 'Publish calls under way.', () => read().publishers);
    gauge('millpond_members', 'Consume calls under way.', () => read().members);
    gauge('millpond_queries_running', 'Queries that run now.', () => read().queries);
    gauge(
      'millpond_query_processes',
      'Processes for queries, busy or kept for the next one.',
      () => read().queryProcesses,
    );
    this.#queries.register(registers, {
      name: 'millpond_queries_total',
      help: 'Queries by how they ended.',
      label: 'outcome',
    });
    counter(
      'millpond_query_seconds_total',
      'How long queries took together, waiting for their turn and delivery included.',
      () => this.#querySeconds,
    );
    gauge(
      'millpond_tail_feeds',
      'Reads under way that followers at the end of a stream share.',
      () => read().tailFeeds,
    );
    gauge(
      'millpond_tail_followers',
      'Subscriptions that share such a read.',
      () => read().tailFollowers,
    );
    gauge(
      'millpond_read_ahead_bytes',
      'Bytes fetched for subscribers and not yet written.',
      () => read().readAheadBytes,
    );
    const delay = this.#loopDelay;
    new Gauge({
      name: 'millpond_io_thread_delay_seconds',
      help: 'Event-loop delay of the I/O thread since the last scrape.',
      labelNames: ['quantile'],
      registers,
      collect() {
        noteLoopDelay(this, delay);
      },
    });
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
    this.#querySeconds += seconds;
  }

  refused(reason: string): void {
    this.#refusals.add(reason);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
