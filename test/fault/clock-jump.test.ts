// A clock that is set back by two weeks, or forward by ten years, as one without a battery is once the
// network tells it the time: nothing is lost for it, no offset moves, and times are still found.

import { expect, test } from 'vitest';
import type { StreamConfig } from '../../src/core/stream-config.ts';
import type { Log } from '../../src/log/log.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { append, readAll, settled } from '../contract/log.ts';
import { openLog } from '../support/duckdb-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const START_US = 1_700_000_000_000_000;
const DAY_US = 86_400_000_000;
const ROWS = 150;

const kept: StreamConfig = {
  ...noLimits,
  name: 'readings',
  match: { topics: [], devices: [], metrics: [] },
  retention: { ...noLimits.retention, ageMs: 3_600_000 },
};

test.each([
  ['back by two weeks', -14 * DAY_US],
  ['forward by ten years', 3650 * DAY_US],
])(
  'a clock that jumps %s costs nothing, while the log runs and while it is closed',
  async (_what, jumpUs) => {
    const folder = tempFolder();
    let nowUs = START_US;
    const open = (): Promise<Log> =>
      openLog(folder, { streams: [kept], sealRows: 100, tailBytesMax: 0, clock: () => nowUs });
    const add = async (log: Log): Promise<void> => {
      const from = log.stream('').highWatermark;
      for (let row = 0; row < ROWS; row += 50) {
        append(
          log,
          Array.from({ length: 50 }, (_, index) => from + row + index),
          nowUs,
        );
        await settled(log);
      }
      await log.commitPosition('', 'reader', log.stream('').highWatermark);
      await log.keep();
    };

    let log = await open();
    await add(log);
    nowUs += jumpUs;
    await add(log);
    await log.close();
    // The clock is put right while nobody looks, and jumps again.
    nowUs -= jumpUs;
    log = await open();
    await add(log);
    await log.close();
    nowUs += jumpUs;
    log = await open();
    await add(log);

    const stream = log.stream('');
    expect(stream).toMatchObject({ lowWatermark: 0, highWatermark: 4 * ROWS });
    expect(stream.segments.all.length).toBeGreaterThan(2);
    const readings = await readAll(log);
    expect(readings.map(({ value }) => value)).toEqual(
      Array.from({ length: 4 * ROWS }, (_, index) => index),
    );
    expect(readings.map(({ receivedAtUs }) => receivedAtUs)).toEqual(
      [START_US, START_US + jumpUs, START_US, START_US + jumpUs].flatMap((atUs) =>
        Array.from({ length: ROWS }, () => atUs),
      ),
    );
    // The first offset received at or after a time, whatever came behind it.
    const later = Math.max(START_US, START_US + jumpUs);
    const first = readings.findIndex(({ receivedAtUs }) => receivedAtUs >= later);
    expect(await log.offsetAtTime(stream, later)).toBe(first);
    expect(await log.offsetAtTime(stream, later + 1)).toBe(4 * ROWS);
    expect(log.losses.all()).toEqual([]);
    expect(log.position('', 'reader')).toBe(4 * ROWS);
    await log.close();
  },
);
