// Watches the gateway's state: asks for it every few seconds, and keeps the last day of it in memory.

import type { GatewayStatus } from './gateway-status.ts';
import {
  type HistoryPoint,
  historyPoints,
  type LagPoints,
  lagPoints,
  stepFor,
} from './history-points.ts';
import { HistoryRing } from './history-ring.ts';

const INTERVAL_MS = 10_000;
/** The second sample, so that whoever has just started a gateway soon sees rates. */
const SECOND_AFTER_MS = 2000;
const DAY_MS = 24 * 3600 * 1000;
const CONSUMERS_MAX = 32;
const US_PER_MS = 1000;

/** What is kept of the past at most. */
export const HISTORY_MS_MAX = DAY_MS;

export interface History {
  readonly stepMs: number;
  readonly points: readonly HistoryPoint[];
  readonly consumers: readonly LagPoints[];
}

export class StatusHistory {
  readonly #read: () => Promise<GatewayStatus>;
  readonly #ring = new HistoryRing({
    samplesMax: DAY_MS / INTERVAL_MS,
    consumersMax: CONSUMERS_MAX,
  });
  #timers: NodeJS.Timeout[] = [];
  #isAsking = false;

  constructor(read: () => Promise<GatewayStatus>) {
    this.#read = read;
  }

  start(): void {
    void this.#sample();
    const sample = (): void => void this.#sample();
    this.#timers = [setTimeout(sample, SECOND_AFTER_MS), setInterval(sample, INTERVAL_MS)];
    for (const timer of this.#timers) timer.unref();
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** The last `rangeMs` before the clock's `nowUs`. */
  last(rangeMs: number, nowUs: number): History {
    const rangeUs = rangeMs * US_PER_MS;
    const stepUs = stepFor(rangeUs, INTERVAL_MS * US_PER_MS);
    const samples = this.#ring.samplesSince(nowUs - rangeUs);
    const lags = this.#ring.lagsSince(nowUs - rangeUs);
    return {
      stepMs: stepUs / US_PER_MS,
      points: historyPoints(samples, stepUs),
      consumers: lagPoints(samples, lags, stepUs),
    };
  }

  /** Of a log that does not answer there is no sample: a chart shows a gap. */
  async #sample(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.#ring.add(await this.#read());
    } catch {
      // Whoever asks for the status hears why.
    } finally {
      this.#isAsking = false;
    }
  }
}
