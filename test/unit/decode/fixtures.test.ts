// The corpus of what real devices send, decoded one message at a time.
import { describe, expect, test } from 'vitest';
import type { Decoded } from '../../../src/core/contracts.ts';
import { Quality } from '../../../src/core/reading.ts';
import {
  type Answer,
  type Expected,
  type Fixture,
  isSame,
  loadFixtures,
  pair,
  payloadOf,
  portProfiles,
  relativeTimes,
  supportedFamilies,
} from '../../support/fixtures.ts';
import { builtInDecoder, messageOf, receivedAtUs } from './messages.ts';

const fixtures = loadFixtures();

/** By one decoder and in the order of the corpus: some messages only mean something after others. */
const decodedById = new Map<string, Decoded>();
const decoder = builtInDecoder();
for (const fixture of fixtures) {
  const { id, transport, topic, port = '', retain: isRetained = false } = fixture;
  const source = transport === 'mqtt' ? 'mqtt' : port;
  const message = messageOf(topic ?? port, payloadOf(fixture), { source, isRetained });
  const profile = transport === 'serial' ? portProfiles.get(fixture.family) : undefined;
  const own =
    profile === undefined
      ? decoder
      : builtInDecoder({ profileByPort: new Map([[source, profile]]) });
  decodedById.set(id, own.decode(message));
}

function decode({ id }: Fixture): Decoded {
  return decodedById.get(id)!;
}

/** The message has a time of its own that the corpus leaves open. */
function hasOpenTime({ notes = '' }: Fixture): boolean {
  return notes.includes('no time asserted');
}

describe.skipIf(fixtures.length === 0)('the corpus of real messages', () => {
  for (const fixture of fixtures.filter(({ family }) => supportedFamilies.has(family))) {
    test(`${fixture.id}: ${fixture.expect}${fixture.uncertain ? ' (uncertain)' : ''}`, () => {
      const decoded = decode(fixture);
      const { readings } = decoded;
      for (const forbidden of fixture.must_not ?? []) {
        expect(readings.filter((reading) => isSame(reading, forbidden))).toEqual([]);
      }
      const isSound = ({ value }: Answer) => typeof value === 'string' || Number.isFinite(value);
      expect(readings.every(isSound)).toBe(true);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      if (fixture.uncertain) return;
      const matched = pair(fixture, readings);
      expect(matched.every((found) => found !== undefined)).toBe(true);
      const seriesOf = (
        answers: readonly (Pick<Expected, 'device' | 'channel' | 'metric'> | undefined)[],
      ) => new Set(answers.map((x) => JSON.stringify([x?.device, x?.channel ?? '', x?.metric])));
      expect(seriesOf(matched).size).toBe(seriesOf(fixture.expected).size);
      if (fixture.expect !== 'readings') expect(readings).toEqual([]);
      expect(decoded.deadLetter !== null).toBe(
        fixture.expect === 'dead_letter' || fixture.id === 'tasmota-09',
      );
      for (const [index, expected] of fixture.expected.entries()) {
        expect(matched[index]!.device).toBe(expected.device);
        if (expected.time !== undefined || hasOpenTime(fixture)) continue;
        const aheadUs = (relativeTimes.get(fixture.id) ?? 0) * 1_000_000;
        expect(matched[index]!.measuredAtUs).toBe(receivedAtUs + aheadUs);
      }
    });
  }

  test('every message of every family is answered, and a retained one is marked', () => {
    for (const fixture of fixtures) {
      const decoded = decode(fixture);
      expect(decoded.deadLetter?.reason).not.toBe('decoder_fault');
      for (const { quality } of decoded.readings) {
        expect(quality === Quality.retained).toBe(fixture.retain === true);
      }
    }
  });

  test.each(['rtl_433-01', 'zigbee2mqtt-02'])('%s is stored once, however often it comes', (id) => {
    const fixture = fixtures.find((one) => one.id === id)!;
    const decoder = builtInDecoder();
    const counts = Array.from({ length: fixture.repeat! }, () => {
      const message = messageOf(fixture.topic!, payloadOf(fixture));
      return decoder.decode(message).readings.length;
    });
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts.slice(1)).toEqual(counts.slice(1).fill(0));
  });

  test('uncertain readings come out, or the message is kept as a dead letter', () => {
    const lost = fixtures
      .filter(({ family, uncertain }) => supportedFamilies.has(family) && uncertain === true)
      .filter(({ expect: outcome }) => outcome === 'readings')
      .filter((fixture) => {
        const { readings, deadLetter } = decode(fixture);
        return readings.length === 0 && deadLetter === null;
      });
    expect(lost.map(({ id }) => id)).toEqual([]);
  });
});
