// The screen of `millpond status`, and its JSON.
import { expect, test } from 'vitest';
import { statusJson } from '../../../src/cli/status/status-json.ts';
import { statusScreen } from '../../../src/cli/status/status-screen.ts';
import { GetStatusResponse } from '../../../src/generated/millpond/v1/admin_service.ts';

const nowMs = Date.parse('2025-06-01T12:00:00Z');

function agoUs(seconds: number): bigint {
  return BigInt(nowMs - seconds * 1000) * 1000n;
}

const status = GetStatusResponse.fromPartial({
  version: '1.2.3',
  startedAtUs: agoUs(11_520),
  ready: true,
  streams: [{ stream: 'readings', lowWatermark: 1000n, highWatermark: 2_001_000n }],
  consumers: [
    {
      stream: 'readings',
      consumer: 'quick',
      nextOffset: 2_001_000n,
      lag: 0n,
      committedAtUs: agoUs(2),
    },
    {
      stream: 'readings',
      consumer: 'slow',
      nextOffset: 1000n,
      lag: 2_000_000n,
      committedAtUs: agoUs(90_000),
    },
  ],
  deadLetters: 3n,
  devices: 12n,
  mqttConnections: 5,
  subscribers: 1,
  log: {
    databaseBytes: 4_404_019n,
    walBytes: 0n,
    queueBytes: 2048n,
    commits: 1234n,
    commitMsP50: 1.26,
    commitMsP99: 6,
    series: 26n,
  },
});

const place = { address: '127.0.0.1:50051', nowMs };

test('fits on one screen, most important first, the laggards on top', () => {
  expect(statusScreen(status, place)).toEqual([
    'Millpond 1.2.3 at 127.0.0.1:50051: ready, up 3 h 12 min',
    '',
    'STREAM     READINGS  OLDEST  NEXT OFFSET',
    'readings  2,000,000    1000      2001000',
    '',
    'CONSUMER  STREAM          LAG  NEXT OFFSET  LAST COMMIT',
    'slow      readings  2,000,000         1000  1 d 1 h ago',
    'quick     readings          0      2001000  2 s ago',
    '',
    'Dead letters  3',
    'Devices       12, in 26 series',
    'Connections   5 MQTT, 1 subscribers',
    'Log on disk   4.2 MiB database, 0 B write-ahead log; 2.0 KiB waiting',
    'Commits       1,234; of the last thousand half within 1.3 ms, 99 % within 6.0 ms',
  ]);
});

test('says why it is not ready, without control characters', () => {
  const lines = statusScreen({ ...status, ready: false, problem: 'disk \u001b[2Jfull' }, place);
  expect(lines[0]).toContain('NOT READY');
  expect(lines[1]).toBe('  why: disk \\u001b[2Jfull');
});

test('a fresh gateway has no consumers and no commits', () => {
  const fresh = GetStatusResponse.fromPartial({ ready: true, log: {} });
  const lines = statusScreen(fresh, place).join('\n');
  expect(lines).toContain('No consumer has committed an offset yet.');
  expect(lines).toContain('none yet');
});

test('many consumers do not push the rest off the screen', () => {
  const consumers = Array.from({ length: 500 }, (_, number) => ({
    ...status.consumers[0]!,
    consumer: `c${number}`,
    lag: BigInt(number),
  }));
  const lines = statusScreen({ ...status, consumers }, place);
  expect(lines.length).toBeLessThan(40);
  expect(lines.join('\n')).toContain('c499 ');
  expect(lines).toContain('and 480 more, which lag less');
});

test('JSON has all of it, offsets as texts', () => {
  const parsed = JSON.parse(statusJson(status));
  expect(parsed).toMatchObject({
    ready: true,
    problem: null,
    startedAt: '2025-06-01T08:48:00.000000Z',
    streams: [{ stream: 'readings', lowWatermark: '1000', highWatermark: '2001000' }],
    deadLetters: 3,
    log: { databaseBytes: 4_404_019, commitMsP99: 6 },
  });
  expect(parsed.consumers[1]).toMatchObject({
    consumer: 'slow',
    nextOffset: '1000',
    lag: 2_000_000,
  });
});
