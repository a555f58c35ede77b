// What there is to be scraped, out of the metrics themselves: docs/metrics.md is made of it.

import type { Registry } from 'prom-client';

export interface MetricNote {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

export function noteMetrics(registry: Registry): MetricNote[] {
  // Each has its labels; the type does not say so.
  const metrics = registry.getMetricsAsArray() as unknown as readonly (Omit<
    MetricNote,
    'labels'
  > & {
    readonly labelNames: readonly string[];
  })[];
  return metrics.map(({ name, type, labelNames, help }) => ({
    name,
    type: String(type),
    labels: labelNames,
    help,
  }));
}
