// The list of devices: it asks for what comes into view, refreshes what is in view, and goes on after
// a failure; and the rows that are drawn.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Device, DevicePage } from '../../../dashboards/web/src/api/answers.ts';
import { DeviceList } from '../../../dashboards/web/src/pages/devices/device-list.ts';
import { rowsInView } from '../../../dashboards/web/src/pages/devices/rows-in-view.ts';

const pageRows = 100;

function device(index: number): Device {
  return { device: `device ${index}` } as Device;
}

/** A gateway with so many devices; `asked` are the cursors of the requests. */
function gateway(count: number) {
  const asked: (string | null)[] = [];
  const state = { isDown: false };
  const read = async (cursor: string | null): Promise<DevicePage> => {
    asked.push(cursor);
    if (state.isDown) throw new Error('down');
    const first = Number(cursor ?? 0);
    const next = Math.min(first + pageRows, count);
    const devices = Array.from({ length: next - first }, (_, index) => device(first + index));
    return { now: '', devices, nextCursor: next < count ? String(next) : null };
  };
  return { list: new DeviceList(read), asked, state };
}

test('only the pages that come into view are asked for', async () => {
  const { list, asked } = gateway(10_000);
  await list.show(0, 20);
  expect(asked).toEqual([null]);
  await list.show(150, 170);
  expect(asked).toEqual([null, '100', '200']);
  expect(list.state.get().rows).toHaveLength(300);
  expect(list.state.get().isComplete).toBe(false);
});

test('a refresh asks for the pages in view alone', async () => {
  const { list, asked } = gateway(1_000);
  await list.show(0, 20);
  await list.show(350, 370);
  asked.length = 0;
  await list.refresh();
  expect(asked).toEqual(['300']);
});

test('the end is known, and nothing is asked behind it', async () => {
  const { list, asked } = gateway(130);
  await list.show(100, 130);
  await list.show(100, 130);
  expect(asked).toEqual([null, '100']);
  expect(list.state.get()).toMatchObject({ isComplete: true, problem: null });
});

test('an empty page that is not the last is passed over', async () => {
  const pages: Record<string, DevicePage> = {
    start: { now: '', devices: [], nextCursor: 'a' },
    a: { now: '', devices: [], nextCursor: 'b' },
    b: { now: '', devices: [device(1)], nextCursor: null },
  };
  const list = new DeviceList(async (cursor) => pages[cursor ?? 'start']!);
  await list.show(0, 0);
  expect(list.state.get()).toMatchObject({ rows: [device(1)], isComplete: true });
});

test('a failure is told, keeps what was there, and is mended by the next refresh', async () => {
  const { list, state } = gateway(50);
  state.isDown = true;
  await list.show(0, 20);
  expect(list.state.get().problem?.message).toBe('down');
  state.isDown = false;
  await list.refresh();
  expect(list.state.get()).toMatchObject({ problem: null, isComplete: true });
  state.isDown = true;
  await list.refresh();
  expect(list.state.get().rows).toHaveLength(50);
});

test('after close nothing is asked any more', async () => {
  const { list, asked } = gateway(50);
  list.close();
  await list.show(0, 20);
  await list.refresh();
  expect(asked).toEqual([]);
});

test('the rows drawn cover the screen, and are few however long the list is', () => {
  const positions = fc.integer({ min: -600_000, max: 2_000 });
  fc.assert(
    fc.property(positions, fc.integer({ min: 0, max: 10_000 }), (listTop, rowCount) => {
      const { first, next } = rowsInView(listTop, 900, 58, rowCount);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(next).toBeLessThanOrEqual(rowCount);
      expect(next - first).toBeLessThan(40);
      for (let y = 0; y < 900; y += 29) {
        const row = Math.floor((y - listTop) / 58);
        if (row < 0 || row >= rowCount) continue;
        expect(row >= first && row < next).toBe(true);
      }
    }),
  );
});
