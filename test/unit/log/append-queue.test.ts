// Group commit over a target that the test controls: what is committed together, in which order it
// settles, and what becomes of it when writing fails.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MillpondError } from '../../../src/core/errors.ts';
import { AppendQueue, type CommitTarget } from '../../../src/log/append-queue.ts';

class Batch {
  readonly items: number[] = [];
  readonly commitIntervalMs: number;

  constructor(commitIntervalMs: number) {
    this.commitIntervalMs = commitIntervalMs;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }
}

interface Attempt {
  readonly batch: Batch;
  succeed(): Promise<void>;
  fail(): Promise<void>;
}

/** Each write waits until the test says how it ends. */
class FakeTarget implements CommitTarget<Batch> {
  readonly attempts: Attempt[] = [];
  readonly done: (batch: Batch) => void = (batch) => {
    this.durable.push(...batch.items);
  };
  readonly durable: number[] = [];
  readonly lost: number[] = [];
  readonly codes: string[] = [];
  readonly health: (string | null)[] = [];
  recoveries = 0;
  recoveryFailures = 0;

  get current(): Attempt {
    return this.attempts.at(-1) as Attempt;
  }

  write(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.attempts.push({
        batch,
        succeed: () => settle(resolve),
        fail: () => settle(() => reject(new Error('no space left'))),
      });
    });
  }

  recover(): Promise<void> {
    this.recoveries += 1;
    if (this.recoveryFailures === 0) return Promise.resolve();
    this.recoveryFailures -= 1;
    return Promise.reject(new Error('still no space'));
  }

  failed(batch: Batch, error: MillpondError): void {
    this.lost.push(...batch.items);
    this.codes.push(error.code);
  }

  failing(error: MillpondError | null): void {
    this.health.push(error === null ? null : error.code);
  }
}

/** Lets everything that follows from it happen, timers excepted. */
async function settle(end: () => void): Promise<void> {
  end();
  await vi.advanceTimersByTimeAsync(0);
}

const retryMs = { first: 100, max: 400 };

