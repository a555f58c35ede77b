// The live page of `status --watch`, and what it remembers.
import { expect, test } from 'vitest';
import {
  CONSUMERS_MAX,
  POINTS_MAX,
  StatusHistory,
} from '../../../src/cli/status/status-history.ts';
import { type WatchedStatus, watchPage } from '../../../src/cli/status/watch-page.ts';
import { type Look, plainLook } from '../../../src/cli/terminal/look.ts';
import { textWidth } from '../../../src/cli/terminal/text-width.ts';
import { GetStatusResponse } from '../../../src/generated/millpond/v1/admin_service.ts';

const startedAtUs = 1_748_779_200_000_000n;

/** After so many seconds, with so many readings in all. */
function statusAt(seconds: number, readings: number, parts: object = {}): GetStatusResponse {
  return GetStatusResponse.fromPartial({
    version: '1.2.3',
    ready: true,
    startedAtUs,
    nowUs: startedAtUs + BigInt(seconds) * 1_000_000n,
    streams: [{ stream: 'readings', highWatermark: BigInt(readings) }],
    delivered: BigInt(2 * readings),
    log: { commitMsP99: 4, commits: 1n },
    ...parts,
  });
}

function watched(statuses: readonly GetStatusResponse[], more: object = {}): WatchedStatus {
  const history = new StatusHistory();
  for (const status of statuses) history.add(status);
  const status = statuses.at(-1) ?? null;
  return { address: 'x:1', status, history, staleDevices: [], away: null, ...more };
}

const look: Look = { ...plainLook, width: 80, isPlain: false };

function page(of: WatchedStatus, rows = 40, nowMs = 0): string[] {
  return watchPage(of, { rows, nowMs, look });
}

test('rates are between two answers, with their course and the most there was', () => {
  const lines = page(watched([statusAt(0, 0), statusAt(2, 200), statusAt(4, 250)]));
  const [name, value, course, most] = lines.find((line) => line.startsWith('In'))!.split(/ {2,}/);
  expect([name, value, course, most]).toEqual(['In', '25.0 /s', '█▃', 'most 100 /s']);
  expect(lines.find((line) => line.startsWith('Out'))).toMatch(/ 50\.0 \/s .* most 200 \/s$/);
  expect(lines.find((line) => line.startsWith('Commits p99'))).toMatch(
    / 4\.0 ms .*███ {2}most 4\.0/,
  );
});

test('a restart of the gateway, and a clock that was set back, are no rates', () => {
  const restarted = { ...statusAt(3, 500), startedAtUs: startedAtUs + 1n };
  const history = new StatusHistory();
  for (const status of [statusAt(0, 0), statusAt(1, 10), restarted]) history.add(status);
  history.addNothing();
  history.add({ ...restarted, nowUs: restarted.nowUs - 1n });
  expect(history.received).toEqual([null, 10, null, null, null]);
});

test('however long it runs and however many consumers come and go, it remembers no more', () => {
  const history = new StatusHistory();
  for (let second = 0; second < POINTS_MAX + 100; second++) {
    const consumers = Array.from({ length: CONSUMERS_MAX + 50 }, (_, index) => ({
      stream: 'readings',
      consumer: `c${index + (second % 7)}`,
      lag: BigInt(index),
    }));
    history.add(statusAt(second, second, { consumers }));
  }
  expect(history.received).toHaveLength(POINTS_MAX);
  expect(history.commitMs).toHaveLength(POINTS_MAX);
  const names = Array.from({ length: 200 }, (_, index) => history.lagsOf('readings', `c${index}`));
  expect(names.filter((lags) => lags.length > 0)).toHaveLength(CONSUMERS_MAX);
  expect(Math.max(...names.map((lags) => lags.length))).toBe(POINTS_MAX);
});

test('bars for the disk and for streams with a limit, the trend of a lag, who is silent', () => {
  const parts = (lag: bigint) => ({
    disk: { freeBytes: 250n, sizeBytes: 1000n, state: 'ok' },
    streams: [{ stream: 'power', sealedBytes: 512n, retention: { bytes: 1024n } }],
    consumers: [{ stream: 'power', consumer: 'slow', lag, committedAtUs: startedAtUs }],
    devices: 20n,
    staleDevices: 3n,
  });
  const lines = page(
    watched([statusAt(0, 0, parts(1n)), statusAt(1, 0, parts(800n))], {
      staleDevices: ['attic', 'b\u001barn'],
    }),
  );
  expect(lines).toContain(`Disk               75 %  ${'█'.repeat(18)}░░░░░░  250 B of 1000 B free`);
  expect(lines).toContain(
    `Kept               50 %  ${'█'.repeat(12)}${'░'.repeat(12)}  power: 512 B of 1.0 KiB kept`,
  );
  expect(lines.find((line) => line.startsWith('slow'))).toMatch(/ 800 +▂█ +0 {2}1 s ago/);
  expect(lines).toContain('Silent: attic, b\\u001barn, and 1 more');
});

test('while there is no answer it says since when and why, above what was known', () => {
  const away = { sinceMs: 1000, message: 'nobody listens there' };
  const text = 'NO ANSWER for 2 s, trying again: nobody listens there';
  expect(page(watched([], { away }), 40, 3000)).toEqual([text, 'q ends']);
  expect(page(watched([statusAt(0, 7)], { away }), 40, 3000).slice(0, 2)).toEqual([
    'Millpond 1.2.3 at x:1: ready, up 0 s',
    text,
  ]);
});

test.each([10, 24, 60])('a window of %i lines is not overrun, nor is its width', (rows) => {
  const consumers = Array.from({ length: 500 }, (_, index) => ({
    stream: 'readings',
    consumer: `consumer-with-a-long-name-${index}`,
    lag: 2n ** 60n,
  }));
  const lines = page(watched([statusAt(0, 0, { consumers })]), rows);
  expect(lines.length).toBeLessThanOrEqual(rows);
  expect(lines.at(-1)).toBe('q ends');
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(80);
});

test.each([
  [12, 1],
  [24, 3],
  [40, 6],
  [400, 9],
])(
  'a window of %i lines shows the %i most urgent alerts, and the rest of the page',
  (rows, count) => {
    const alerts = Array.from({ length: 100 }, (_, index) => ({
      severity: 'critical',
      subject: `port-${index}`,
      message: 'It is not open.',
      remedy: 'Plug it in.',
    }));
    const lines = page(watched([statusAt(0, 7, { alerts })]), rows);
    const told = lines.filter((line) => line.startsWith('CRITICAL'));
    expect(told).toEqual(
      alerts.slice(0, count).map(({ subject }) => `CRITICAL ${subject}: It is not open.`),
    );
    expect(lines.slice(2 + 2 * count, 4 + 2 * count)).toEqual([`and ${100 - count} more`, '']);
    expect(lines.slice(4 + 2 * count, 6 + 2 * count)).toEqual([
      expect.stringMatching(/^In /),
      expect.stringMatching(/^Out /),
    ]);
    expect(lines.length).toBeLessThanOrEqual(rows);
  },
);
