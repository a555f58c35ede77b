// The corpus of what real devices send, decoded one message at a time.
import { describe, expect, test } from 'vitest';
import { Quality } from '../../../src/core/reading.ts';
import {
  type Fixture,
  isSame,
  loadFixtures,
  pair,
  payloadOf,
  supportedFamilies,
} from '../../support/fixtures.ts';
import { builtInDecoder, messageOf, receivedAtUs } from './messages.ts';

const fixtures = loadFixtures();

function decode(fixture: Fixture) {
  const { transport, topic, port = '', retain: isRetained = false } = fixture;
  const source = transport === 'mqtt' ? 'mqtt' : port;
  return builtInDecoder().decode(
    messageOf(topic ?? port, payloadOf(fixture), { source, isRetained }),
  );
}

describe.skipIf(fixtures.length === 0)('the corpus of real messages', () => {
  for (const fixture of fixtures.filter(({ family }) => supportedFamilies.has(family))) {
    test(`${fixture.id}: ${fixture.expect}${fixture.uncertain ? ' (uncertain)' : ''}`, () => {
      const decoded = decode(fixture);
      const { readings } = decoded;
      for (const forbidden of fixture.must_not ?? []) {
        expect(readings.filter((reading) => isSame(reading, forbidden))).toEqual([]);
      }
      expect(readings.every(({ value }) => Number.isFinite(value))).toBe(true);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      if (fixture.uncertain) return;
      const matched = pair(fixture, readings);
      expect(matched.every((found) => found !== undefined)).toBe(true);
      const series = new Set(
        matched.map((found) => JSON.stringify([found?.device, found?.channel, found?.metric])),
      );
      expect(series.size).toBe(fixture.expected.length);
      if (fixture.expect !== 'readings') expect(readings).toEqual([]);
      expect(decoded.deadLetter !== null).toBe(
        fixture.expect === 'dead_letter' || fixture.id === 'tasmota-09',
      );
      for (const [index, expected] of fixture.expected.entries()) {
        expect(matched[index]!.device).toBe(expected.device);
        if (expected.time !== undefined) continue;
        expect(matched[index]!.measuredAtUs).toBe(receivedAtUs);
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
