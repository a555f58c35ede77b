// Who waits for which chart, for how long, and what ends when they go.
import { expect, test } from 'vitest';
import { ChartQueue } from '../../../../src/log/charts/chart-queue.ts';

const never = new AbortController().signal;

/** Reads that end when the test says so, or with their signal. */
function held() {
  const signals: AbortSignal[] = [];
  const ends: ((value: string) => void)[] = [];
  const read = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      signals.push(signal);
      ends.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return { signals, ends, read };
}

test('who asks for the same gets the same, read once', async () => {
  const queue = new ChartQueue<string>({ waitingMax: 1, timeLimitMs: 60_000 });
  const { ends, read } = held();
  const asked = [1, 2, 3].map(() => queue.ask('a', read, never));
  expect(ends).toHaveLength(1);
  ends[0]?.('chart');
  expect(await Promise.all(asked)).toEqual(['chart', 'chart', 'chart']);
  expect(queue.size).toBe(0);
});

test('one more than may wait is told so', async () => {
  const queue = new ChartQueue<string>({ waitingMax: 2, timeLimitMs: 60_000 });
  const { ends, read } = held();
  const asked = ['a', 'b'].map((key) => queue.ask(key, read, never));
  await expect(queue.ask('c', read, never)).rejects.toMatchObject({ code: 'SERIES_BUSY' });
  for (const end of ends) end('chart');
  await Promise.all(asked);
  const later = queue.ask('c', read, never);
  ends.at(-1)?.('later');
  expect(await later).toBe('later');
});

test('it is stopped when the last of those who asked has gone, and not before', async () => {
  const queue = new ChartQueue<string>({ waitingMax: 1, timeLimitMs: 60_000 });
  const { signals, ends, read } = held();
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [first, second].map(({ signal }) => queue.ask('a', read, signal));
  first.abort(new Error('gone'));
  await expect(asked[0]).rejects.toThrow('gone');
  expect(signals[0]?.aborted).toBe(false);
  second.abort(new Error('gone too'));
  await expect(asked[1]).rejects.toThrow('gone too');
  expect(signals[0]?.aborted).toBe(true);
  const again = queue.ask('a', read, never);
  ends[1]?.('anew');
  expect(await again).toBe('anew');
});

test('a chart has its time, waiting included', async () => {
  const queue = new ChartQueue<string>({ waitingMax: 1, timeLimitMs: 1 });
  // Waits its turn and does not look at its signal.
  const stuck = new Promise<string>(() => undefined);
  const asked = queue.ask('a', () => stuck, never);
  await expect(asked).rejects.toMatchObject({ code: 'SERIES_TIMEOUT' });
  await expect(queue.ask('b', () => stuck, never)).rejects.toMatchObject({ code: 'SERIES_BUSY' });
});
