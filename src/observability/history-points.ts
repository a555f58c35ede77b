// Samples of the gateway's state as points of a chart: rates out of totals, and no more points than a
// chart has room for, so that a long time has longer steps.

import type { HistorySample, LagSeries } from './history-ring.ts';

const POINTS_MAX = 720;
const SECOND_US = 1_000_000;

export interface HistoryPoint {
  readonly timeUs: number;
  readonly receivedPerSecond: number;
  readonly storedPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly commitMsP50: number;
  readonly commitMsP99: number;
  readonly queueBytes: number;
  readonly diskFreeBytes: number;
  readonly deadLetters: number;
  readonly lost: number;
}

export interface LagPoints {
  readonly stream: string;
  readonly consumer: string;
  readonly points: readonly { readonly timeUs: number; readonly lag: number }[];
}

/** The step for so long a time: a whole number of sampling intervals, microseconds. */
export function stepFor(rangeUs: number, intervalUs: number): number {
  return Math.max(1, Math.ceil(rangeUs / POINTS_MAX / intervalUs)) * intervalUs;
}

/** [first, next) into the samples for each step that has some, in order of time. */
function steps(samples: readonly HistorySample[], stepUs: number): [number, number][] {
  const ranges: [number, number][] = [];
  let first = 0;
  for (let next = 1; next <= samples.length; next++) {
    const step = Math.floor((samples[first] as HistorySample).timeUs / stepUs);
    const following = samples[next];
    if (following !== undefined && Math.floor(following.timeUs / stepUs) === step) continue;
    ranges.push([first, next]);
    first = next;
  }
  return ranges;
}

/**
 * A point for each step with a sample: rates from the sample before the step to its last one, the
 * highest of latencies and of what waits, the last of all else. The first sample gives no rate, and
 * with it no point.
 */
export function historyPoints(samples: readonly HistorySample[], stepUs: number): HistoryPoint[] {
  return steps(samples, stepUs).flatMap(([first, next]) => {
    const from = samples[Math.max(0, first - 1)] as HistorySample;
    const last = samples[next - 1] as HistorySample;
    const seconds = (last.timeUs - from.timeUs) / SECOND_US;
    if (seconds <= 0) return [];
    const most = (field: keyof HistorySample): number =>
      samples.slice(first, next).reduce((max, sample) => Math.max(max, sample[field]), 0);
    return [
      {
        timeUs: last.timeUs,
        receivedPerSecond: Math.max(0, last.received - from.received) / seconds,
        storedPerSecond: Math.max(0, last.stored - from.stored) / seconds,
        deliveredPerSecond: Math.max(0, last.delivered - from.delivered) / seconds,
        commitMsP50: most('commitMsP50'),
        commitMsP99: most('commitMsP99'),
        queueBytes: most('queueBytes'),
        diskFreeBytes: last.diskFreeBytes,
        deadLetters: last.deadLetters,
        lost: last.lost,
      },
    ];
  });
}

/** The highest lag of each step; steps in which a consumer was not there are left out. */
export function lagPoints(
  samples: readonly HistorySample[],
  lags: readonly LagSeries[],
  stepUs: number,
): LagPoints[] {
  const ranges = steps(samples, stepUs);
  return lags.map(({ stream, consumer, lags: all }) => {
    const points = ranges.flatMap(([first, next]) => {
      const known = all.slice(first, next).filter((lag) => !Number.isNaN(lag));
      if (known.length === 0) return [];
      return [{ timeUs: (samples[next - 1] as HistorySample).timeUs, lag: Math.max(...known) }];
    });
    return { stream, consumer, points };
  });
}
