// Many who ask at one time cost one call, and each gets what was found after he asked.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shareCalls } from '../../../src/core/shared-call.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Answers of a call that ends when the test says so: 1, 2, … */
function controlled() {
  const ends: (() => void)[] = [];
  let begun = 0;
  const call = (): Promise<number> => {
    begun += 1;
    const answer = begun;
    return new Promise((resolve) => ends.push(() => resolve(answer)));
  };
  return { call, ends, begun: () => begun };
}

/** Lets promises go on. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

test('those who ask while one is under way share the next, which begins after it', async () => {
  const { call, ends, begun } = controlled();
  const shared = shareCalls(call, 0);
  const first = shared();
  await settle();
  const others = [shared(), shared(), shared()];
  await settle();
  expect(begun()).toBe(1);
  ends[0]!();
  expect(await first).toBe(1);
  await settle();
  expect(begun()).toBe(2);
  ends[1]!();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
});

test('it begins at most once in the time between', async () => {
  let begun = 0;
  const shared = shareCalls(async () => ++begun, 100);
  expect(await shared()).toBe(1);
  const soon = [shared(), shared()];
  await vi.advanceTimersByTimeAsync(99);
  expect(begun).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await Promise.all(soon)).toEqual([2, 2]);
  await vi.advanceTimersByTimeAsync(1000);
  // Nobody waits who comes later.
  const late = shared();
  await settle();
  expect(begun).toBe(3);
  expect(await late).toBe(3);
});

test('an error is for those who shared the call, and the next one is asked again', async () => {
  let begun = 0;
  const shared = shareCalls(async () => {
    begun += 1;
    if (begun === 1) throw new Error('no');
    return begun;
  }, 0);
  const both = [shared(), shared()];
  expect(await Promise.allSettled(both)).toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  expect(await shared()).toBe(2);
});
