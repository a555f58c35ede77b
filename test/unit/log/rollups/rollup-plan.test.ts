// Which rollups are made of which segments, and what a chart reads of them: by random logs.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseRollupName,
  type Rollup,
  rollupName,
  segmentsKey,
  unitUs,
} from '../../../../src/log/rollups/rollup.ts';
import {
  coverOf,
  FAN,
  isOf,
  nextTask,
  type RollupTask,
  segmentsWithin,
  taskKey,
} from '../../../../src/log/rollups/rollup-plan.ts';
import type { Segment } from '../../../../src/log/segments/segment.ts';

function segmentsOf(lengths: readonly number[]): Segment[] {
  let next = 0;
  return lengths.map((length) => {
    const first = next;
    next += length;
    const times = { firstReceivedUs: 0, lastReceivedUs: 0, sealedAtUs: 0 };
    return { first, next, bytes: length, crc32: first + 1, ...times };
  });
}

/** What making it would give: `minutes` while there are few rows, each segment an hour of its own. */
function madeOf(task: RollupTask, rowsPerSegment: number): Rollup {
  const { segments } = task;
  const first = segments[0]?.first ?? 0;
  const unit = task.kind === 'join' ? task.unit : 'minutes';
  const perUnit = unit === 'minutes' ? 60 : 1;
  return {
    first,
    next: segments.at(-1)?.next ?? 0,
    unit,
    tier: task.kind === 'join' ? task.tier : 0,
    from: first * perUnit,
    to: (segments.at(-1)?.next ?? 0) * perUnit - 1,
    rows: segments.length * rowsPerSegment,
    key: segmentsKey(segments),
    crc32: 1,
    bytes: 100,
  };
}

function rolledUp(segments: readonly Segment[], rowsPerSegment: number, kept: Rollup[] = []) {
  let rollups = kept;
  let tasks = 0;
  for (;;) {
    const task = nextTask(segments, rollups, new Set());
    if (task === null) return { rollups, tasks };
    tasks += 1;
    expect(tasks).toBeLessThan(3 * segments.length + 3);
    const made = madeOf(task, rowsPerSegment);
    const gone = task.kind === 'join' ? task.rollups.filter(({ unit }) => unit === made.unit) : [];
    rollups = [...rollups.filter((each) => !gone.includes(each)), made];
  }
}

const anySegments = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 700 }).map(segmentsOf);
const anyRows = fc.constantFrom(1, 100, 5000, 40_000);
const anyUnit = fc.constantFrom('minutes' as const, 'hours' as const, null);

test('a chart reads each segment once, in itself or in one rollup, whatever was dropped', () => {
  const property = fc.property(
    anySegments,
    anyRows,
    anyUnit,
    fc.nat(50),
    fc.nat(700),
    (segments, rows, unit, dropped, lost) => {
      const whole = rolledUp(segments, rows).rollups;
      const kept = segments.slice(dropped).filter((_, index) => index !== lost);
      const sound = whole.filter((rollup) => isOf(kept, rollup));
      for (const rollups of [sound, rolledUp(kept, rows, sound).rollups]) {
        const everything = { unit, fromUs: -Infinity, toUs: Infinity };
        const cover = coverOf(kept, rollups, everything);
        const read = [
          ...cover.segments,
          ...cover.rollups.flatMap((rollup) => segmentsWithin(kept, rollup)),
        ];
        expect(read.sort((a, b) => a.first - b.first)).toEqual(kept);
        if (unit === null) expect(cover.rollups).toEqual([]);
        if (unit === 'minutes') {
          expect(cover.rollups.every((each) => each.unit === 'minutes')).toBe(true);
        }
      }
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test('what is left out of a range has nothing in it', () => {
  const property = fc.property(
    anySegments,
    anyUnit,
    fc.nat(3000),
    fc.nat(300),
    (segments, unit, from, length) => {
      const { rollups } = rolledUp(segments, 10);
      const hour = unitUs.hours;
      const range = { unit, fromUs: from * hour, toUs: (from + length) * hour };
      const cover = coverOf(segments, rollups, range);
      const read = new Set([
        ...cover.segments,
        ...cover.rollups.flatMap((rollup) => segmentsWithin(segments, rollup)),
      ]);
      // Each segment holds the hours [first, next).
      const wanted = segments.filter((each) => each.first < from + length && each.next > from);
      expect(wanted.filter((each) => length > 0 && !read.has(each))).toEqual([]);
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test('a chart of hours over a long log reads a few files', () => {
  const segments = segmentsOf(new Array<number>(5000).fill(1));
  const { rollups, tasks } = rolledUp(segments, 100);
  const everything = { unit: 'hours' as const, fromUs: 0, toUs: Infinity };
  const cover = coverOf(segments, rollups, everything);
  expect(cover.rollups.length + cover.segments.length).toBeLessThan(5 * FAN);
  // A segment is rolled up once, and a rollup joined once in each tier.
  expect(tasks).toBeLessThan(5000 / FAN + 5000 / FAN ** 2 + 5000 / FAN ** 3 + 5);
});

test('one large segment is rolled up alone, and what failed is not tried again', () => {
  const segments = segmentsOf([900_000, 1, 1]);
  const task = nextTask(segments, [], new Set());
  expect(task).toEqual({ kind: 'build', segments: segments.slice(0, 1) });
  expect(nextTask(segments, [], new Set([taskKey(task as RollupTask)]))).toBeNull();
});

test('a name says all that must be known of a rollup', () => {
  const anyRollup = fc.record<Rollup>({
    first: fc.maxSafeNat(),
    next: fc.maxSafeNat(),
    unit: fc.constantFrom('minutes', 'hours'),
    tier: fc.nat(9),
    from: fc.integer(),
    to: fc.integer(),
    rows: fc.nat(),
    key: fc.nat(0xffff_ffff),
    crc32: fc.nat(0xffff_ffff),
    bytes: fc.nat(),
  });
  fc.assert(
    fc.property(anyRollup, (rollup) => {
      expect(parseRollupName(rollupName(rollup), rollup.bytes)).toEqual(rollup);
    }),
  );
  for (const name of ['', 'rollup.tmp', '0-8.parquet', '00000000000000000000.parquet']) {
    expect(parseRollupName(name, 1)).toBeNull();
  }
});
