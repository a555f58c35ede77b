// How late a thread's event loop is: a timer that says by how much it came too late. What a thread does
// in one go, everything else on it waits for.

import { Histogram, type Registry } from 'prom-client';

/** How often it is looked at. */
const INTERVAL_MS = 20;

/** From now on, as long as the thread runs. */
export function watchLoopDelay(
  registers: Registry[],
  metric: { name: string; help: string },
): void {
  const histogram = new Histogram({
    ...metric,
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers,
  });
  let dueMs = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    histogram.observe(Math.max(0, nowMs - dueMs) / 1000);
    dueMs = nowMs + INTERVAL_MS;
  }, INTERVAL_MS);
  timer.unref();
}
