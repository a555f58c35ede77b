// The corpus of what real devices send, and how an answer is held against it. It lies beside the
// repository; where it is missing, the tests that need it are skipped, visibly.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { convert, findConversion, findMetric } from '../../src/decode/units.ts';

export interface Expected {
  readonly device: string;
  readonly channel?: string;
  readonly metric: string;
  readonly value: number;
  readonly unit?: string;
  readonly time?: string;
  /** Its value is a guess of the corpus: the unit is said nowhere. */
  readonly uncertain?: boolean;
}

export interface Fixture {
  readonly id: string;
  readonly family: string;
  readonly transport: 'mqtt' | 'serial';
  readonly topic?: string;
  readonly port?: string;
  readonly payload?: string;
  readonly payload_base64?: string;
  readonly expected: readonly Expected[];
  readonly expect: 'readings' | 'dead_letter' | 'ignore';
  readonly also?: string;
  readonly uncertain?: boolean;
  readonly retain?: boolean;
  readonly tol?: number;
  readonly notes?: string;
  readonly repeat?: number;
  readonly must_not?: readonly Partial<Expected>[];
}

/** What is compared: a decoded or a stored reading. */
export interface Answer {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly value: number | string;
  readonly measuredAtUs: number;
}

/** Families that have a profile, or need none. */
export const supportedFamilies = new Set([
  'tasmota',
  'zigbee2mqtt',
  'esphome',
  'shelly_gen2',
  'plain_numeric',
  'nasty_mqtt',
  'sparkplug_b',
  'senml_json',
  'senml_cbor',
  'influx_lp',
  'rtl_433',
  'ruuvi_gateway',
  'ble_raw',
  'theengs_omg',
  'tts_v3',
  'chirpstack_v4',
  'shelly_gen1',
  'homie',
  'home_assistant',
  'cloud_json',
  'csv_kv',
]);

/** The profile that the config of a serial port would name, by family. */
export const portProfiles: ReadonlyMap<string, string> = new Map([['ble_raw', 'bthome']]);

/** Times that are said relative to the message's arrival, in seconds. */
export const relativeTimes: ReadonlyMap<string, number> = new Map([['senml_json-09', -10]]);

const file = fileURLToPath(new URL('../../../shared/fixtures/telemetry.jsonl', import.meta.url));

/** Empty where the corpus is missing. */
export function loadFixtures(): Fixture[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Fixture);
}

export function payloadOf({ payload, payload_base64: base64 }: Fixture): Buffer {
  return payload === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(payload);
}

function inCanonicalUnit({ metric, value, unit }: Pick<Expected, 'metric' | 'value' | 'unit'>) {
  const kind = findMetric(metric);
  const conversion = kind && unit !== undefined ? findConversion(kind, unit) : undefined;
  return conversion === undefined ? value : convert(value, conversion);
}

/** Metric, value (in our unit, within the tolerance) and time where the expectation has them. */
export function isSame(actual: Answer, expected: Partial<Expected>, tol?: number): boolean {
  if (expected.metric !== undefined && actual.metric !== expected.metric) return false;
  if (expected.time !== undefined) {
    if (Math.abs(actual.measuredAtUs - Date.parse(expected.time) * 1000) > 1000) return false;
  }
  if (expected.value === undefined || expected.uncertain === true) return true;
  const value = inCanonicalUnit({ ...expected, metric: actual.metric, value: expected.value });
  const allowed = tol ?? Math.max(1e-9, Math.abs(value) * 1e-6);
  return typeof actual.value === 'number' && Math.abs(actual.value - value) <= allowed;
}

/** For each expected reading one of its own, that of the same channel first. */
export function pair<T extends Answer>(fixture: Fixture, answers: readonly T[]): (T | undefined)[] {
  const left = new Set(answers);
  return fixture.expected.map((expected) => {
    const same = [...left].filter((answer) => isSame(answer, expected, fixture.tol));
    const found = same.find(({ channel }) => channel === expected.channel) ?? same[0];
    if (found !== undefined) left.delete(found);
    return found;
  });
}
