// Which dead letters go when there are too many, against a plain list of their sizes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/log/dead-letter-store.ts';

const limits = { countMax: 50, bytesMax: 1000 };

const lettersOf = (sizes: readonly number[], receivedAtUs = 0) =>
  sizes.map((bytes) => ({ bytes, receivedAtUs }));

/** What a log does with a commit of letters of these sizes; gives what it trimmed. */
function commit(store: DeadLetterStore, sizes: readonly number[]): number {
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  const below = store.trimBelow(sizes.length, bytes);
  const trimmed = below < 0 ? 0 : store.takeBelow(below);
  store.committed(lettersOf(sizes), { trimBelow: below, gone: trimmed });
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

const none = { trimBelow: -1, gone: 0 };

test('letters that were taken leave room, go once, and count on disk until that is durable', () => {
  const store = new DeadLetterStore({ countMax: 5, bytesMax: 1000 });
  store.committed(lettersOf([10, 20, 30, 40, 50]), none);
  expect(store.take([1, 3, 3, 99])).toEqual([1, 3]);
  expect(store.take([1])).toEqual([]);
  expect([store.has(0), store.has(1), store.has(99), store.has(-1)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(store).toMatchObject({ count: 3, bytes: 90, storedCount: 5, nextId: 5 });
  store.committed([], { trimBelow: -1, gone: 2 });
  expect(store.storedCount).toBe(3);
  expect(store.trimBelow(2, 10)).toBe(-1);
  const below = store.trimBelow(4, 10);
  expect([below, store.takeBelow(below), store.take([0, 2])]).toEqual([3, 2, []]);
  store.committed(lettersOf([1, 1, 1, 1]), { trimBelow: below, gone: 2 });
  expect(store).toMatchObject({ count: 5, bytes: 54, firstId: 3, nextId: 9, storedCount: 5 });
});

test('finds the letters received before a time, whatever their order, and no others', () => {
  const times = fc.array(fc.nat({ max: 100 }), { maxLength: 40 });
  fc.assert(
    fc.property(times, fc.array(fc.nat({ max: 101 }), { maxLength: 10 }), (all, cutoffs) => {
      const store = new DeadLetterStore({ countMax: 100, bytesMax: 1000 });
      let kept = all.map((receivedAtUs, id) => ({ id, receivedAtUs }));
      for (const { receivedAtUs } of kept) store.committed(lettersOf([1], receivedAtUs), none);
      for (const cutoff of cutoffs) {
        const old = kept.filter(({ receivedAtUs }) => receivedAtUs < cutoff);
        expect(store.olderThan(cutoff)).toEqual(old.map(({ id }) => id));
        // Asked twice, as when nobody took them.
        expect(store.take(store.olderThan(cutoff)).length).toBe(old.length);
        kept = kept.filter((each) => !old.includes(each));
        expect(store.count).toBe(kept.length);
      }
    }),
  );
});

test('counts the new ones, not those of a clock that was far ahead', () => {
  const store = new DeadLetterStore({ countMax: 100, bytesMax: 1000 });
  for (const time of [90, 500, 106, 130, 135, 150, 160])
    store.committed(lettersOf([1], time), none);
  const counts = [149, 150, 155, 160, 209, 210].map((time) => store.newCount(time, 50));
  expect(counts).toEqual([5, 5, 5, 4, 1, 0]);
  store.take([5]);
  expect(store.newCount(150, 50)).toBe(4);
});
