// Why a consumer does not get on, and since when.
import { expect, test } from 'vitest';
import { stallOf } from '../../../src/observability/stall.ts';

const SECOND = 1_000_000;
const NOW = 1000 * SECOND;
const ago = (seconds: number): number => NOW - seconds * SECOND;

const lagging = { nextOffset: 5, committedAtUs: ago(1), isGroup: false };
const connected = {
  subscriptions: 1,
  connectedAtUs: ago(500),
  waitingSinceUs: null,
  leftAtUs: null,
};
const gone = { subscriptions: 0, connectedAtUs: null, waitingSinceUs: null, leftAtUs: ago(7) };
const stream = { highWatermark: 10, nowUs: NOW };

test('what has everything is held up by nothing, connected or not', () => {
  expect(stallOf({ ...lagging, nextOffset: 10 }, gone, stream)).toBeNull();
  expect(stallOf(lagging, connected, stream)).toBeNull();
});

test('what is not connected is so since its last subscription ended', () => {
  expect(stallOf(lagging, gone, stream)).toEqual({ reason: 'not_connected', sinceUs: ago(7) });
});

test('a window is full once it has been for two seconds', () => {
  const waiting = (seconds: number) => ({ ...connected, waitingSinceUs: ago(seconds) });
  expect(stallOf(lagging, waiting(1.9), stream)).toBeNull();
  expect(stallOf(lagging, waiting(2), stream)).toEqual({
    reason: 'window_full',
    sinceUs: ago(2),
  });
});

test('no commit for a minute is told, counted from the subscription if that is later', () => {
  const committed = (seconds: number) => ({ ...lagging, committedAtUs: ago(seconds) });
  expect(stallOf(committed(59), connected, stream)).toBeNull();
  expect(stallOf(committed(60), connected, stream)).toEqual({
    reason: 'no_commit',
    sinceUs: ago(60),
  });
  const late = { ...connected, connectedAtUs: ago(20) };
  expect(stallOf(committed(60), late, stream)).toBeNull();
});

test('a group is told of by its members', () => {
  expect(stallOf({ ...lagging, isGroup: true }, gone, stream)).toBeNull();
});
