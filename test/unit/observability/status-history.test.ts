// The gateway's state over the last day: bounded, with gaps where it did not answer.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HistoryRing } from '../../../src/observability/history-ring.ts';
import { StatusHistory } from '../../../src/observability/status-history.ts';
import { consumerReport, gatewayStatus, NOW_US } from '../../support/gateway-status.ts';

const SECOND_US = 1_000_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const at = (seconds: number, received = seconds * 10) =>
  gatewayStatus({ log: { nowUs: NOW_US + seconds * SECOND_US, readingsDecoded: received } });

test('keeps the newest samples of a ring that never grows', () => {
  const ring = new HistoryRing({ samplesMax: 4, consumersMax: 2 });
  for (let second = 0; second < 11; second++) ring.add(at(second));
  const times = ring.samplesSince(0).map(({ timeUs }) => (timeUs - NOW_US) / SECOND_US);
  expect(times).toEqual([7, 8, 9, 10]);
  expect(ring.samplesSince(NOW_US + 9 * SECOND_US)).toHaveLength(2);
});

test('keeps the lag of so many consumers, and forgets those that are deleted', () => {
  const ring = new HistoryRing({ samplesMax: 4, consumersMax: 2 });
  const add = (...consumers: readonly [string, number][]): void => {
    const reports = consumers.map(([consumer, lag]) => consumerReport({ consumer, lag }));
    ring.add({ ...at(0), consumers: reports });
  };
  add(['a', 1], ['b', 2], ['c', 3]);
  add(['a', 10], ['b', 20], ['c', 30]);
  const lags = () => ring.lagsSince(0).map(({ consumer, lags }) => [consumer, ...lags]);
  expect(lags()).toEqual([
    ['a', 1, 10],
    ['b', 2, 20],
  ]);
  add(['b', 200], ['c', 300]);
  expect(lags()).toEqual([
    ['b', 2, 20, 200],
    ['c', Number.NaN, Number.NaN, 300],
  ]);
});

test('asks soon and then every ten seconds, one question at a time, and leaves a gap without an answer', async () => {
  const startMs = Date.now();
  let questions = 0;
  const history = new StatusHistory(async () => {
    questions += 1;
    if (questions === 3) throw new Error('the log does not answer');
    return at((Date.now() - startMs) / 1000);
  });
  history.start();
  await vi.advanceTimersByTimeAsync(50_000);
  history.stop();
  await vi.advanceTimersByTimeAsync(50_000);
  expect(questions).toBe(7);
  const { stepMs, points } = history.last(3_600_000, NOW_US + 50 * SECOND_US);
  expect(stepMs).toBe(10_000);
  expect(points.map(({ timeUs }) => (timeUs - NOW_US) / SECOND_US)).toEqual([2, 20, 30, 40, 50]);
  expect(points.every(({ receivedPerSecond }) => receivedPerSecond === 10)).toBe(true);
});

test('does not ask again while it waits for an answer', async () => {
  let questions = 0;
  const history = new StatusHistory(() => {
    questions += 1;
    return new Promise(() => undefined);
  });
  history.start();
  await vi.advanceTimersByTimeAsync(60_000);
  history.stop();
  expect(questions).toBe(1);
});
