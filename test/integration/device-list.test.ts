// The list of devices of a log on a real database: in pages, by name, stale ones alone, and after a
// restart.
import { expect, test } from 'vitest';
import type {
  DeviceCursor,
  DeviceEntry,
  DevicePage,
  DevicePageRequest,
} from '../../src/core/log-inspection.ts';
import { listDevices, readDevice } from '../../src/log/device-list.ts';
import type { Log } from '../../src/log/log.ts';
import { messageOf, settled } from '../contract/log.ts';
import { openLog } from '../support/duckdb-log.ts';
import { readingOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const startUs = 1_700_000_000_000_000;
const MINUTE_US = 60_000_000;

/** One message with a reading of each metric. */
function append(
  log: Log,
  device: string,
  receivedAtUs: number,
  values: Readonly<Record<string, number | string>>,
): void {
  const readings = Object.entries(values).map(([metric, value]) =>
    readingOf({ device, metric, value, measuredAtUs: receivedAtUs - 1000 }),
  );
  log.append(messageOf({ receivedAtUs }), {
    profile: `of-${device}`,
    readings,
    dropped: [],
    deadLetter: null,
  });
}

function list(log: Log, nowUs: number, asked: Partial<DevicePageRequest> = {}) {
  const all = { devices: [], metrics: [], search: '', onlyStale: false } as const;
  const request = { ...all, order: 'firstSeen', from: null, limit: 100, ...asked } as const;
  return listDevices(log, request, nowUs);
}

const names = (entries: readonly DeviceEntry[]): string[] => entries.map(({ device }) => device);

test('holds what each device did last, and what its habit is', async () => {
  const log = await openLog(tempFolder(), { clock: () => startUs });
  for (let minute = 0; minute < 5; minute++) {
    const atUs = startUs + minute * MINUTE_US;
    append(log, 'attic', atUs, { temperature: 20 + minute, state: `s${minute}` });
  }
  append(log, 'cellar', startUs, { temperature: 8 });
  // Nothing is told of a device before it is durable.
  expect((await list(log, startUs)).entries).toEqual([]);
  await settled(log);
  const nowUs = startUs + 5 * MINUTE_US;
  const page = await list(log, nowUs);
  expect(page).toMatchObject({ nowUs, next: null });
  const [attic, cellar] = page.entries;
  const receivedAtUs = startUs + 4 * MINUTE_US;
  const shared = { channel: '', unit: 'Cel', source: 'mqtt', receivedAtUs };
  const measuredAtUs = receivedAtUs - 1000;
  expect(attic).toEqual({
    device: 'attic',
    profile: 'of-attic',
    firstSeenUs: startUs,
    lastSeenUs: receivedAtUs,
    readings: 10,
    usualIntervalUs: MINUTE_US,
    readingsPerMinute: expect.closeTo(2, 1) as number,
    isStale: false,
    series: 2,
    latest: [
      { ...shared, metric: 'temperature', value: 24, measuredAtUs },
      { ...shared, metric: 'state', value: 's4', measuredAtUs },
    ],
  });
  expect(cellar).toMatchObject({ device: 'cellar', usualIntervalUs: null, isStale: false });
  await log.close();
});

test('pages have every device once, in the order in which they came', async () => {
  const log = await openLog(tempFolder());
  const all = Array.from({ length: 23 }, (_, index) => `d${index}`);
  for (const device of all) append(log, device, startUs, { temperature: 1 });
  await settled(log);
  for (const limit of [1, 7, 23, 100]) {
    const found: string[] = [];
    let from: DeviceCursor | null = null;
    do {
      const page: DevicePage = await list(log, startUs, { from, limit });
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      found.push(...names(page.entries));
      from = page.next;
    } while (from !== null);
    expect(found).toEqual(all);
  }
  expect(names((await list(log, startUs, { devices: ['d1?'] })).entries)).toEqual(
    all.slice(10, 20),
  );
  expect(await list(log, startUs, { devices: ['x*'] })).toMatchObject({ entries: [], next: null });
  expect(await list(log, startUs, { from: { number: 1000, lastSeenUs: 0 } })).toMatchObject({
    entries: [],
    next: null,
  });
  await log.close();
});

test('a page ends where it has grown large, and a device has only so many values on it', async () => {
  const log = await openLog(tempFolder());
  const texts = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`m${index}`, 'x'.repeat(2000)]),
  );
  for (const device of ['a', 'b', 'c', 'd']) append(log, device, startUs, texts);
  await settled(log);
  const first = await list(log, startUs);
  expect(names(first.entries)).toEqual(['a', 'b', 'c']);
  expect(first.entries[0]).toMatchObject({ series: 300 });
  expect(first.entries[0]?.latest.length).toBe(200);
  expect(names((await list(log, startUs, { from: first.next })).entries)).toEqual(['d']);
  const long = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`m${index}`, 'x'.repeat(100_000)]),
  );
  append(log, 'long', startUs, long);
  await settled(log);
  const [entry] = (await list(log, startUs, { devices: ['long'] })).entries;
  expect(entry).toMatchObject({ series: 10, readings: 10 });
  expect(entry?.latest.length).toBe(6);
  // One alone has more of them.
  expect(readDevice(log, 'a', startUs).entry?.latest.length).toBeGreaterThan(200);
  expect(readDevice(log, 'long', startUs).entry).toEqual(entry);
  expect(readDevice(log, 'nobody', startUs).entry).toBeNull();
  await log.close();
});

