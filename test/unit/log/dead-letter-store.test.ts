// Which dead letters go when there are too many, against a plain list of their sizes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/log/dead-letter-store.ts';

const limits = { countMax: 50, bytesMax: 1000 };

/** What a log does with a commit of letters of these sizes; gives what it trimmed. */
function commit(store: DeadLetterStore, sizes: readonly number[]): number {
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  const below = store.trimBelow(sizes.length, bytes);
  const trimmed = below < 0 ? 0 : below - store.firstId;
  store.committed(sizes, below);
  return trimmed;
}

test('keeps the newest within both limits, whatever the sizes', () => {
  const size = fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 600 }));
  const commits = fc.array(fc.array(size, { minLength: 1, maxLength: 20 }), { maxLength: 60 });
  fc.assert(
    fc.property(commits, (all) => {
      const store = new DeadLetterStore(limits);
      let kept: number[] = [];
      let next = 0;
      for (const sizes of all) {
        const bytes = sizes.reduce((sum, each) => sum + each, 0);
        const before = kept;
        const trimmed = commit(store, sizes);
        kept = [...kept.slice(trimmed), ...sizes];
        next += sizes.length;
        const keptBytes = kept.reduce((sum, each) => sum + each, 0);
        expect(store).toMatchObject({ count: kept.length, bytes: keptBytes, nextId: next });
        expect(store.firstId).toBe(next - kept.length);
        // A commit that is itself too large is kept whole, alone.
        expect(keptBytes).toBeLessThanOrEqual(Math.max(limits.bytesMax, bytes));
        expect(kept.length).toBeLessThanOrEqual(Math.max(limits.countMax, sizes.length));
        // Nothing goes that did not have to, but for a tenth at a time.
        const fits =
          before.length + sizes.length <= limits.countMax &&
          before.reduce((sum, each) => sum + each, 0) + bytes <= limits.bytesMax;
        if (fits) expect(trimmed).toBe(0);
      }
    }),
  );
});

test('makes room for more than one commit at a time', () => {
  const store = new DeadLetterStore(limits);
  for (let index = 0; index < 50; index++) commit(store, [1]);
  const trimmed = Array.from({ length: 20 }, () => commit(store, [1]));
  expect(trimmed.filter((count) => count > 0).length).toBeLessThanOrEqual(4);
  expect(trimmed[0]).toBe(5);
});

test('many small letters give way to a few large ones at once', () => {
  const store = new DeadLetterStore({ countMax: 100_000, bytesMax: 1_000_000 });
  commit(store, Array<number>(50_000).fill(10));
  for (let index = 0; index < 10; index++) {
    commit(store, [250_000]);
    expect(store.bytes).toBeLessThanOrEqual(1_000_000);
  }
});

test('letters that went on demand leave room, and are not counted again when the rest is trimmed', () => {
  const store = new DeadLetterStore({ countMax: 5, bytesMax: 1000 });
  store.committed([10, 20, 30, 40, 50], -1);
  store.committed([], -1, [1, 3, 3, 99]);
  expect([store.count, store.bytes, store.nextId]).toEqual([3, 90, 5]);
  expect(store.trimBelow(2, 10)).toBe(-1);
  expect(store.countBelow(store.nextId)).toBe(3);
  const below = store.trimBelow(4, 10);
  expect([below, store.countBelow(below)]).toEqual([3, 2]);
  store.committed([1, 1, 1, 1], below, [0]);
  expect([store.count, store.bytes, store.firstId, store.nextId]).toEqual([5, 54, 3, 9]);
});
