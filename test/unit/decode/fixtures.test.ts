// The corpus of what real devices send, decoded one message at a time. It lies beside the repository;
// where it is missing its tests are skipped, visibly.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { DecodedReading } from '../../../src/core/reading.ts';
import { Quality } from '../../../src/core/reading.ts';
import { convert, findConversion, findMetric } from '../../../src/decode/units.ts';
import { builtInDecoder, messageOf, receivedAtUs } from './messages.ts';

interface Expected {
  readonly device: string;
  readonly channel?: string;
  readonly metric: string;
  readonly value: number;
  readonly unit?: string;
  readonly time?: string;
}

interface Fixture {
  readonly id: string;
  readonly family: string;
  readonly transport: 'mqtt' | 'serial';
  readonly topic?: string;
  readonly port?: string;
  readonly payload?: string;
  readonly payload_base64?: string;
  readonly expected: readonly Expected[];
  readonly expect: 'readings' | 'dead_letter' | 'ignore';
  readonly uncertain?: boolean;
  readonly retain?: boolean;
  readonly tol?: number;
  readonly must_not?: readonly Partial<Expected>[];
}

const file = fileURLToPath(new URL('../../../../shared/fixtures/telemetry.jsonl', import.meta.url));
const fixtures: Fixture[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Fixture)
  : [];

/** Families that have a profile, or need none. */
const supported = new Set([
  'tasmota',
  'zigbee2mqtt',
  'esphome',
  'shelly_gen2',
  'plain_numeric',
  'nasty_mqtt',
]);

function decode(fixture: Fixture) {
  const { topic, port, payload, payload_base64: base64 } = fixture;
  const bytes = payload === undefined ? Buffer.from(base64!, 'base64') : Buffer.from(payload);
  return builtInDecoder().decode(
    messageOf(topic ?? port!, bytes, {
      source: fixture.transport === 'mqtt' ? 'mqtt' : port!,
      isRetained: fixture.retain ?? false,
    }),
  );
}

function inCanonicalUnit({ metric, value, unit }: Pick<Expected, 'metric' | 'value' | 'unit'>) {
  const kind = findMetric(metric);
  const conversion = kind && unit !== undefined ? findConversion(kind, unit) : undefined;
  return conversion === undefined ? value : convert(value, conversion);
}

function isSame(actual: DecodedReading, expected: Partial<Expected>, tol?: number): boolean {
  if (expected.metric !== undefined && actual.metric !== expected.metric) return false;
  if (expected.time !== undefined) {
    if (Math.abs(actual.measuredAtUs - Date.parse(expected.time) * 1000) > 1000) return false;
  }
  if (expected.value === undefined) return true;
  const value = inCanonicalUnit({ ...expected, metric: actual.metric, value: expected.value });
  const allowed = tol ?? Math.max(1e-9, Math.abs(value) * 1e-6);
  return typeof actual.value === 'number' && Math.abs(actual.value - value) <= allowed;
}

/** For each expected reading one of its own, that of the same channel first. */
function pair(fixture: Fixture, readings: readonly DecodedReading[]) {
  const left = new Set(readings);
  return fixture.expected.map((expected) => {
    const same = [...left].filter((reading) => isSame(reading, expected, fixture.tol));
    const found = same.find(({ channel }) => channel === expected.channel) ?? same[0];
    if (found !== undefined) left.delete(found);
    return found;
  });
}

describe.skipIf(fixtures.length === 0)('the corpus of real messages', () => {
  for (const fixture of fixtures.filter(({ family }) => supported.has(family))) {
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
      .filter(({ family, uncertain }) => supported.has(family) && uncertain === true)
      .filter(({ expect: outcome }) => outcome === 'readings')
      .filter((fixture) => {
        const { readings, deadLetter } = decode(fixture);
        return readings.length === 0 && deadLetter === null;
      });
    expect(lost.map(({ id }) => id)).toEqual([]);
  });
});
