// What is to be done next about a stream's rollups, and which of them a chart reads: pure, from the
// segments and rollups that there are. Segments are rolled up a few at a time, and rollups of one tier
// are joined to one of the next, as a log-structured merge tree does: a chart over any range reads a
// few files of each tier, and a reading is rolled up a few times in its life.

import type { Segment } from '../segments/segment.ts';
import { type Rollup, type RollupUnit, segmentsKey, unitUs } from './rollup.ts';

/** So many segments become a rollup, and so many rollups one of the next tier. */
export const FAN = 8;
/** Fewer segments do where they have so many rows: a chart reads what is not rolled up yet as rows. */
export const BASE_ROWS = 800_000;
/** Of rollups that are joined, so that joining takes little memory. */
const JOINED_ROWS_MAX = { minutes: 250_000, hours: 500_000 } as const;
/** An hour's rows out of minutes are at most as many, and seldom more than so many times fewer. */
const MINUTES_FOR_AN_HOUR = 4;
const TIER_MAX = 9;
/** Minutes are joined so far and no further: beyond it a chart of minutes would have too many points. */
const MINUTES_TIER_MAX = 1;

export type RollupTask =
  | { readonly kind: 'build'; readonly segments: readonly Segment[] }
  | {
      readonly kind: 'join';
      readonly rollups: readonly Rollup[];
      readonly segments: readonly Segment[];
      readonly unit: RollupUnit;
      readonly tier: number;
    };

/** In offset order, the larger first among those that begin together. */
export function inOrder(rollups: Iterable<Rollup>): Rollup[] {
  return [...rollups].sort((a, b) => a.first - b.first || b.next - a.next || b.tier - a.tier);
}

/** The segments of [first, next); those given are in offset order and never overlap. */
export function segmentsWithin(
  segments: readonly Segment[],
  { first, next }: { readonly first: number; readonly next: number },
): readonly Segment[] {
  const from = indexAt(segments, first);
  let until = from;
  while (until < segments.length && (segments[until] as Segment).next <= next) until += 1;
  return segments.slice(from, until);
}

/** Whether the rollup's segments are those that it was made of: else it counts for nothing. */
export function isOf(segments: readonly Segment[], rollup: Rollup): boolean {
  const within = segmentsWithin(segments, rollup);
  const isWhole = within[0]?.first === rollup.first && within.at(-1)?.next === rollup.next;
  return isWhole && segmentsKey(within) === rollup.key;
}

/**
 * The next thing to do, or null. `failed` are first offsets with which building or joining is not
 * tried again. All rollups must be of the segments as they are.
 */
export function nextTask(
  segments: readonly Segment[],
  rollups: readonly Rollup[],
  failed: ReadonlySet<string>,
): RollupTask | null {
  return buildTask(segments, rollups, failed) ?? joinTask(segments, rollups, failed);
}

/** Of a task, the same for the same work. */
export function taskKey(task: RollupTask): string {
  const { segments } = task;
  return `${task.kind} ${segments[0]?.first} ${segments.at(-1)?.next} ${segmentsKey(segments)}`;
}

function buildTask(
  segments: readonly Segment[],
  rollups: readonly Rollup[],
  failed: ReadonlySet<string>,
): RollupTask | null {
  for (const run of uncoveredRuns(segments, rollups)) {
    let from = 0;
    let rows = 0;
    for (const [index, { first, next }] of run.entries()) {
      rows += next - first;
      if (index - from + 1 < FAN && rows < BASE_ROWS) continue;
      const task: RollupTask = { kind: 'build', segments: run.slice(from, index + 1) };
      if (!failed.has(taskKey(task))) return task;
      from = index + 1;
      rows = 0;
    }
  }
  return null;
}

