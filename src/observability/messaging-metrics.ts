// What OpenTelemetry's conventions for messaging have a name for, under that name, as its Prometheus
// exporters write it: Millpond consumes what devices send. docs/architecture.md says what it leaves out.

import { Counter, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../core/errors.ts';
import { type WayCounts, type WayIn, waysIn } from '../core/raw-message.ts';

/** As the convention advises. */
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const systems: Readonly<Record<WayIn, string>> = {
  mqtt: 'mqtt',
  grpc: 'millpond',
  serial: 'serial',
};

export class MessagingMetrics {
  readonly #duration: Histogram;

  /** `accepted` is read at each scrape. */
  constructor(registers: Registry[], accepted: () => WayCounts) {
    const labelNames = ['messaging_system', 'messaging_operation_name'];
    new Counter({
      name: 'messaging_client_consumed_messages_total',
      help: 'Raw messages taken from devices and publishers, by way in. A rate that falls to 0 says that a whole way in is silent.',
      labelNames,
      registers,
      collect() {
        this.reset();
        const counts = accepted();
        for (const way of waysIn) this.inc(labelsOf(way, 'receive'), counts[way]);
      },
    });
    this.#duration = new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'From taking a batch of messages to its answer, decoding and the commit included: how long devices wait for an acknowledgement. With error_type: they got none. If it grows and commits do not, the gateway is short of processor time.',
      labelNames: [...labelNames, 'error_type'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    for (const way of waysIn) this.#duration.zero(labelsOf(way, 'process'));
  }

  /** One batch; those of its messages that a full stream refused count as answered. */
  processed(counts: WayCounts, ms: number, error: ErrorCode | null): void {
    for (const way of waysIn) {
      if (counts[way] === 0) continue;
      const labels = labelsOf(way, 'process');
      this.#duration.observe(error === null ? labels : { ...labels, error_type: error }, ms / 1000);
    }
  }
}

function labelsOf(way: WayIn, operation: string) {
  return { messaging_system: systems[way], messaging_operation_name: operation };
}
