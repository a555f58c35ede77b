// Counters by one label that cost an addition: prom-client's own hash their labels at each call.

import type { IntervalHistogram } from 'node:perf_hooks';
import { Counter, type Gauge, type Registry } from 'prom-client';

export class Counts {
  readonly #counts = new Map<string, number>();

  /** Labels come out of closed lists, so their number is bounded by the code. */
  add(label: string, by = 1): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + by);
  }

  register(registers: Registry[], metric: { name: string; help: string; label: string }): void {
    const counts = this.#counts;
    new Counter({
      name: metric.name,
      help: metric.help,
      labelNames: [metric.label],
      registers,
      collect() {
        this.reset();
        for (const [label, count] of counts) this.inc({ [metric.label]: label }, count);
      },
    });
  }
}

/** A counter whose total is kept elsewhere, as a plain number, and read at each scrape. */
export function registerTotal(
  registers: Registry[],
  metric: { name: string; help: string; read: () => number },
): void {
  new Counter({
    name: metric.name,
    help: metric.help,
    registers,
    collect() {
      this.reset();
      this.inc(metric.read());
    },
  });
}

/** How often the loop's delay is looked at; the histogram counts this wait in. */
export const LOOP_RESOLUTION_MS = 20;

/** The loop's delay since the last call, in seconds, by quantile. */
export function noteLoopDelay(gauge: Gauge, delay: IntervalHistogram): void {
  const seconds = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / 1e9 - LOOP_RESOLUTION_MS / 1000);
  gauge.set({ quantile: '0.5' }, seconds(delay.percentile(50)));
  gauge.set({ quantile: '0.99' }, seconds(delay.percentile(99)));
  gauge.set({ quantile: '1' }, seconds(delay.max));
  delay.reset();
}
