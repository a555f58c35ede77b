// Which buckets a chart has: pure. They begin at whole multiples of their length since the epoch, so
// that two charts of one range have the same, and the range is widened to whole ones.

import { MillpondError } from '../../core/errors.ts';
import type { RollupUnit } from '../rollups/rollup.ts';
import { unitUs } from '../rollups/rollup.ts';

export interface BucketPlan {
  readonly fromUs: number;
  readonly toUs: number;
  readonly bucketUs: number;
  readonly count: number;
}

export interface BucketAsk {
  readonly fromUs: number;
  readonly toUs: number;
  /** Null for the smallest of the usual ones that makes at most `pointsMax`. */
  readonly bucketUs: number | null;
  readonly pointsMax: number;
}

const MS = 1000;
const SECOND = 1000 * MS;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What people read on an axis. Beyond the last one it is twice as long until it fits. */
const usual = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((count) => count * MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28, 56, 112, 224, 448].map((count) => count * DAY),
];

/** Throws REQUEST_INVALID. */
export function planBuckets(ask: BucketAsk): BucketPlan {
  const { fromUs, toUs, bucketUs, pointsMax } = ask;
  if (!(fromUs < toUs)) {
    throw new MillpondError('REQUEST_INVALID', 'from: must be before to.');
  }
  const fitting = fittingBucket(ask);
  if (bucketUs === null) return widened(ask, fitting);
  const plan = widened(ask, bucketUs);
  if (plan.count > pointsMax) {
    const text = `bucket: ${plan.count} buckets of ${bucketUs / MS} ms are more than ${pointsMax}: ask for ${fitting / MS} ms or more, or for a shorter range.`;
    throw new MillpondError('REQUEST_INVALID', text);
  }
  return plan;
}

/** The coarsest unit of rollups that such buckets can be made of; null where it takes rows. */
export function coarsestUnit(bucketUs: number): RollupUnit | null {
  if (bucketUs % unitUs.hours === 0) return 'hours';
  return bucketUs % unitUs.minutes === 0 ? 'minutes' : null;
}

function fittingBucket(ask: BucketAsk): number {
  const found = usual.find((bucketUs) => widened(ask, bucketUs).count <= ask.pointsMax);
  if (found !== undefined) return found;
  let bucketUs = usual.at(-1) as number;
  while (widened(ask, bucketUs).count > ask.pointsMax) bucketUs *= 2;
  return bucketUs;
}

function widened({ fromUs, toUs }: BucketAsk, bucketUs: number): BucketPlan {
  const first = Math.floor(fromUs / bucketUs);
  const next = Math.ceil(toUs / bucketUs);
  return { fromUs: first * bucketUs, toUs: next * bucketUs, bucketUs, count: next - first };
}
