// When the disk will be full: at one rate, with streams that stop growing one after the other.
import { describe, expect, test } from 'vitest';
import { type GrowingStream, secondsToFull } from '../../../src/log/disk-forecast.ts';

const DAY_SECONDS = 86_400;
const unlimited = { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] };

function stream(
  bytes: number,
  bytesPerSecond: number,
  retention: Partial<GrowingStream['retention']> = {},
): GrowingStream {
  return { bytes, bytesPerSecond, retention: { ...unlimited, ...retention } };
}

function until(streams: readonly GrowingStream[], diskBytes: number, logBytes = Infinity) {
  return secondsToFull(streams, { diskBytes, logBytes });
}

describe('the disk is full', () => {
  test('when its room is written at the rate of all streams together', () => {
    expect(until([stream(0, 10), stream(500, 30)], 4000)).toBe(100);
  });

  test('later where a stream stops growing at its limit in bytes', () => {
    // 40 a second for 10 s, then 30 a second.
    expect(until([stream(0, 10, { bytes: 100 }), stream(0, 30)], 700)).toBe(20);
    expect(until([stream(0, 10, { hardBytes: 100 }), stream(0, 30)], 700)).toBe(20);
  });

  test('later where a stream keeps what is younger than its age', () => {
    expect(until([stream(0, 10, { ageMs: 10_000 }), stream(0, 30)], 700)).toBe(20);
  });

  test('at once without any room, whatever comes in', () => {
    expect(until([stream(0, 0)], 0)).toBe(0);
    expect(until([], -1)).toBe(0);
  });
});

describe('it is not foreseeable', () => {
  test('while nothing comes in', () => {
    expect(until([stream(1000, 0)], 1)).toBeNull();
  });

  test('where retention keeps every stream below it, or already takes as much as comes in', () => {
    expect(until([stream(0, 10, { bytes: 100 }), stream(500, 10, { bytes: 100 })], 101)).toBeNull();
  });

  test('where log.bytesMax is reached first', () => {
    expect(until([stream(0, 10)], 1000, 1000)).toBeNull();
    expect(until([stream(0, 10)], 1000, 1001)).toBe(100);
  });

  test('beyond a year', () => {
    expect(until([stream(0, 1)], 364 * DAY_SECONDS)).toBe(364 * DAY_SECONDS);
    expect(until([stream(0, 1)], 366 * DAY_SECONDS)).toBeNull();
  });
});
