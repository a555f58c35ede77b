// The gateway's state over the last day, a sample every few seconds: one ring of numbers of fixed
// length, and beside it one for the lag of each of some consumers.

import { lostByAccident } from './alerts.ts';
import type { GatewayStatus } from './gateway-status.ts';

/** What a sample holds; totals are those since the start. */
const fields = [
  'timeUs',
  'received',
  'stored',
  'delivered',
  'commitMsP50',
  'commitMsP99',
  'queueBytes',
  'diskFreeBytes',
  'deadLetters',
  'lost',
] as const;

export type HistorySample = Readonly<Record<(typeof fields)[number], number>>;

export interface LagSeries {
  readonly stream: string;
  readonly consumer: string;
  /** Beside the samples; NaN where the consumer was not there. */
  readonly lags: readonly number[];
}

export interface HistoryRingOptions {
  readonly samplesMax: number;
  /** Consumers whose lag is kept: the first that there are. */
  readonly consumersMax: number;
}

interface KeptLag {
  readonly stream: string;
  readonly consumer: string;
  /** Half the bytes of exact numbers, and near enough for a chart. */
  readonly lags: Float32Array;
}

export class HistoryRing {
  readonly #options: HistoryRingOptions;
  readonly #cells: Float64Array;
  readonly #lags = new Map<string, KeptLag>();
  #added = 0;

  constructor(options: HistoryRingOptions) {
    this.#options = options;
    this.#cells = new Float64Array(options.samplesMax * fields.length);
  }

  add(status: GatewayStatus): void {
    const place = this.#added % this.#options.samplesMax;
    const sample = sampleOf(status);
    for (const [index, field] of fields.entries()) {
      this.#cells[place * fields.length + index] = sample[field];
    }
    this.#addLags(status, place);
    this.#added += 1;
  }

  /** Those taken at or after the time, the oldest first. */
  samplesSince(timeUs: number): HistorySample[] {
    return this.#placesSince(timeUs).map((place) => this.#sampleAt(place));
  }

  /** Beside `samplesSince` of the same time. */
  lagsSince(timeUs: number): LagSeries[] {
    const places = this.#placesSince(timeUs);
    return [...this.#lags.values()].map(({ stream, consumer, lags }) => {
      return { stream, consumer, lags: places.map((place) => lags[place] as number) };
    });
  }

  #placesSince(timeUs: number): number[] {
    const { samplesMax } = this.#options;
    const places: number[] = [];
    for (let index = Math.max(0, this.#added - samplesMax); index < this.#added; index++) {
      const place = index % samplesMax;
      if (this.#timeAt(place) >= timeUs) places.push(place);
    }
    return places;
  }

  #timeAt(place: number): number {
    return this.#cells[place * fields.length] as number;
  }

  #sampleAt(place: number): HistorySample {
    const first = place * fields.length;
    const entries = fields.map((field, index) => [field, this.#cells[first + index]]);
    return Object.fromEntries(entries) as HistorySample;
  }

  #addLags({ consumers }: GatewayStatus, place: number): void {
    const lagByKey = new Map(consumers.map((each) => [keyOf(each), each]));
    for (const key of this.#lags.keys()) if (!lagByKey.has(key)) this.#lags.delete(key);
    for (const [key, { stream, consumer }] of lagByKey) {
      if (this.#lags.size >= this.#options.consumersMax) break;
      if (this.#lags.has(key)) continue;
      const lags = new Float32Array(this.#options.samplesMax).fill(Number.NaN);
      this.#lags.set(key, { stream, consumer, lags });
    }
    for (const [key, { lags }] of this.#lags) {
      lags[place] = lagByKey.get(key)?.lag ?? Number.NaN;
    }
  }
}

function keyOf({ stream, consumer }: { stream: string; consumer: string }): string {
  return `${stream}/${consumer}`;
}

function sampleOf({ log, queueBytes, delivered }: GatewayStatus): HistorySample {
  return {
    timeUs: log.nowUs,
    received: log.readingsDecoded,
    stored: log.readings,
    delivered,
    commitMsP50: log.commitMsP50,
    commitMsP99: log.commitMsP99,
    queueBytes,
    diskFreeBytes: log.disk.freeBytes,
    deadLetters: log.deadLetters,
    lost: lostByAccident(log.lost),
  };
}
