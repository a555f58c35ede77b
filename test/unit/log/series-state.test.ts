// What each series did last, against a map kept row by row.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SeriesSnapshot, SeriesState } from '../../../src/log/series-state.ts';
import { anyRow, columnsOf, numbered, type Row } from '../../support/reading-rows.ts';

function model(rows: readonly Row[]): SeriesSnapshot[] {
  const known = new Map<number, SeriesSnapshot>();
  for (const { series, receivedAtUs, measuredAtUs, value } of rows) {
    const before = known.get(series);
    known.set(series, {
      series,
      firstSeenUs: before?.firstSeenUs ?? receivedAtUs,
      lastSeenUs: receivedAtUs,
      readings: (before?.readings ?? 0) + 1,
      value,
      measuredAtUs,
    });
  }
  return [...known.values()].sort((a, b) => a.series - b.series);
}

function sorted(snapshots: readonly SeriesSnapshot[]): SeriesSnapshot[] {
  return [...snapshots].sort((a, b) => a.series - b.series);
}

const batch = fc.array(anyRow(300), { maxLength: 40 });

test('holds the first and last time, the count and the last value of each series', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
      const state = new SeriesState();
      for (const rows of batches) state.note(columnsOf(numbered(0, rows)));
      expect(sorted(state.takeDirty())).toEqual(model(numbered(0, batches.flat())));
    }),
  );
});

test('gives only what changed since it was asked, with the whole history in it', () => {
  fc.assert(
    fc.property(batch, batch, (before, after) => {
      const state = new SeriesState();
      state.note(columnsOf(numbered(0, before)));
      state.takeDirty();
      expect(state.isDirty).toBe(false);
      state.note(columnsOf(numbered(0, after)));
      expect(state.isDirty).toBe(after.length > 0);
      const changed = new Set(after.map(({ series }) => series));
      const all = model(numbered(0, [...before, ...after]));
      expect(sorted(state.takeDirty())).toEqual(all.filter(({ series }) => changed.has(series)));
    }),
  );
});

test('goes on from what was stored', () => {
  fc.assert(
    fc.property(batch, batch, (before, after) => {
      const first = new SeriesState();
      first.note(columnsOf(numbered(0, before)));
      const second = new SeriesState();
      for (const snapshot of first.takeDirty()) second.restore(snapshot);
      expect(second.isDirty).toBe(false);
      second.note(columnsOf(numbered(0, after)));
      const changed = new Set(after.map(({ series }) => series));
      const all = model(numbered(0, [...before, ...after]));
      expect(sorted(second.takeDirty())).toEqual(all.filter(({ series }) => changed.has(series)));
    }),
  );
});
