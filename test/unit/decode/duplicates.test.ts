// Repeats of a radio: stored once and counted, within the profile's window and within bounds.
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { DuplicateFilter } from '../../../src/decode/duplicates.ts';
import { messageOf, profileOf, receivedAtUs, summaryOf } from './messages.ts';

const yaml = (window: string) => `
profile: radio
match: ["r/{device}"]
format: json
duplicates: ${window}
time: { at: ts }
readings: [{ at: t, metric: temperature, channel: a }, { at: u, metric: temperature, channel: b }]
`;

const second = 1_000_000;

function decodeAll(window: string, messages: readonly [string, unknown, number][]) {
  const decoder = createDecoder({ profiles: [profileOf(yaml(window))] });
  return messages.map(([topic, payload, atUs]) => {
    const message = messageOf(topic, JSON.stringify(payload), {
      receivedAtUs: receivedAtUs + atUs,
    });
    const { readings, dropped } = summaryOf(decoder.decode(message));
    return [readings.length, dropped.length];
  });
}

describe('the same readings again', () => {
  test('within the window are counted, one for each value, and after it are new', () => {
    const same = { t: 20, u: 20 };
    expect(
      decodeAll('2s', [
        ['r/x', same, 0],
        ['r/x', same, second],
        ['r/x', same, 2 * second],
        ['r/x', same, 2 * second + 1],
        ['r/x', same, 3 * second],
      ]),
    ).toEqual([
      [2, 0],
      [0, 2],
      [0, 2],
      [2, 0],
      [0, 2],
    ]);
  });

  test('of another device, value or time of the device are no duplicates', () => {
    expect(
      decodeAll('1 min', [
        ['r/x', { t: 20 }, 0],
        ['r/y', { t: 20 }, 0],
        ['r/x', { t: 20.1 }, 1],
        ['r/x', { u: 20 }, 2],
        ['r/x', { t: 20, ts: 1_704_067_200 }, 3],
        ['r/x', { t: 20, ts: 1_704_067_201 }, 4],
        ['r/x', { t: 20, ts: 1_704_067_201 }, 5],
      ]),
    ).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
  });

  test('without a window, or when the clock went back, are all stored', () => {
    const decoder = createDecoder({
      profiles: [profileOf(yaml('2s').replace('duplicates: 2s', ''))],
    });
    const message = messageOf('r/x', '{"t":20}');
    expect(decoder.decode(message).readings.length).toBe(1);
    expect(decoder.decode(message).readings.length).toBe(1);
    expect(
      decodeAll('2s', [
        ['r/x', { t: 20 }, second],
        ['r/x', { t: 20 }, 0],
      ]),
    ).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });
});

test('what is remembered stays within its bounds', () => {
  const filter = new DuplicateFilter({ keysMax: 100, keyBytesMax: 100_000 });
  for (let value = 0; value < 10_000; value += 1) {
    const reading = {
      device: 'x',
      channel: '',
      metric: 'temperature',
      unit: 'Cel',
      value,
      measuredAtUs: 0,
      quality: 1 as const,
    };
    expect(filter.isDuplicate([reading], second, 0)).toBe(false);
    expect(filter.isDuplicate([reading], second, 0)).toBe(true);
    expect(filter.size).toBeLessThanOrEqual(100);
  }
});
