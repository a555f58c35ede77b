// Sealed files and the table `segments` are made to agree again.
import { expect, test } from 'vitest';
import { type SegmentFile, segmentPathOf } from '../../../../src/log/recovery/segment-files.ts';
import {
  type Inspected,
  planSegments,
  type Registered,
  suspectsOf,
} from '../../../../src/log/recovery/segment-plan.ts';

const stream = 'readings';

function segment(first: number): Registered {
  return { stream, first, next: first + 10, bytes: 1000 + first, crc32: 7 + first };
}

function file(first: number, change: Partial<SegmentFile> = {}): SegmentFile {
  const path = segmentPathOf(stream, first);
  return { stream, path, first, bytes: 1000 + first, isTemporary: false, problem: '', ...change };
}

function inspected(first: number, change: Partial<Inspected> = {}): Inspected {
  const { next, bytes, crc32 } = segment(first);
  const times = { firstReceivedUs: 1, lastReceivedUs: 2 };
  return { first, next, bytes, crc32, ...times, problem: '', ...change };
}

/** `contents` says what is in a file that is read; what is not there is not to be read. */
function plan(
  registered: readonly Registered[],
  files: readonly SegmentFile[],
  contents: Record<string, Inspected> = {},
  { low = 0, isDamaged = false } = {},
) {
  const suspects = suspectsOf(registered, files);
  expect(suspects.map(({ path }) => path).sort()).toEqual(Object.keys(contents).sort());
  const { findings, ...rest } = planSegments({
    registered,
    files,
    inspected: new Map(Object.entries(contents)),
    lowWatermarks: new Map([[stream, low]]),
    isDamaged,
  });
  const done = Object.entries({ ...rest }).filter(
    ([key, list]) => !key.startsWith('_') && Array.isArray(list) && list.length > 0,
  );
  return { kinds: findings.map(({ kind }) => kind), ...Object.fromEntries(done) };
}

const at = (first: number): string => segmentPathOf(stream, first);

test('what agrees is left alone and not read', () => {
  expect(plan([segment(0), segment(10)], [file(0), file(10)])).toEqual({ kinds: [] });
});

test('a missing file is a loss', () => {
  expect(plan([segment(0), segment(10)], [file(10)])).toMatchObject({
    kinds: ['segment_missing'],
    unregistered: [{ first: 0 }],
    losses: [{ first: 0, next: 10, reason: 'segment_missing' }],
  });
});

test('a file of another size, or without its footer, goes to quarantine and is a loss', () => {
  for (const change of [{ bytes: 5 }, { problem: 'has no footer at its end' }]) {
    const contents =
      change.problem === undefined ? { [at(0)]: inspected(0, { bytes: 5, crc32: 1 }) } : {};
    expect(plan([segment(0)], [file(0, change)], contents)).toMatchObject({
      kinds: ['segment_damaged'],
      quarantined: [at(0)],
      losses: [{ first: 0, next: 10, reason: 'segment_damaged' }],
    });
  }
});

test('two files that were swapped are renamed', () => {
  const files = [file(0, { bytes: 1010 }), file(10, { bytes: 1000 })];
  const contents = { [at(0)]: inspected(10), [at(10)]: inspected(0) };
  expect(plan([segment(0), segment(10)], files, contents)).toEqual({
    kinds: ['segment_misplaced', 'segment_misplaced'],
    moved: [
      { from: at(10), to: at(0) },
      { from: at(0), to: at(10) },
    ],
  });
});

test('a file left on its way to its name is brought there', () => {
  const path = `${at(0)}.moving`;
  const files = [file(0, { path, first: -1 })];
  expect(plan([segment(0)], files, { [path]: inspected(0) })).toEqual({
    kinds: ['segment_misplaced'],
    moved: [{ from: path, to: at(0) }],
  });
});

test('a file that was not written to its end is deleted', () => {
  const path = `${at(20)}.tmp`;
  const files = [file(20, { path, isTemporary: true, problem: 'has no footer at its end' })];
  expect(plan([], files)).toEqual({ kinds: ['segment_leftover'], deleted: [path] });
});

test('a whole file that was not registered yet is registered', () => {
  expect(plan([segment(0)], [file(0), file(10)], { [at(10)]: inspected(10) })).toMatchObject({
    kinds: ['segment_unregistered'],
    registered: [{ first: 10, next: 20 }],
  });
});

test('a file below the low watermark was dropped before, unless the table lost rows', () => {
  const contents = { [at(0)]: inspected(0) };
  expect(plan([segment(10)], [file(0), file(10)], contents, { low: 10 })).toEqual({
    kinds: ['segment_leftover'],
    deleted: [at(0)],
  });
  const damaged = plan([segment(10)], [file(0), file(10)], contents, { low: 10, isDamaged: true });
  expect(damaged).toMatchObject({ registered: [{ first: 0 }] });
});

test('a file with offsets of a registered one goes to quarantine', () => {
  const overlapping = inspected(5, { first: 5, next: 15 });
  expect(plan([segment(0)], [file(0), file(5)], { [at(5)]: overlapping })).toEqual({
    kinds: ['segment_unregistered'],
    quarantined: [at(5)],
  });
});

test('a file that cannot be decoded goes to quarantine', () => {
  const contents = { [at(10)]: inspected(10, { problem: 'broken page' }) };
  expect(plan([], [file(10)], contents)).toEqual({
    kinds: ['segment_damaged'],
    quarantined: [at(10)],
  });
});
