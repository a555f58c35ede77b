// What every Log promises: what was settled is there, in order, by offset, after any end. Each log
// runs this suite.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeadLetterReason, Decoded } from '../../src/core/contracts.ts';
import type { MillpondError } from '../../src/core/errors.ts';
import type { RawMessage } from '../../src/core/raw-message.ts';
import { type DecodedReading, Quality, type SeriesKey } from '../../src/core/reading.ts';
import type { Log } from '../../src/log/log.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { noEvents } from '../support/duckdb-log.ts';
import { anyValue, readingOf, rowsOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

export interface LogUnderTest {
  readonly name: string;
  /** Opens the directory with small limits and a clock that stands still, but for `options`. */
  open(directory: string, options?: Partial<LogOptions>): Promise<Log>;
  /** The dead letters that a closed log holds, in order. */
  deadLetters(directory: string): Promise<StoredDeadLetter[]>;
}

export interface StoredDeadLetter {
  readonly topic: string;
  readonly reason: string;
  readonly profile: string;
  readonly isRetained: boolean;
  readonly isRedelivered: boolean;
  readonly payload: Uint8Array;
}

/** A row as a consumer would see it. */
export type StoredReading = DecodedReading & SeriesKey & { offset: number; receivedAtUs: number };

export function messageOf(part: Partial<RawMessage> = {}): RawMessage {
  return {
    source: 'mqtt',
    topic: 'home/attic/temperature',
    payload: Buffer.from('21.5'),
    receivedAtUs: 1_700_000_000_000_000,
    isRetained: false,
    isRedelivered: false,
    isRefusable: true,
    ...part,
  };
}

export function decodedOf(
  readings: readonly DecodedReading[],
  deadLetter: { reason: DeadLetterReason; detail: string } | null = null,
): Decoded {
  return { profile: 'test', readings, dropped: [], deadLetter };
}

/** Resolves once everything appended so far is durable, rejects when it never will be. */
export function settled(log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    log.settleAppended((error) => (error === null ? resolve() : reject(error)));
    log.startCommit();
  });
}

/** Appends one message with a reading for each value; does not wait. */
export function append(
  log: Log,
  values: readonly (number | string)[],
  receivedAtUs = 1_700_000_000_000_000,
): void {
  const readings = values.map((value) => readingOf({ value }));
  log.append(messageOf({ receivedAtUs }), decodedOf(readings));
}

/** Everything from `from` to the end; fails at a gap. */
export async function readAll(log: Log, from = 0, rowsMax = 1000): Promise<StoredReading[]> {
  const stream = log.stream('');
  const found: StoredReading[] = [];
  for (let at = from; at < stream.highWatermark; ) {
    const { gap, runs, next } = await log.read(stream, at, rowsMax);
    expect(gap).toBeNull();
    expect(next).toBeGreaterThan(at);
    for (const { series, ...row } of runs.flatMap(rowsOf)) {
      found.push({ ...(log.series.keys[series] as SeriesKey), ...row });
    }
    at = next;
  }
  return found;
}

async function valuesOf(log: Log): Promise<(number | string)[]> {
  return (await readAll(log)).map(({ value }) => value);
}