function rig(commitIntervalMs = 0, target = new FakeTarget()) {
  const queue = new AppendQueue<Batch>({
    create: () => new Batch(commitIntervalMs),
    target,
    retryMs,
  });
  let next = 0;
  return {
    queue,
    target,
    add(count = 1) {
      for (let i = 0; i < count; i++) queue.filling.items.push(next++);
      queue.kick();
    },
    get added() {
      return Array.from({ length: next }, (_, item) => item);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a commit', () => {
  test('starts at once when none is under way', () => {
    const { target, add } = rig();
    add();
    expect(target.attempts.map(({ batch }) => batch.items)).toEqual([[0]]);
  });

  test('takes everything that came while the last one was under way', async () => {
    const { target, add } = rig();
    add();
    add(3);
    add(2);
    expect(target.attempts).toHaveLength(1);
    await target.current.succeed();
    expect(target.current.batch.items).toEqual([1, 2, 3, 4, 5]);
    await target.current.succeed();
    expect(target.durable).toEqual([0, 1, 2, 3, 4, 5]);
    expect(target.attempts).toHaveLength(2);
  });

  test('is not settled before its write ended, and never takes what comes later', async () => {
    const { target, add } = rig();
    add(2);
    add(1);
    expect(target.durable).toEqual([]);
    await target.attempts[0]?.succeed();
    expect(target.durable).toEqual([0, 1]);
    expect(target.attempts[0]?.batch.items).toEqual([0, 1]);
  });

  test('is not made for nothing', () => {
    const { queue, target } = rig();
    queue.kick();
    expect(target.attempts).toHaveLength(0);
  });

  test('waits commitInterval from the end of the last one, and the first one does not', async () => {
    const { target, add } = rig(1000);
    add();
    expect(target.attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(700);
    await target.current.succeed();
    add(2);
    await vi.advanceTimersByTimeAsync(990);
    add(2);
    expect(target.attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(11);
    expect(target.current.batch.items).toEqual([1, 2, 3, 4]);
  });

  test('starts at once after a silence longer than commitInterval', async () => {
    const { target, add } = rig(1000);
    add();
    await target.current.succeed();
    await vi.advanceTimersByTimeAsync(5000);
    add();
    expect(target.attempts).toHaveLength(2);
  });
});

describe('a commit that fails', () => {
  test('is tried again whole, before anything that came later', async () => {
    const { target, add } = rig();
    add(2);
    add(3);
    await target.current.fail();
    await vi.advanceTimersByTimeAsync(retryMs.first);
    expect(target.attempts).toHaveLength(2);
    expect(target.attempts[1]?.batch).toBe(target.attempts[0]?.batch);
    expect(target.recoveries).toBe(1);
    await target.current.succeed();
    expect(target.durable).toEqual([0, 1]);
    await target.current.succeed();
    expect(target.durable).toEqual([0, 1, 2, 3, 4]);
    expect(target.lost).toEqual([]);
  });

  test('is tried after ever longer times, up to a limit', async () => {
    const { target, add } = rig();
    add();
    for (const [index, delayMs] of [100, 200, 400, 400].entries()) {
      await target.current.fail();
      await vi.advanceTimersByTimeAsync(delayMs - 1);
      expect(target.attempts).toHaveLength(index + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(target.attempts).toHaveLength(index + 2);
    }
  });

  test('is told while it lasts, and when it is over', async () => {
    const { target, add } = rig();
    add();
    await target.current.fail();
    await vi.advanceTimersByTimeAsync(retryMs.first);
    await target.current.fail();
    await vi.advanceTimersByTimeAsync(2 * retryMs.first);
    await target.current.succeed();
    add();
    await target.current.succeed();
    expect(target.health).toEqual(['LOG_WRITE_FAILED', 'LOG_WRITE_FAILED', null]);
  });

  test('is not written while recovering fails', async () => {
    const { target, add } = rig();
    target.recoveryFailures = 2;
    add();
    await target.current.fail();
    await vi.advanceTimersByTimeAsync(100 + 200);
    expect(target.recoveries).toBe(2);
    expect(target.attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(400);
    expect(target.attempts).toHaveLength(2);
    await target.current.succeed();
    expect(target.durable).toEqual([0]);
  });
});

test('a fault while settling is not taken for a failed write: nothing is settled twice', async () => {
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => {
    faults.push(fault);
  };
  // The gateway ends on it; the test runner must not.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', onFault);
  try {
    let settlements = 0;
    class Faulty extends FakeTarget {
      override readonly done = () => {
        settlements += 1;
        throw new Error('a listener failed');
      };
    }
    const { target, add } = rig(0, new Faulty());
    add();
    await target.current.succeed();
    await vi.advanceTimersByTimeAsync(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settlements).toBe(1);
    expect(target.attempts).toHaveLength(1);
    expect(faults).toMatchObject([{ message: 'a listener failed' }]);
  } finally {
    process.off('unhandledRejection', onFault);
    for (const other of others) process.on('unhandledRejection', other);
  }
});

describe('closing', () => {
  test('commits what is left and then resolves', async () => {
    const { queue, target, add } = rig();
    add();
    add(2);
    let isClosed = false;
    const closed = queue.close().then(() => {
      isClosed = true;
    });
    await target.current.succeed();
    expect(isClosed).toBe(false);
    await target.current.succeed();
    await closed;
    expect(target.durable).toEqual([0, 1, 2]);
    expect(target.lost).toEqual([]);
  });

  test('does not wait for commitInterval', async () => {
    const { queue, target, add } = rig(60_000);
    add();
    await target.current.succeed();
    add();
    const closed = queue.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(target.attempts).toHaveLength(2);
    await target.current.succeed();
    await closed;
  });

  test('an idle queue resolves', async () => {
    const { queue } = rig();
    await queue.close();
  });

  test('while a commit fails tries once more, at once', async () => {
    const { queue, target, add } = rig();
    add(2);
    await target.current.fail();
    const closed = queue.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(target.attempts).toHaveLength(2);
    await target.current.succeed();
    await closed;
    expect(target.durable).toEqual([0, 1]);
    expect(target.health).toEqual(['LOG_WRITE_FAILED', null]);
  });

  test('reports what still fails as failed, never as durable', async () => {
    const { queue, target, add } = rig();
    add(2);
    await target.current.fail();
    const closed = queue.close();
    await vi.advanceTimersByTimeAsync(0);
    await target.current.fail();
    await closed;
    expect(target.durable).toEqual([]);
    expect(target.lost).toEqual([0, 1]);
    expect(target.codes).toEqual(['LOG_WRITE_FAILED']);
  });

  test('makes nothing durable that came after something lost: offsets leave no hole', async () => {
    const { queue, target, add } = rig();
    add(2);
    await target.current.fail();
    add(3);
    const closed = queue.close();
    await vi.advanceTimersByTimeAsync(0);
    const attempts = target.attempts.length;
    await target.current.fail();
    await closed;
    expect(target.lost).toEqual([0, 1, 2, 3, 4]);
    expect(target.durable).toEqual([]);
    expect(target.attempts).toHaveLength(attempts);
  });

  test('refuses what comes after it', async () => {
    const { queue, target, add } = rig();
    await queue.close();
    add();
    await vi.advanceTimersByTimeAsync(0);
    expect(target.attempts).toHaveLength(0);
    expect(target.lost).toEqual([0]);
    expect(target.codes).toEqual(['LOG_STOPPING']);
    expect(target.health).toEqual([]);
  });
});

test('whatever fails and whenever: all is settled once, in order, in whole batches', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constantFrom('succeed' as const, 'fail' as const, 'wait' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(0, 250),
      fc.array(fc.boolean(), { maxLength: 4 }),
      async (steps, commitIntervalMs, endings) => {
        const each = rig(commitIntervalMs);
        const { queue, target, add } = each;
        const ended = new Set<Attempt>();
        const end = async (isSuccess: boolean): Promise<void> => {
          const attempt = target.attempts.at(-1);
          if (attempt === undefined || ended.has(attempt)) return;
          ended.add(attempt);
          await (isSuccess ? attempt.succeed() : attempt.fail());
        };
        for (const { kind, ...rest } of steps) {
          if (kind === 'add') add('count' in rest ? rest.count : 1);
          else if (kind === 'wait') await vi.advanceTimersByTimeAsync(150);
          else await end(kind === 'succeed');
          const settled = [...target.durable, ...target.lost];
          expect(settled).toEqual(each.added.slice(0, settled.length));
        }
        let isClosed = false;
        const closed = queue.close().then(() => {
          isClosed = true;
        });
        for (let turn = 0; !isClosed; turn++) {
          expect(turn).toBeLessThan(20);
          await vi.advanceTimersByTimeAsync(0);
          await end(endings[turn] ?? true);
        }
        await closed;
        // Durable first, in order; then, after the first that was lost, nothing but losses.
        expect([...target.durable, ...target.lost]).toEqual(each.added);
        const written = new Map(target.attempts.map(({ batch }) => [batch, [...batch.items]]));
        for (const [batch, items] of written) expect(batch.items).toEqual(items);
        expect([...written.values()].flat()).toEqual(
          each.added.slice(0, [...written.values()].flat().length),
        );
      },
    ),
    { numRuns: 200 },
  );
});
