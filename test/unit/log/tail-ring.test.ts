// The ring against a plain array of rows: it gives the same or, for what it let go, nothing.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnBytes } from '../../../src/log/column-builder.ts';
import { TailRing } from '../../../src/log/tail-ring.ts';
import {
  anyRow,
  columnsOf,
  numbered,
  plainRows,
  type Row,
  rowsOf,
} from '../../support/reading-rows.ts';

const commits = fc.array(fc.array(anyRow(20), { maxLength: 12 }), { maxLength: 40 });

test('equals an array of the newest rows that fit', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      commits,
      fc.integer({ min: 100, max: 6000 }),
      (start, batches, bytesMax) => {
        const ring = new TailRing(bytesMax);
        let next = Math.min(start, Number.MAX_SAFE_INTEGER - 1000);
        const entries: { rows: Row[]; bytes: number }[] = [];
        for (const batch of batches) {
          const rows = numbered(next, batch);
          const columns = columnsOf(rows);
          ring.push(next, columns);
          next += rows.length;
          if (rows.length > 0) entries.push({ rows, bytes: columnBytes(columns) });
        }
        let kept = entries.length;
        let bytes = 0;
        while (kept > 0 && bytes + (entries[kept - 1]?.bytes ?? 0) <= bytesMax) {
          bytes += entries[--kept]?.bytes ?? 0;
        }
        const model = entries.slice(kept).flatMap(({ rows }) => rows);
        const first = model[0]?.offset ?? next;

        expect(ring.bytes).toBe(bytes);
        expect(ring.read(first - 1, 10)).toBeNull();
        expect(ring.read(next, 10)).toBeNull();
        for (const [index, { offset }] of model.entries()) {
          for (const rowsMax of [1, 3, model.length]) {
            const found = ring.read(offset, rowsMax)?.flatMap(rowsOf);
            expect(found).toEqual(model.slice(index, index + rowsMax));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('its memory', () => {
  test('is bounded by bytes, whatever is pushed', () => {
    const ring = new TailRing(10_000);
    for (let first = 0; first < 300_000; first += 100) {
      ring.push(first, columnsOf(plainRows(first, 100)));
      expect(ring.bytes).toBeLessThanOrEqual(10_000);
    }
    expect(ring.read(299_999, 10)?.flatMap(rowsOf)).toEqual(plainRows(299_999, 1));
  });

  test('holds nothing of a commit that is larger than the whole ring', () => {
    const ring = new TailRing(1000);
    ring.push(0, columnsOf(plainRows(0, 10)));
    ring.push(10, columnsOf(plainRows(10, 1000)));
    expect(ring.bytes).toBe(0);
    expect(ring.read(0, 1)).toBeNull();
    expect(ring.read(1009, 1)).toBeNull();
    ring.push(1010, columnsOf(plainRows(1010, 1)));
    expect(ring.read(1010, 5)?.flatMap(rowsOf)).toEqual(plainRows(1010, 1));
  });

  test('is given back by a commit that went, before the ring has turned round', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ring = new TailRing(1000);
    const gone = (() => {
      const columns = columnsOf(plainRows(0, 20));
      ring.push(0, columns);
      return new WeakRef(columns);
    })();
    ring.push(20, columnsOf(plainRows(20, 20)));
    expect(ring.read(0, 1)).toBeNull();
    // A WeakRef holds its target until the turn in which it was made has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(gone.deref()).toBeUndefined();
    expect(ring.read(20, 1)).not.toBeNull();
  });
});
