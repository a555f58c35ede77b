// Pages of devices in every order: each device once, in its place, whatever the pages' length.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeviceCursor, deviceOrders } from '../../../src/core/log-inspection.ts';
import { type DeviceOrderParts, pickDevices } from '../../../src/log/device-order.ts';
import { Slices } from '../../../src/log/slices.ts';

interface Device {
  readonly name: string;
  readonly lastSeenUs: number;
  readonly isStale: boolean;
}

function partsOf(all: readonly Device[]): DeviceOrderParts {
  return {
    series: { deviceCount: all.length, deviceName: (number) => all[number]!.name },
    devices: {
      activity: (number) => ({ ...all[number]!, usualIntervalUs: null, readingsPerMinute: null }),
    },
  };
}

const any = { devices: [], search: '', onlyStale: false, order: 'name', from: null } as const;

const deviceArbitrary = fc.record({
  name: fc.stringMatching(/^[a-cA-C/]{1,4}$/),
  lastSeenUs: fc.integer({ min: 1, max: 5 }),
  isStale: fc.boolean(),
});

test('pages together are what was asked for, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(deviceArbitrary, { selector: ({ name }) => name, maxLength: 40 }),
      fc.constantFrom(...deviceOrders),
      fc.integer({ min: 1, max: 8 }),
      fc.record({
        devices: fc.constantFrom([], ['a*'], ['a*', '*b']),
        search: fc.constantFrom('', 'B', 'c/'),
        onlyStale: fc.boolean(),
      }),
      async (all, order, limit, wanted) => {
        const found: string[] = [];
        let from: DeviceCursor | null = null;
        do {
          const page = { ...wanted, order, from, limit };
          const { devices, next } = await pickDevices(partsOf(all), page, {
            nowUs: 0,
            slices: new Slices(),
          });
          expect(devices.length).toBeLessThanOrEqual(limit);
          found.push(...devices.map(({ number }) => all[number]!.name));
          from = next;
        } while (from !== null);
        const search = wanted.search.toLowerCase();
        const isWanted = ({ name, isStale }: Device): boolean =>
          (wanted.devices.length === 0 ||
            name.startsWith('a') ||
            (wanted.devices.length === 2 && name.endsWith('b'))) &&
          name.toLowerCase().includes(search) &&
          (isStale || !wanted.onlyStale);
        const byName = (a: Device, b: Device): number => (a.name < b.name ? -1 : 1);
        const expected = all.filter(isWanted);
        if (order === 'name') expected.sort(byName);
        if (order === 'lastSeen') {
          expected.sort((a, b) => b.lastSeenUs - a.lastSeenUs || byName(a, b));
        }
        expect(found).toEqual(expected.map(({ name }) => name));
      },
    ),
  );
});

test('many devices are looked at in slices, with other work between', async () => {
  const all = Array.from({ length: 5000 }, (_, index) => ({
    name: `device-${String(index).padStart(5, '0')}`,
    lastSeenUs: index,
    isStale: false,
  }));
  let timeMs = 0;
  let other = 0;
  setImmediate(() => {
    other += 1;
  });
  const { devices, next } = await pickDevices(
    partsOf(all),
    { ...any, limit: 3 },
    { nowUs: 0, slices: new Slices(() => (timeMs += 0.1)) },
  );
  expect(devices.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(next).toEqual({ number: 2, lastSeenUs: 0 });
  expect(other).toBe(1);
});

test('a cursor that no page gave does no harm', async () => {
  const parts = partsOf([{ name: 'a', lastSeenUs: 1, isStale: false }]);
  for (const order of deviceOrders) {
    const from = { number: Number.MAX_SAFE_INTEGER - 1, lastSeenUs: -5 };
    const asked = pickDevices(
      parts,
      { ...any, order, from, limit: 2 },
      { nowUs: 0, slices: new Slices() },
    );
    await expect(asked).resolves.toBeDefined();
  }
});
