// Series numbers: one for each combination, for ever.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeriesTable } from '../../../src/log/series-table.ts';
import { readingOf } from '../../support/reading-rows.ts';

const name = fc.constantFrom('', 'a', 'b', 'ab', 'a/b');
const key = fc.record({ device: name, channel: name, metric: name, unit: name, source: name });

test('equal names have equal numbers, different names different ones, from 0 in order', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
      const table = new SeriesTable(1_000_000);
      const known = new Map<string, number>();
      for (const { source, ...names } of keys) {
        const model = JSON.stringify([names, source]);
        const expected = known.get(model) ?? known.size;
        expect(table.idOf(readingOf(names), source)).toBe(expected);
        known.set(model, expected);
        expect(table.keys[expected]).toEqual({ ...names, source });
      }
      expect(table.count).toBe(known.size);
      expect(table.deviceCount).toBe(new Set(keys.map(({ device }) => device)).size);
    }),
  );
});

test('is the same table after what it gave out was stored and restored', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 50 }), fc.array(key, { maxLength: 50 }), (old, more) => {
      const table = new SeriesTable(1000);
      for (const { source, ...names } of old) table.idOf(readingOf(names), source);
      const restored = new SeriesTable(1000);
      for (const [id, each] of table.keys.entries()) restored.restore(id, each);
      expect(restored.unwritten().keys).toEqual([]);
      for (const { source, ...names } of [...old, ...more]) {
        expect(restored.idOf(readingOf(names), source)).toBe(table.idOf(readingOf(names), source));
      }
    }),
  );
});

test('tells which series are not written yet, and keeps later ones for the next commit', () => {
  const table = new SeriesTable(10);
  table.idOf(readingOf({ device: 'a' }), 'mqtt');
  table.idOf(readingOf({ device: 'b' }), 'mqtt');
  const first = table.unwritten();
  expect(first).toMatchObject({ first: 0, keys: [{ device: 'a' }, { device: 'b' }] });
  table.idOf(readingOf({ device: 'c' }), 'mqtt');
  table.markWritten(first.first + first.keys.length);
  expect(table.unwritten()).toMatchObject({ first: 2, keys: [{ device: 'c' }] });
  expect(first.keys).toHaveLength(2);
  // A commit that wrote none does not take back what another one wrote.
  table.markWritten(0);
  expect(table.unwritten().first).toBe(2);
});

test('gives no new number when it is full, and still the old ones', () => {
  const table = new SeriesTable(2);
  expect(table.idOf(readingOf({ device: 'a' }), 'mqtt')).toBe(0);
  expect(table.idOf(readingOf({ device: 'b' }), 'mqtt')).toBe(1);
  expect(table.idOf(readingOf({ device: 'c' }), 'mqtt')).toBe(-1);
  expect(table.idOf(readingOf({ device: 'b' }), 'mqtt')).toBe(1);
  expect(table.count).toBe(2);
});

test('refuses stored numbers that leave one out', () => {
  const table = new SeriesTable(10);
  const { value: _value, measuredAtUs: _time, quality: _quality, ...names } = readingOf();
  expect(() => table.restore(1, { ...names, source: 'mqtt' })).toThrow(RangeError);
});

test('every device has its series, in order, and no other', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 100 }), (keys) => {
      const table = new SeriesTable(1000);
      for (const { source, ...names } of keys) table.idOf(readingOf(names), source);
      const devices = [...new Set(keys.map(({ device }) => device))];
      expect(devices.map((_, device) => table.deviceName(device))).toEqual(devices);
      for (const [device, deviceName] of devices.entries()) {
        const expected = [...table.keys.keys()].filter(
          (id) => table.keyOf(id).device === deviceName,
        );
        expect([...table.seriesOf(device)]).toEqual(expected);
        for (const id of expected) expect(table.deviceOf(id)).toBe(device);
      }
    }),
  );
});