test('only those that are silent for longer than usual, also after a restart', async () => {
  const folder = tempFolder();
  const log = await openLog(folder, { clock: () => startUs });
  for (let minute = 0; minute < 10; minute++) {
    append(log, 'attic', startUs + minute * MINUTE_US, { temperature: minute });
    if (minute < 5) append(log, 'cellar', startUs + minute * MINUTE_US, { temperature: minute });
  }
  await settled(log);
  const nowUs = startUs + 10 * MINUTE_US;
  expect(names((await list(log, nowUs, { onlyStale: true })).entries)).toEqual(['cellar']);
  expect(log.devices.staleCount(nowUs)).toBe(1);
  await log.close();

  const againUs = startUs + 1000 * MINUTE_US;
  const again = await openLog(folder, { clock: () => againUs });
  // Silent for a long time, of which the log was there for nothing.
  expect(names((await list(again, againUs, { onlyStale: true })).entries)).toEqual([]);
  const [attic] = (await list(again, againUs)).entries;
  expect(attic).toMatchObject({
    device: 'attic',
    profile: '',
    readings: 10,
    firstSeenUs: startUs,
    lastSeenUs: startUs + 9 * MINUTE_US,
    usualIntervalUs: MINUTE_US,
    latest: [{ metric: 'temperature', value: 9 }],
  });
  append(again, 'attic', againUs + 4 * MINUTE_US, { temperature: 21 });
  await settled(again);
  const laterUs = againUs + 5 * MINUTE_US;
  const stale = (await list(again, laterUs, { onlyStale: true })).entries;
  expect(names(stale)).toEqual(['cellar']);
  expect((await list(again, laterUs, { devices: ['attic'] })).entries[0]).toMatchObject({
    profile: 'of-attic',
    usualIntervalUs: MINUTE_US,
    isStale: false,
  });
  await again.close();
});

test('of some metrics only those values, and only devices that have them', async () => {
  const log = await openLog(tempFolder());
  append(log, 'attic', startUs, { temperature: 1, humidity: 2, 'air.pressure': 3 });
  append(log, 'door', startUs, { contact: 1 });
  await settled(log);
  const metrics = ['temp*', 'humidity'];
  const { entries, next } = await list(log, startUs, { metrics });
  expect([names(entries), next]).toEqual([['attic'], null]);
  expect(entries[0]).toMatchObject({ series: 3 });
  expect(entries[0]?.latest.map(({ metric }) => metric)).toEqual(['temperature', 'humidity']);
  await log.close();
});