function watermarks(log: Log) {
  const { lowWatermark, highWatermark } = log.stream('');
  return { low: lowWatermark, high: highWatermark };
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const timeUs = fc.integer({ min: -(2 ** 50), max: 2 ** 52 });
const anyReading: fc.Arbitrary<DecodedReading> = fc.record({
  device: name,
  channel: fc.constantFrom('', '1'),
  metric: name,
  unit: fc.constantFrom('', 'Cel'),
  value: anyValue,
  measuredAtUs: timeUs,
  quality: fc.constantFrom(...Object.values(Quality)),
});
const anyMessage = fc.record({
  receivedAtUs: timeUs,
  readings: fc.array(anyReading, { maxLength: 5 }),
});

export function describeLog(subject: LogUnderTest): void {
  describe(subject.name, () => {
    test('an empty one has no readings and ends at offset 0', async () => {
      const log = await subject.open(tempFolder());
      expect(watermarks(log)).toEqual({ low: 0, high: 0 });
      expect(await readAll(log)).toEqual([]);
      await log.close();
    });

    test('gives back by offset exactly what was appended, before and after it is reopened', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(anyMessage, { maxLength: 6 }), { maxLength: 5 }),
          fc.integer({ min: 1, max: 9 }),
          async (commits, rowsMax) => {
            const folder = tempFolder();
            const log = await subject.open(folder);
            const expected: StoredReading[] = [];
            for (const messages of commits) {
              for (const { receivedAtUs, readings } of messages) {
                log.append(messageOf({ receivedAtUs }), decodedOf(readings));
                for (const reading of readings) {
                  const offset = expected.length;
                  expected.push({ ...reading, source: 'mqtt', offset, receivedAtUs });
                }
              }
              await settled(log);
              expect(watermarks(log).high).toBe(expected.length);
            }
            expect(await readAll(log, 0, rowsMax)).toEqual(expected);
            await log.close();
            const again = await subject.open(folder);
            expect(watermarks(again)).toEqual({ low: 0, high: expected.length });
            expect(await readAll(again, 0, rowsMax)).toEqual(expected);
            expect(again.series.count).toBe(log.series.count);
            await again.close();
          },
        ),
        { numRuns: 15 },
      );
    });

    test.each([
      ['longer than one vector', 5000, 'x'],
      ['of every length around 64', 300, 'x'.repeat(64)],
    ])('keeps texts and numbers apart in commits %s', async (_what, count, filler) => {
      const folder = tempFolder();
      const log = await subject.open(folder);
      const values = Array.from({ length: count }, (_, index) =>
        index % 3 === 1 ? filler.slice(0, index % 65) + index : index / 8,
      );
      append(log, values);
      await settled(log);
      // A commit without texts right after one with: nothing of the old one may shine through.
      append(log, [1, 2, 3]);
      await settled(log);
      await log.close();
      const again = await subject.open(folder);
      expect(await valuesOf(again)).toEqual([...values, 1, 2, 3]);
      await again.close();
    });

    test('keeps texts and numbers that are hard to keep', async () => {
      const values = [
        '',
        'a\u0000b',
        '\u0000',
        '😀'.repeat(50),
        'é'.repeat(20_000),
        '\n\r\t"\'\\',
        -0,
        5e-324,
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        2 ** 53,
        0.1,
      ];
      const folder = tempFolder();
      const log = await subject.open(folder);
      append(log, values);
      await settled(log);
      await log.close();
      const again = await subject.open(folder);
      expect(await valuesOf(again)).toEqual(values);
      await again.close();
    });

    test('settles in the order of the calls, and only what is readable', async () => {
      const log = await subject.open(tempFolder());
      const order: number[] = [];
      let last: Promise<void> = Promise.resolve();
      for (let index = 0; index < 100; index++) {
        append(log, [index]);
        last = new Promise((resolve) => {
          log.settleAppended((error) => {
            expect(error).toBeNull();
            expect(watermarks(log).high).toBeGreaterThan(index);
            order.push(index);
            resolve();
          });
          log.startCommit();
        });
        // Some in the same commit, some while one is under way.
        if (index % 7 === 0) await last;
      }
      await last;
      expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
      expect(await valuesOf(log)).toEqual(order);
      await log.close();
    });

    test('settles a message that left nothing to store', async () => {
      const log = await subject.open(tempFolder());
      log.append(messageOf(), decodedOf([]));
      await settled(log);
      expect(watermarks(log).high).toBe(0);
      await log.close();
    });

    test('shows nothing that is not durable yet', async () => {
      const log = await subject.open(tempFolder());
      append(log, [1, 2]);
      const durable = settled(log);
      expect(watermarks(log).high).toBe(0);
      expect(await log.read(log.stream(''), 0, 10)).toMatchObject({ runs: [], next: 0 });
      await durable;
      expect(watermarks(log).high).toBe(2);
      await log.close();
    });

    test('a copy of the directory taken while it is open holds everything settled', async () => {
      const folder = tempFolder();
      const log = await subject.open(folder);
      append(log, [1, 'two', 3]);
      await settled(log);
      expect(await log.commitPosition('', 'c', 2)).toBe(2);
      const copy = join(tempFolder(), 'copy');
      cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('/lock') });
      append(log, [4]);
      await settled(log);
      await log.close();

      const again = await subject.open(copy);
      expect(await valuesOf(again)).toEqual([1, 'two', 3]);
      expect(again.position('', 'c')).toBe(2);
      append(again, [5]);
      await settled(again);
      expect((await readAll(again)).at(-1)).toMatchObject({ offset: 3, value: 5 });
      await again.close();
    });

    test('offsets go on where they were after it is reopened', async () => {
      const folder = tempFolder();
      for (let round = 0; round < 3; round++) {
        const log = await subject.open(folder);
        append(log, [round, round + 0.5]);
        await settled(log);
        await log.close();
      }
      const log = await subject.open(folder);
      const all = await readAll(log);
      expect(all.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(all.map(({ value }) => value)).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
      await log.close();
    });

    describe('the latest values of the series', () => {
      test.each(['closed', 'copied while open'] as const)('survive: %s', async (how) => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        log.append(messageOf({ receivedAtUs: 10 }), decodedOf([readingOf({ value: 1 })]));
        log.append(
          messageOf({ receivedAtUs: 30 }),
          decodedOf([readingOf({ value: 'on', measuredAtUs: 20 })]),
        );
        await settled(log);
        const copy = join(tempFolder(), 'copy');
        cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('/lock') });
        await log.close();
        const again = await subject.open(how === 'closed' ? folder : copy);
        const series = 0;
        // Noting one more row shows what was known before it.
        log.append(messageOf(), decodedOf([]));
        again.append(
          messageOf({ receivedAtUs: 40 }),
          decodedOf([readingOf({ value: 3, measuredAtUs: 35 })]),
        );
        await settled(again);
        expect(again.seriesState.takeDirty().find((each) => each.series === series)).toEqual({
          series,
          firstSeenUs: 10,
          lastSeenUs: 40,
          readings: 3,
          value: 3,
          measuredAtUs: 35,
        });
        await again.close();
      });
    });

    describe('a consumer’s position', () => {
      test('is there after it is reopened', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        append(log, [1, 2, 3]);
        await settled(log);
        expect(log.position('', 'a')).toBeNull();
        expect(await log.commitPosition('', 'a', 1)).toBe(1);
        expect(await log.commitPosition('', 'a', 3)).toBe(3);
        expect(await log.commitPosition('readings', 'b', 0)).toBe(0);
        await log.close();
        const again = await subject.open(folder);
        expect(again.position('', 'a')).toBe(3);
        expect(again.position('', 'b')).toBe(0);
        expect(again.positions()).toHaveLength(2);
        await expect(again.commitPosition('', 'a', 2)).rejects.toMatchObject({
          code: 'COMMIT_BEHIND',
        });
        await again.close();
      });

      test('only moves forward, also when commits overtake one another', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        append(log, [1, 2, 3, 4, 5]);
        await settled(log);
        // Nothing is under way, so the first is committed alone while the others wait; all are
        // ahead of what is stored.
        await new Promise((resolve) => setImmediate(resolve));
        const stored = await Promise.all(
          [4, 2, 5, 3].map((nextOffset) => log.commitPosition('', 'a', nextOffset)),
        );
        expect(stored).toEqual([4, 5, 5, 5]);
        expect(log.position('', 'a')).toBe(5);
        await new Promise((resolve) => setImmediate(resolve));
        const late = log.commitPosition('', 'b', 4);
        const early = log.commitPosition('', 'b', 1);
        expect(await Promise.all([late, early])).toEqual([4, 4]);
        await log.close();
        const again = await subject.open(folder);
        expect(again.position('', 'a')).toBe(5);
        expect(again.position('', 'b')).toBe(4);
        await again.close();
      });

      test('can be sought back and deleted, and is so after a start', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        append(log, [1, 2, 3, 4, 5]);
        await settled(log);
        const stream = log.stream('');
        for (const consumer of ['a', 'b', 'c']) await log.commitPosition('', consumer, 4);
        await log.consumers.seek(stream, 'a', 1);
        await log.consumers.seek(stream, 'new', 2);
        // All in one commit: the last of them counts.
        await Promise.all([
          log.commitPosition('', 'b', 5),
          log.consumers.seek(stream, 'b', 0),
          log.commitPosition('', 'b', 3),
          log.consumers.remove(stream, 'c'),
        ]);
        const open = (at: typeof log) =>
          ['a', 'b', 'c', 'new'].map((name) => at.position('', name));
        expect(open(log)).toEqual([1, 3, null, 2]);
        await log.close();
        const again = await subject.open(folder);
        expect(open(again)).toEqual([1, 3, null, 2]);
        await again.consumers.seek(again.stream(''), 'a', 0);
        expect(await again.commitPosition('', 'a', 1)).toBe(1);
        expect(await again.commitPosition('', 'c', 1)).toBe(1);
        await again.close();
      });

      test('is refused by the rules: beyond the end, a bad name, an unknown stream', async () => {
        const log = await subject.open(tempFolder());
        append(log, [1]);
        await settled(log);
        for (const [stream, consumer, nextOffset, code] of [
          ['', 'a', 2, 'COMMIT_BEYOND_END'],
          ['', 'a b', 1, 'CONSUMER_NAME_INVALID'],
          ['other', 'a', 1, 'STREAM_UNKNOWN'],
        ] as const) {
          await expect(log.commitPosition(stream, consumer, nextOffset)).rejects.toMatchObject({
            code,
          });
        }
        expect(log.positions()).toEqual([]);
        await log.close();
      });

      test('has room for so many consumers and no more, however fast they come', async () => {
        const log = await subject.open(tempFolder(), { consumersMax: 3 });
        const outcomes = await Promise.allSettled(
          ['a', 'b', 'c', 'd', 'e', 'a'].map((consumer) => log.commitPosition('', consumer, 0)),
        );
        expect(outcomes.map(({ status }) => status)).toEqual([
          'fulfilled',
          'fulfilled',
          'fulfilled',
          'rejected',
          'rejected',
          'fulfilled',
        ]);
        expect(log.positions()).toHaveLength(3);
        await log.close();
      });
    });

    describe('a dead letter', () => {
      test('is stored with its bytes, reason and topic, beside the readings of its message', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        const payload = Uint8Array.of(0, 255, 128, 0, 10);
        const invalid = { reason: 'invalid_json', detail: 'at 0' } as const;
        log.append(messageOf({ topic: 'a/😀', payload, isRetained: true }), decodedOf([], invalid));
        // The log copies what it keeps.
        payload.fill(1);
        const partly = { reason: 'out_of_range', detail: 'p' } as const;
        log.append(
          messageOf({ topic: 'b', payload: new Uint8Array(), isRedelivered: true }),
          decodedOf([readingOf({ value: 7 })], partly),
        );
        await settled(log);
        // With what is noted of the reading that counts already.
        expect(log.deadLetters).toMatchObject({ count: 2, bytes: 5 + 8 });
        expect(await valuesOf(log)).toEqual([7]);
        await log.close();
        expect(await subject.deadLetters(folder)).toEqual([
          {
            topic: 'a/😀',
            reason: 'invalid_json',
            profile: 'test',
            isRetained: true,
            isRedelivered: false,
            payload: Uint8Array.of(0, 255, 128, 0, 10),
          },
          {
            topic: 'b',
            reason: 'out_of_range',
            profile: 'test',
            isRetained: false,
            isRedelivered: true,
            payload: new Uint8Array(),
          },
        ]);
        const again = await subject.open(folder);
        expect(again.deadLetters).toMatchObject({ count: 2, bytes: 5 + 8 });
        await again.close();
      });

      test('without bytes counts after it is reopened', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        const reason = { reason: 'name_invalid', detail: '' } as const;
        log.append(messageOf({ payload: new Uint8Array() }), decodedOf([], reason));
        await settled(log);
        await log.close();
        const again = await subject.open(folder);
        expect(again.deadLetters).toMatchObject({ count: 1, bytes: 0 });
        await again.close();
      });

      test('is what becomes of a message with one series too many', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder, { seriesMax: 2 });
        const devices = ['a', 'b', 'c', 'a'];
        for (const device of devices) {
          log.append(messageOf({ topic: device }), decodedOf([readingOf({ device })]));
        }
        await settled(log);
        expect((await readAll(log)).map(({ device, offset }) => [offset, device])).toEqual([
          [0, 'a'],
          [1, 'b'],
          [2, 'a'],
        ]);
        await log.close();
        expect(await subject.deadLetters(folder)).toMatchObject([
          { topic: 'c', reason: 'series_limit' },
        ]);
      });
    });

    describe('reading', () => {
      test('starts at any offset and gives at most so many rows', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder, { tailBytesMax: 2000 });
        for (let first = 0; first < 200; first += 10) {
          append(
            log,
            Array.from({ length: 10 }, (_, index) => first + index),
          );
          await settled(log);
        }
        const stream = log.stream('');
        // Partly from memory, partly from disk: the same either way.
        for (const from of [0, 1, 95, 150, 199]) {
          for (const rowsMax of [1, 7, 1000]) {
            const { runs, next, gap } = await log.read(stream, from, rowsMax);
            const offsets = runs.flatMap(rowsOf).map(({ offset }) => offset);
            expect(gap).toBeNull();
            expect(offsets.length).toBeGreaterThan(0);
            expect(offsets.length).toBeLessThanOrEqual(rowsMax);
            expect(offsets).toEqual(offsets.map((_, index) => from + index));
            expect(next).toBe(from + offsets.length);
          }
        }
        expect(await log.read(stream, 200, 5)).toEqual({ gap: null, runs: [], next: 200 });
        await log.close();
      });

      test('by many at the same time gives each what it asked for', async () => {
        const log = await subject.open(tempFolder(), { tailBytesMax: 0 });
        append(
          log,
          Array.from({ length: 500 }, (_, index) => index),
        );
        await settled(log);
        const stream = log.stream('');
        const froms = Array.from({ length: 100 }, (_, index) => (index * 37) % 500);
        const found = await Promise.all(froms.map((from) => log.read(stream, from, 1)));
        expect(found.map(({ runs }) => runs.flatMap(rowsOf)[0]?.offset)).toEqual(froms);
        await log.close();
      });

      test('finds the first offset received at or after a time', async () => {
        const log = await subject.open(tempFolder());
        for (const receivedAtUs of [100, 200, 200, 300]) append(log, [1], receivedAtUs);
        await settled(log);
        const stream = log.stream('');
        const times = [0, 100, 101, 200, 201, 300, 301, Number.MAX_SAFE_INTEGER];
        const found = await Promise.all(times.map((each) => log.offsetAtTime(stream, each)));
        expect(found).toEqual([0, 0, 1, 1, 3, 3, 4, 4]);
        await log.close();
      });

      test('of a stream that is not there is refused', async () => {
        const log = await subject.open(tempFolder());
        expect(() => log.stream('nothing')).toThrow(
          expect.objectContaining({ code: 'STREAM_UNKNOWN' }),
        );
        expect(log.stream('').name).toBe('readings');
        await log.close();
      });
    });

    describe('waiting beyond an offset', () => {
      const never = new AbortController().signal;

      test('ends when readings come', async () => {
        const log = await subject.open(tempFolder());
        const stream = log.stream('');
        const waiting = log.waitBeyond(stream, 0, 2 ** 30, never);
        append(log, [1]);
        await settled(log);
        await waiting;
        expect(stream.highWatermark).toBe(1);
        await log.waitBeyond(stream, 0, 2 ** 30, never);
        await log.close();
      });

      test('ends when its time is over, or its signal aborts', async () => {
        const log = await subject.open(tempFolder());
        const stream = log.stream('');
        await log.waitBeyond(stream, 0, 1, never);
        const controller = new AbortController();
        const waiting = log.waitBeyond(stream, 0, 2 ** 30, controller.signal);
        controller.abort();
        await waiting;
        await log.waitBeyond(stream, 0, 2 ** 30, controller.signal);
        await log.close();
      });
    });

    describe('a commit that fails', () => {
      /** Counts down; each failure is told. */
      function failing(times: number) {
        const state = { left: times, told: [] as (string | null)[] };
        const maybeFail = (): void => {
          if (state.left === 0) return;
          state.left -= 1;
          throw new Error('no space left');
        };
        return { state, maybeFail };
      }

      test.each([
        ['before it was written', 'clock'],
        ['after it was written', 'committed'],
      ])('%s is tried again, and is there once', async (_when, where) => {
        const { state, maybeFail } = failing(2);
        let isOpen = false;
        const folder = tempFolder();
        const log = await subject.open(folder, {
          tailBytesMax: 0,
          clock: () => {
            if (where === 'clock' && isOpen) maybeFail();
            return 1_700_000_000_000_000;
          },
          events: {
            ...noEvents,
            committed: () => {
              if (where === 'committed') maybeFail();
            },
            failing: (error) => state.told.push(error?.code ?? null),
          },
        });
        isOpen = true;
        const letter = { reason: 'no_profile', detail: '' } as const;
        log.append(messageOf(), decodedOf([readingOf({ value: 1 })], letter));
        const first = settled(log);
        append(log, [2, 3]);
        const second = settled(log);
        await first;
        await second;
        expect(state.left).toBe(0);
        // Reads go on, though the database was opened anew under them.
        expect(await valuesOf(log)).toEqual([1, 2, 3]);
        expect(state.told.at(0)).toBe('LOG_WRITE_FAILED');
        expect(state.told.at(-1)).toBeNull();
        expect(log.problem).toBeNull();
        await log.close();
        const again = await subject.open(folder);
        expect(await valuesOf(again)).toEqual([1, 2, 3]);
        expect(again.deadLetters.count).toBe(1);
        await again.close();
      });

      test('does not disturb those who read meanwhile', async () => {
        const { state, maybeFail } = failing(0);
        const log = await subject.open(tempFolder(), {
          tailBytesMax: 0,
          events: {
            ...noEvents,
            committed: maybeFail,
            failing: (error) => state.told.push(error?.code ?? null),
          },
        });
        append(
          log,
          Array.from({ length: 500 }, (_, index) => index),
        );
        await settled(log);
        state.left = 1;
        append(log, [500]);
        let isSettled = false;
        const settling = settled(log).then(() => {
          isSettled = true;
        });
        while (!isSettled) {
          const stream = log.stream('');
          const reads = [0, 100, 200, 300].map((from) => log.read(stream, from, 50));
          for (const { runs } of await Promise.all(reads)) {
            expect(runs.flatMap(rowsOf)).toHaveLength(50);
          }
        }
        await settling;
        expect(state.told).toEqual(['LOG_WRITE_FAILED', null]);
        await log.close();
      });
    });

    test('more commits than may wait for a disk that fails are refused, and the others end well', async () => {
      let isFailing = true;
      const log = await subject.open(tempFolder(), {
        consumersMax: 3,
        events: {
          ...noEvents,
          committed() {
            if (isFailing) throw new Error('no space left');
          },
          failing: () => {},
          trimmedDeadLetters: () => {},
        },
      });
      const waiting = Array.from({ length: 10_000 }, (_, index) =>
        log.commitPosition('', `c${index % 3}`, 0),
      );
      const refused = { code: 'COMMIT_LIMIT', status: 'RESOURCE_EXHAUSTED', canRetry: true };
      await expect(log.commitPosition('', 'c0', 0)).rejects.toMatchObject(refused);
      isFailing = false;
      expect(new Set(await Promise.all(waiting))).toEqual(new Set([0]));
      expect(await log.commitPosition('', 'c0', 0)).toBe(0);
      await log.close();
    });

    describe('closing', () => {
      test('makes everything appended before it durable first', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        append(log, [1, 2]);
        const first = settled(log);
        append(log, [3]);
        const second = settled(log);
        const closed = log.close();
        await Promise.all([first, second, closed]);
        const again = await subject.open(folder);
        expect(await valuesOf(again)).toEqual([1, 2, 3]);
        await again.close();
      });

      test('settles what comes during it, as durable or as refused, and means it', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        append(log, [0]);
        await settled(log);
        const outcomes: { value: number; error: MillpondError | null }[] = [];
        let isClosed = false;
        const closed = log.close().then(() => {
          isClosed = true;
        });
        let value = 0;
        while (!isClosed) {
          const own = ++value;
          append(log, [own]);
          log.settleAppended((error) => outcomes.push({ value: own, error }));
          log.startCommit();
          await new Promise((resolve) => setImmediate(resolve));
        }
        await closed;
        expect(outcomes).toHaveLength(value);
        for (const { error } of outcomes) {
          if (error !== null) expect(error.code).toBe('LOG_STOPPING');
        }
        const again = await subject.open(folder);
        const durable = outcomes.filter(({ error }) => error === null);
        expect(await valuesOf(again)).toEqual([0, ...durable.map((each) => each.value)]);
        await again.close();
      });

      test('lets reads under way end, each with its rows or an error', async () => {
        const log = await subject.open(tempFolder(), { tailBytesMax: 0 });
        append(
          log,
          Array.from({ length: 3000 }, (_, index) => index),
        );
        await settled(log);
        const stream = log.stream('');
        const reads = Array.from({ length: 50 }, (_, index) => log.read(stream, index * 50, 100));
        const outcomes = Promise.allSettled(reads);
        await log.close();
        for (const [index, outcome] of (await outcomes).entries()) {
          if (outcome.status === 'rejected') {
            expect(outcome.reason).toMatchObject({ code: 'LOG_STOPPING' });
          } else {
            expect(outcome.value.runs.flatMap(rowsOf)[0]?.offset).toBe(index * 50);
          }
        }
      });

      test('refuses everything afterwards with LOG_STOPPING', async () => {
        const log = await subject.open(tempFolder(), { tailBytesMax: 0 });
        append(log, [1]);
        await settled(log);
        await log.close();
        const stopping = { code: 'LOG_STOPPING' };
        append(log, [2]);
        await expect(settled(log)).rejects.toMatchObject(stopping);
        await expect(log.commitPosition('', 'a', 1)).rejects.toMatchObject(stopping);
        await expect(log.read(log.stream(''), 0, 1)).rejects.toMatchObject(stopping);
        await expect(log.offsetAtTime(log.stream(''), 0)).rejects.toMatchObject(stopping);
      });

      test('twice is closing once', async () => {
        const folder = tempFolder();
        const log = await subject.open(folder);
        await Promise.all([log.close(), log.close()]);
        await log.close();
        const again = await subject.open(folder);
        await again.close();
      });
    });
  });
}
