// What is known of one bucket from a part of its readings, and how two parts add up: pure. A part is
// what a query over rows, or over rollups, says of it.

import type { SeriesPoints } from '../../core/series-points.ts';

export interface BucketSum {
  /** Readings with a number; the next three are of these, and mean nothing where there is none. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** Readings with a text; the next three are of the one measured last, null where there is none. */
  readonly texts: number;
  readonly last: string | null;
  readonly lastUs: number;
  readonly lastOffset: number;
}

export function addSums(a: BucketSum, b: BucketSum): BucketSum {
  const later = isLater(b, a) ? b : a;
  const { last, lastUs, lastOffset } = later;
  const texts = { texts: a.texts + b.texts, last, lastUs, lastOffset };
  if (a.count === 0) return { ...b, ...texts };
  if (b.count === 0) return { ...a, ...texts };
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sum: a.sum + b.sum,
    ...texts,
  };
}

function isLater(a: BucketSum, b: BucketSum): boolean {
  if (a.texts === 0 || b.texts === 0) return b.texts === 0;
  return a.lastUs === b.lastUs ? a.lastOffset > b.lastOffset : a.lastUs > b.lastUs;
}

/** Between the least and the greatest, also where the sum went beyond what a double holds. */
export function meanOf({ count, min, max, sum }: BucketSum): number {
  const mean = Number.isNaN(sum) ? min / 2 + max / 2 : sum / count;
  return Math.min(max, Math.max(min, mean));
}

/** `buckets` by their number since the epoch, in any order. */
export function pointsOf(
  key: Pick<SeriesPoints, 'device' | 'channel' | 'metric' | 'unit'>,
  buckets: ReadonlyMap<number, BucketSum>,
  bucketUs: number,
): SeriesPoints {
  const times = Float64Array.from(buckets.keys()).sort();
  const sums = Array.from(times, (time) => buckets.get(time) as BucketSum);
  const column = (of: (sum: BucketSum) => number): Float64Array => Float64Array.from(sums, of);
  const number = (of: (sum: BucketSum) => number): Float64Array =>
    column((sum) => (sum.count === 0 ? Number.NaN : of(sum)));
  const { device, channel, metric, unit } = key;
  return {
    device,
    channel,
    metric,
    unit,
    timeUs: times.map((time) => time * bucketUs),
    count: column(({ count, texts }) => count + texts),
    min: number(({ min }) => min),
    mean: number(meanOf),
    max: number(({ max }) => max),
    last: sums.some(({ texts }) => texts > 0) ? sums.map(({ last }) => last) : null,
  };
}
