// What somebody should look at, out of the gateway's state.
import { expect, test } from 'vitest';
import type { GroupStatus } from '../../../src/core/group.ts';
import { ALERTS_MAX, alertCodes, alertsOf } from '../../../src/observability/alerts.ts';
import { consumerReport, gatewayStatus, NOW_US } from '../../support/gateway-status.ts';

const HOUR_US = 3600 * 1_000_000;
const inHours = (hours: number): number => NOW_US + hours * HOUR_US;

const group: GroupStatus = {
  stream: 'readings',
  group: 'mill',
  nextOffset: 0,
  settledAbove: 0,
  members: 1,
  credits: 1,
  inFlight: 1,
  waitingRedelivery: 0,
  waitingDevices: 0,
  redeliveries: 0,
  deadLetters: 0,
  stall: null,
  settings: { ackDeadlineMs: 1, deliveriesMax: 0, devices: [], metrics: [] },
};
const port = { name: 'meter', path: '/dev/ttyUSB0', isOpen: true, problem: null };

function told(changes: Parameters<typeof gatewayStatus>[0]): unknown[] {
  return alertsOf(gatewayStatus(changes)).map(({ code, severity, subject }) => {
    return [code, severity, subject].filter(Boolean).join(' ');
  });
}

test('nothing is told of a gateway that does well', () => {
  expect(told({})).toEqual([]);
  const consumers = [
    consumerReport({ losesDataAtUs: inHours(25), lag: 5 }),
    consumerReport({ stall: { reason: 'not_connected', sinceUs: NOW_US } }),
  ];
  expect(told({ consumers, groups: [group], serialPorts: [port] })).toEqual([]);
  expect(told({ log: { deadLetters: 70, lost: { retention: 5 } } })).toEqual([]);
  const lostAtUs = {
    retention_age: inHours(-1),
    disk_full: inHours(1),
    dead_letters_purged: NOW_US,
  };
  expect(told({ log: { lostAtUs } })).toEqual([]);
});

test('a log that takes nothing, and a disk with a fault', () => {
  expect(told({ log: { problem: 'no space' } })).toEqual(['not_ready critical']);
  const disk = { freeBytes: 0, sizeBytes: 1, fullAtUs: inHours(1) };
  for (const state of ['full', 'read_only', 'failing', 'other'] as const) {
    expect(told({ log: { disk: { ...disk, state } } })).toEqual(['disk_fault critical']);
  }
});

test.each([
  [null, []],
  [7 * 24 + 1, []],
  [7 * 24 - 1, ['disk_fills warning']],
  [25, ['disk_fills warning']],
  [23, ['disk_fills critical']],
  [-1, ['disk_fills critical']],
])('a disk that is full in %s hours: %j', (hours, expected) => {
  const fullAtUs = hours === null ? null : inHours(hours);
  const disk = { freeBytes: 1, sizeBytes: 2, state: 'ok', fullAtUs } as const;
  expect(told({ log: { disk } })).toEqual(expected);
});

test.each([
  [25, []],
  [23, ['consumer_loses_data warning readings/reader']],
  [0.9, ['consumer_loses_data critical readings/reader']],
  [-3, ['consumer_loses_data critical readings/reader']],
])('a consumer that loses data in %d hours: %j', (hours, expected) => {
  const stall = { reason: 'not_connected', sinceUs: 1 } as const;
  const consumers = [consumerReport({ losesDataAtUs: inHours(hours), lag: 1234, stall })];
  expect(told({ consumers })).toEqual(expected);
});

test('a consumer, a group and a port that do not get on', () => {
  const stalled = (reason: 'window_full' | 'no_commit') =>
    consumerReport({ lag: 7, stall: { reason, sinceUs: NOW_US - HOUR_US } });
  const sinceUs = NOW_US - HOUR_US;
  expect(
    told({
      consumers: [stalled('window_full'), stalled('no_commit')],
      groups: [{ ...group, stall: { reason: 'all members are busy', sinceUs } }],
      serialPorts: [{ ...port, isOpen: false, problem: 'no such device' }],
    }),
  ).toEqual([
    'serial_port_closed warning meter',
    'consumer_stalled warning readings/reader',
    'consumer_stalled warning readings/reader',
    'group_stalled warning readings/mill',
  ]);
  const stall = { reason: 'all members are busy', sinceUs: NOW_US - 5 };
  expect(told({ groups: [{ ...group, stall }] })).toEqual([]);
  const [alert] = alertsOf(gatewayStatus({ consumers: [stalled('no_commit')] }));
  expect(alert).toMatchObject({
    message: 'It reads and does not commit. It is 7 readings behind.',
    sinceUs: NOW_US - HOUR_US,
  });
});

test('a full stream, and what it does then', () => {
  expect(told({ stream: { isFull: true } })).toEqual(['stream_full critical readings']);
  const refusing = { isFull: true, onFull: 'refuse' } as const;
  const [alert] = alertsOf(gatewayStatus({ stream: refusing }));
  expect(alert?.message).toContain('takes nothing more');
});

test('slow commits, silent devices, what came lately, and what a start mended', () => {
  expect(told({ log: { commitMsP99: 1001 } })).toEqual(['commits_slow warning']);
  expect(told({ log: { commitMsP99: 1001, commits: 0 } })).toEqual([]);
  expect(told({ log: { staleDevices: 2 } })).toEqual(['devices_silent warning']);
  expect(told({ log: { newDeadLetters: 3 } })).toEqual(['dead_letters warning']);
  const hour = { retention_age: inHours(-0.9), disk_full: NOW_US, wal_damaged: inHours(-1.1) };
  const [losses] = alertsOf(gatewayStatus({ log: { lostAtUs: hour } }));
  expect(losses).toMatchObject({ code: 'losses', severity: 'critical' });
  expect(losses?.message).toMatch(/within the last hour: retention_age, disk_full\.$/);
  expect(told({ log: { recoveryFindings: 1 } })).toEqual(['mended_at_start warning']);
  const startedAtUs = NOW_US - 25 * HOUR_US;
  expect(told({ startedAtUs, log: { recoveryFindings: 1 } })).toEqual([]);
});

test('critical ones are first, and only so many are told', () => {
  const consumers = Array.from({ length: 500 }, (_, index) =>
    consumerReport({ consumer: `c${index}`, losesDataAtUs: inHours(index === 499 ? 0 : 5) }),
  );
  const alerts = alertsOf(gatewayStatus({ consumers, log: { problem: 'x' } }));
  expect(alerts).toHaveLength(ALERTS_MAX);
  expect(alerts.slice(0, 2).map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'not_ready ',
    'consumer_loses_data readings/c499',
  ]);
  for (const { message, remedy, code } of alerts) {
    expect(message).toMatch(/^[A-Z\d].*$/);
    expect(remedy).toMatch(/\.$/);
    expect(alertCodes).toContain(code);
  }
});
