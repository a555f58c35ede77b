// When the oldest reading came that a consumer has not committed: looked up once for each place.
import { expect, test } from 'vitest';
import type { Log } from '../../../src/log/log.ts';
import { OldestUnread } from '../../../src/log/oldest-unread.ts';
import type { Position } from '../../../src/log/position.ts';

const GAP = { first: 0, next: 10, reason: 'retention_age' };

/** A stream [10, 1000) whose reading `n` came at `n * 1000`; reads are noted, and may hang. */
function subject() {
  const stream = { name: 'readings', lowWatermark: 10, highWatermark: 1000 };
  const reads: number[] = [];
  const state = { stream, reads, isHanging: false, isFailing: false };
  const log = {
    stream: () => stream,
    read: async (_stream: unknown, from: number) => {
      reads.push(from);
      if (state.isHanging) await new Promise(() => {});
      if (state.isFailing) throw new Error('the disk is away');
      if (from < 10) return { gap: GAP, runs: [], next: 10 };
      const receivedAtUs = BigInt64Array.of(BigInt(from * 1000));
      return { gap: null, runs: [{ receivedAtUs }], next: from + 1 };
    },
  } as unknown as Pick<Log, 'stream' | 'read'>;
  return { ...state, state, oldest: new OldestUnread(log) };
}

function position(consumer: string, nextOffset: number): Position {
  const common = { kind: 'plain', committedAtUs: 1, revision: 1 } as const;
  return { stream: 'readings', consumer, nextOffset, ...common };
}

test('is looked up once while a consumer stands still, and again when it has moved', async () => {
  const { oldest, reads } = subject();
  await oldest.refresh([position('a', 500)]);
  await oldest.refresh([position('a', 500)]);
  expect(oldest.receivedAtUs(position('a', 500))).toBe(500_000);
  expect(reads).toEqual([500]);
  expect(oldest.receivedAtUs(position('a', 501))).toBeNull();
  await oldest.refresh([position('a', 501)]);
  expect(oldest.receivedAtUs(position('a', 501))).toBe(501_000);
});

test('is that of the oldest that is kept, and nothing where all is committed', async () => {
  const { oldest, reads } = subject();
  await oldest.refresh([position('behind', 3), position('done', 1000)]);
  expect(oldest.receivedAtUs(position('behind', 3))).toBe(10_000);
  expect(oldest.receivedAtUs(position('done', 1000))).toBeNull();
  expect(reads).toEqual([10]);
});

test('is looked up for those that lag most, so many at once', async () => {
  const { oldest, reads } = subject();
  const positions = Array.from({ length: 150 }, (_, index) => position(`c${index}`, 900 - index));
  await oldest.refresh(positions);
  expect(reads).toHaveLength(100);
  expect(Math.max(...reads)).toBe(850);
  await oldest.refresh(positions);
  expect(reads).toHaveLength(150);
});

test('nobody waits long for a disk that hangs, and one that fails makes it unknown', async () => {
  const { oldest, state } = subject();
  state.isFailing = true;
  await oldest.refresh([position('a', 20)]);
  expect(oldest.receivedAtUs(position('a', 20))).toBeNull();
  state.isFailing = false;
  state.isHanging = true;
  await oldest.refresh([position('a', 20)]);
  await oldest.refresh([position('a', 20)]);
  expect(oldest.receivedAtUs(position('a', 20))).toBeNull();
});
