// Opening the log again and again: what is waited for, what is not, and what ends it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MillpondError } from '../../../src/core/errors.ts';
import { type OpenLogOptions, openLog } from '../../../src/log/open-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function fault(code: string): MillpondError {
  const cause = Object.assign(new Error(code), { code });
  return new MillpondError('DATA_DIR_UNUSABLE', `cannot be used: ${code}`, { cause });
}

function rig(outcomes: (string | Error)[], changes: Partial<OpenLogOptions<string>> = {}) {
  const attemptsMs: number[] = [];
  const told: string[] = [];
  const stopping = new AbortController();
  const startedMs = Date.now();
  const opened = openLog<string>({
    async open() {
      attemptsMs.push(Date.now() - startedMs);
      const outcome = outcomes.length > 1 ? outcomes.shift()! : outcomes[0]!;
      if (typeof outcome === 'string') return outcome;
      throw outcome;
    },
    makeRoom: () => false,
    waiting: (_error, disk) => told.push(disk),
    signal: stopping.signal,
    retryMs: { first: 100, max: 400 },
    ...changes,
  });
  opened.catch(() => undefined);
  return { opened, attemptsMs, told, stop: () => stopping.abort() };
}

test('a disk that is well is opened at once, and nothing is told', async () => {
  const { opened, told } = rig(['log']);
  expect(await opened).toBe('log');
  expect(told).toEqual([]);
});

test('faults that pass are waited for, longer each time up to the most', async () => {
  const faults = ['ENOSPC', 'EROFS', 'EIO', 'EIO', 'EIO'].map(fault);
  const { opened, attemptsMs, told } = rig([...faults, 'log']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await opened).toBe('log');
  expect(told).toEqual(['full', 'read_only', 'failing', 'failing', 'failing']);
  expect(attemptsMs).toEqual([0, 100, 300, 700, 1100, 1500]);
});

test.each([
  fault('EACCES'),
  new MillpondError('DATA_DIR_IN_USE', 'in use'),
  new MillpondError('LOG_CORRUPT', 'damaged'),
])('%s lasts, so it is thrown at once', async (error) => {
  const { opened, told } = rig([error]);
  await expect(opened).rejects.toBe(error);
  expect(told).toEqual([]);
});

test('a fault that lasts is thrown also after one that passed', async () => {
  const { opened } = rig([fault('EIO'), fault('EACCES')]);
  await vi.advanceTimersByTimeAsync(100);
  await expect(opened).rejects.toMatchObject({ message: 'cannot be used: EACCES' });
});

test('with room made on a full disk it is tried again at once, and waits when there is none', async () => {
  const rooms = [true, false];
  const makeRoom = () => rooms.shift() ?? false;
  const full = fault('ENOSPC');
  const { opened, attemptsMs, told } = rig([full, full, 'log'], { makeRoom });
  await vi.advanceTimersByTimeAsync(100);
  expect(await opened).toBe('log');
  expect(attemptsMs).toEqual([0, 0, 100]);
  expect(told).toEqual(['full']);
});

test('room is made for a full disk alone', async () => {
  const makeRoom = vi.fn(() => true);
  const { opened } = rig([fault('EROFS'), 'log'], { makeRoom });
  await vi.advanceTimersByTimeAsync(100);
  await opened;
  expect(makeRoom).not.toHaveBeenCalled();
});

test('a stop ends the waiting at once', async () => {
  const { opened, attemptsMs, stop } = rig([fault('EIO')]);
  await vi.advanceTimersByTimeAsync(50);
  stop();
  expect(await opened).toBeNull();
  expect(attemptsMs).toEqual([0]);
});

test('a stop during an attempt lets it end, and no other follows', async () => {
  let end = (_error: Error): void => {};
  const open = vi.fn(
    () =>
      new Promise<string>((_resolve, reject) => {
        end = reject;
      }),
  );
  const { opened, told, stop } = rig([], { open });
  stop();
  end(fault('ENOSPC'));
  expect(await opened).toBeNull();
  expect(open).toHaveBeenCalledTimes(1);
  expect(told).toEqual([]);
});