/** Segments that no rollup is of, those together that follow one another. */
function uncoveredRuns(segments: readonly Segment[], rollups: readonly Rollup[]): Segment[][] {
  const runs: Segment[][] = [];
  let run: Segment[] = [];
  let at = 0;
  const ordered = inOrder(rollups);
  for (const segment of segments) {
    while (at < ordered.length && (ordered[at] as Rollup).next <= segment.first) at += 1;
    const isCovered = at < ordered.length && (ordered[at] as Rollup).first <= segment.first;
    if (!isCovered) {
      run.push(segment);
    } else if (run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function joinTask(
  segments: readonly Segment[],
  rollups: readonly Rollup[],
  failed: ReadonlySet<string>,
): RollupTask | null {
  for (let tier = 0; tier < TIER_MAX; tier++) {
    const higher = rollups.filter((each) => each.tier > tier);
    const free = inOrder(rollups.filter((each) => each.tier === tier)).filter(
      (each) => !higher.some(({ first, next }) => first <= each.first && each.next <= next),
    );
    for (let from = 0; from + FAN <= free.length; from++) {
      const joined = free.slice(from, from + FAN);
      const unit = joinedUnit(joined, tier + 1);
      if (unit === null || !followOneAnother(segments, joined)) continue;
      const range = { first: joined[0]?.first ?? 0, next: joined.at(-1)?.next ?? 0 };
      const within = segmentsWithin(segments, range);
      const task: RollupTask = {
        kind: 'join',
        rollups: joined,
        segments: within,
        unit,
        tier: tier + 1,
      };
      if (!failed.has(taskKey(task))) return task;
    }
  }
  return null;
}

/** Null where they are too large to be joined. */
function joinedUnit(rollups: readonly Rollup[], tier: number): RollupUnit | null {
  let rows = 0;
  let hours = 0;
  let isMinutes = tier <= MINUTES_TIER_MAX;
  for (const rollup of rollups) {
    rows += rollup.rows;
    hours += rollup.unit === 'hours' ? rollup.rows : rollup.rows / MINUTES_FOR_AN_HOUR;
    if (rollup.unit === 'hours') isMinutes = false;
  }
  if (isMinutes && rows <= JOINED_ROWS_MAX.minutes) return 'minutes';
  return hours <= JOINED_ROWS_MAX.hours ? 'hours' : null;
}

function followOneAnother(segments: readonly Segment[], rollups: readonly Rollup[]): boolean {
  return rollups.every((rollup, index) => {
    const following = rollups[index + 1];
    if (following === undefined) return true;
    return segments[indexAt(segments, rollup.next)]?.first === following.first;
  });
}

/** What a chart reads of a range of measured time, each sealed reading in exactly one of them. */
export interface Cover {
  readonly rollups: readonly Rollup[];
  readonly segments: readonly Segment[];
}

/**
 * `unit` is the coarsest that serves, null where only rows do. What a rollup says has no reading in
 * [fromUs, toUs) is left out.
 */
export function coverOf(
  segments: readonly Segment[],
  rollups: readonly Rollup[],
  range: { readonly unit: RollupUnit | null; readonly fromUs: number; readonly toUs: number },
): Cover {
  const { unit } = range;
  const usable = inOrder(rollups).filter(
    (each) => unit === 'hours' || (unit === 'minutes' && each.unit === 'minutes'),
  );
  const others = inOrder(rollups);
  const cover = { rollups: [] as Rollup[], segments: [] as Segment[] };
  let at = 0;
  let skip = 0;
  let index = 0;
  while (index < segments.length) {
    const segment = segments[index] as Segment;
    while (at < usable.length && (usable[at] as Rollup).first < segment.first) at += 1;
    const rollup = usable[at];
    if (rollup !== undefined && rollup.first === segment.first) {
      if (mayHold(rollup, range)) cover.rollups.push(rollup);
      index = indexAt(segments, rollup.next);
      continue;
    }
    // One that is too coarse for the chart still says where nothing is to be found.
    while (skip < others.length && (others[skip] as Rollup).next <= segment.first) skip += 1;
    if (!isElsewhere(others, skip, segment, range)) cover.segments.push(segment);
    index += 1;
  }
  return cover;
}

function isElsewhere(
  rollups: readonly Rollup[],
  from: number,
  { first, next }: Segment,
  range: { readonly fromUs: number; readonly toUs: number },
): boolean {
  for (let at = from; at < rollups.length; at++) {
    const rollup = rollups[at] as Rollup;
    if (rollup.first > first) return false;
    if (rollup.next >= next && !mayHold(rollup, range)) return true;
  }
  return false;
}

function mayHold(
  { unit, from, to }: Rollup,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): boolean {
  return from * unitUs[unit] < toUs && (to + 1) * unitUs[unit] > fromUs;
}

/** Of the first segment that begins at or after `offset`. */
function indexAt(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as Segment).first >= offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
