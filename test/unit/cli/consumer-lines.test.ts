// Consumers as people and programs read them, and what was done to one.
import { expect, test } from 'vitest';
import {
  changeJson,
  consumerJson,
  consumerLines,
  deletedLines,
  movedLines,
} from '../../../src/cli/consumers/consumer-lines.ts';
import { localTime } from '../../../src/cli/time-text.ts';

const nowUs = 1_738_324_800_000_000n;
const agoUs = (seconds: number): bigint => nowUs - BigInt(seconds) * 1_000_000n;

const alarm = {
  stream: 'readings',
  consumer: 'alarm',
  nextOffset: 1200n,
  lag: 3400n,
  committedAtUs: agoUs(62),
  losesDataAtUs: 0n,
  isProtected: false,
  oldestUnreadAtUs: agoUs(723),
  readingsPerSecond: 12.345,
  subscriptions: 1,
  stall: undefined,
  isGroup: false,
  nowUs,
};
const name = { stream: '', consumer: 'alarm' };

test('a line each, with what holds it up and since when', () => {
  const lines = consumerLines([
    { ...alarm, stall: { reason: 'window_full', sinceUs: agoUs(600) } },
    { ...alarm, consumer: 'two', subscriptions: 2, readingsPerSecond: 1234.5 },
    { ...alarm, consumer: 'idle', subscriptions: 0, lag: 0n, oldestUnreadAtUs: undefined },
    { ...alarm, consumer: 'old', stall: { reason: 'not_connected', sinceUs: agoUs(400_000) } },
    { ...alarm, consumer: 'work', isGroup: true },
  ]);
  const clock = (us: bigint): string => localTime(us).slice(11, 16);
  const date = (us: bigint): string => localTime(us).slice(0, 16);
  expect(lines[0]).toMatch(/^CONSUMER +STREAM +LAG +UNREAD FOR +A SECOND +LAST COMMIT +STATE$/);
  expect(lines[1]).toMatch(
    /^alarm +readings +3,400 +12 min 3 s +12\.3 +1 min 2 s ago +window full since /,
  );
  expect(lines[1]).toContain(`since ${clock(agoUs(600))}`);
  expect(lines[2]).toMatch(/ 1234 .* connected, 2 times$|1235 .* connected, 2 times$/);
  expect(lines[3]).toMatch(/^idle +readings +0 +- .* not connected$/);
  expect(lines[4]).toContain(`not connected since ${date(agoUs(400_000))}`);
  expect(lines[5]).toMatch(/ group$/);
});

test('for programs, times as times and offsets as strings', () => {
  const stall = { reason: 'no_commit', sinceUs: agoUs(90) };
  expect(JSON.parse(consumerJson({ ...alarm, stall }))).toEqual({
    event: 'consumer',
    stream: 'readings',
    consumer: 'alarm',
    isGroup: false,
    nextOffset: '1200',
    lag: 3400,
    oldestUnreadAt: '2025-01-31T11:47:57.000000Z',
    unreadSeconds: 723,
    readingsPerSecond: 12.345,
    committedAt: '2025-01-31T11:58:58.000000Z',
    subscriptions: 1,
    stall: { reason: 'no_commit', since: '2025-01-31T11:58:30.000000Z' },
    losesDataAt: null,
    isProtected: false,
  });
  expect(JSON.parse(changeJson(alarm))).toMatchObject({ consumer: 'alarm', stall: null });
});

test('a move says where it goes on, what is gone, and what is still open', () => {
  const quiet = { ...alarm, subscriptions: 0 };
  expect(movedLines(name, { consumer: quiet, lowWatermark: 0n })).toEqual([
    'alarm of readings goes on at offset 1200: 3,400 readings to read.',
  ]);
  const lines = movedLines(name, { consumer: { ...alarm, lag: 1n }, lowWatermark: 1500n });
  expect(lines).toEqual([
    'alarm of readings goes on at offset 1200: 1 reading to read.',
    'Offsets 1200 to 1499 are gone: it is told so by a gap.',
    expect.stringMatching(/^One subscription of it is open and goes on where it is: .* Restart/),
  ]);
  const two = movedLines(name, { consumer: { ...alarm, subscriptions: 2 }, lowWatermark: 0n });
  expect(two[1]).toMatch(/^2 subscriptions of it are open and go on where/);
});

test('a deletion says where it was, what is still open, and what is kept for it', () => {
  expect(deletedLines(name, { ...alarm, subscriptions: 0 })).toEqual([
    'alarm is deleted; it was at offset 1200.',
  ]);
  expect(deletedLines(name, { ...alarm, isProtected: true })).toEqual([
    'alarm is deleted; it was at offset 1200.',
    'One subscription of it is open and goes on: its next commit makes the consumer anew.',
    expect.stringMatching(/^The retention of its stream protects it: /),
  ]);
});
