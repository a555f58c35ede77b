// What is told of the process itself: its version, processor time, memory, files, garbage collection.

import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/**
 * Of prom-client's own these go: names that a counter alone may have, and delays since the last scrape,
 * which are wrong as soon as two scrape; `millpond_io_thread_delay_seconds` is in their place.
 */
const leftOut = /^nodejs_(?:active_|eventloop_lag_)/;

/** Its timer cannot be left out with them: so often is never, seconds being what it counts. */
const NEVER_MS = 2 ** 31 - 1;

export function registerProcess(register: Registry, version: string): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of register.getMetricsAsArray()) {
    if (leftOut.test(name)) register.removeSingleMetric(name);
  }
  new Gauge({
    name: 'millpond_build_info',
    help: '1, with the version that runs: to tell in a chart when another one was put in.',
    labelNames: ['version'],
    registers: [register],
  }).set({ version }, 1);
}
