// What `devices` prints, for people and for programs.
import { expect, test } from 'vitest';
import { deviceJson, deviceLines } from '../../../src/cli/devices/device-lines.ts';
import { Device } from '../../../src/generated/millpond/v1/admin_service.ts';

const nowUs = BigInt(Date.parse('2025-06-01T12:00:00.000Z')) * 1000n;
const seconds = (count: number): bigint => BigInt(Math.round(count * 1_000_000));

type Fields = Parameters<typeof Device.fromPartial>[0];

function told(fields: Fields) {
  const device = Device.fromPartial({ firstSeenUs: nowUs - seconds(9000), ...fields });
  return { ...device, nowUs };
}

function value(metric: string, number: number, unit: string, agoSeconds = 12) {
  const atUs = nowUs - seconds(agoSeconds);
  const value = { $case: 'number' as const, value: number };
  return { metric, value, unit, source: 'mqtt', measuredAtUs: atUs, receivedAtUs: atUs };
}

const cellar = told({
  device: 'cellar',
  profile: 'tasmota',
  lastSeenUs: nowUs - seconds(12),
  usualIntervalUs: seconds(300),
  readingsPerMinute: 0.4,
  readings: 99n,
  series: 3,
  latest: [
    { ...value('temperature', 21.699999999999, 'Cel'), channel: 'BME280' },
    value('humidity', 66.6, '%RH', 7200),
    { ...value('state', 0, ''), value: { $case: 'text', value: 'on\u001b[2J' } },
  ],
});
const silent = told({
  device: 'attic/north/window/with/a/long/name',
  lastSeenUs: nowUs - seconds(100_000),
  usualIntervalUs: seconds(60),
  readingsPerMinute: 1234.5,
  isStale: true,
  series: 300,
  latest: Array.from({ length: 200 }, (_, index) => value(`metric_${index}`, index, 'W', 100_000)),
});
const fresh = told({
  device: 'new',
  lastSeenUs: nowUs,
  series: 1,
  latest: [value('power', 1, 'W')],
});

test('a line for each device, and its latest values below', () => {
  const lines = deviceLines([cellar, fresh]);
  expect(lines[0]).toMatch(/^DEVICE +PROFILE +SILENT FOR +EVERY +A MINUTE$/);
  expect(lines[1]).toMatch(/^cellar +tasmota +12 s +5 min +0\.400$/);
  expect(lines.slice(2, 4).join(' ')).toMatch(
    /^ {4}BME280\/temperature 21\.7 Cel, humidity 66\.6 %RH \(2 h old\),\s+state "on\\u001b\[2J"$/,
  );
  expect(lines.at(-2)).toMatch(/^new +- +0 s +- +-$/);
  expect(lines.at(-1)).toBe('    power 1 W');
});

test('long names and many values stay within the screen, and the silent are marked', () => {
  const lines = deviceLines([cellar, silent]);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const at = lines.indexOf('attic/north/window/with/a/long/name');
  expect(lines[at + 1]).toMatch(/^ +- +1 d 3 h +1 min +1,235 +STALE$/);
  expect(lines.at(-1)).toMatch(/^ {4}(.+, )?and 280 more$/);
});

test('a program gets everything, on one line, without control characters', () => {
  const json = deviceJson(cellar);
  expect(json).toMatch(/^[^\n\u001b]*$/);
  expect(JSON.parse(json)).toEqual({
    event: 'device',
    device: 'cellar',
    profile: 'tasmota',
    firstSeenAt: '2025-06-01T09:30:00.000000Z',
    lastSeenAt: '2025-06-01T11:59:48.000000Z',
    silentSeconds: 12,
    usualIntervalSeconds: 300,
    readingsPerMinute: 0.4,
    isStale: false,
    readings: 99,
    series: 3,
    latest: [
      expect.objectContaining({
        channel: 'BME280',
        metric: 'temperature',
        value: 21.699999999999,
        unit: 'Cel',
        measuredAt: '2025-06-01T11:59:48.000000Z',
      }),
      expect.objectContaining({ metric: 'humidity', measuredAt: '2025-06-01T10:00:00.000000Z' }),
      expect.objectContaining({ metric: 'state', value: 'on\u001b[2J', unit: '' }),
    ],
  });
  expect(JSON.parse(deviceJson(fresh))).toMatchObject({
    profile: null,
    usualIntervalSeconds: null,
    readingsPerMinute: null,
  });
});
