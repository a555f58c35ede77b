// What no profile matches still counts: a number is a reading named by its topic, the numbers of a flat
// JSON object are readings; the rest is dropped or becomes a dead letter, each with its reason.

import type { DeadLetterReason, DropReason } from '../core/contracts.ts';
import { compileProfile } from './compile-profile.ts';
import type { Emission } from './emission.ts';
import { nameMetric } from './metric-names.ts';
import { judgeName, quote } from './names.ts';
import type { ReadingDocument } from './profile-schema.ts';
import type { Rule } from './rule.ts';
import { runRule } from './rule.ts';

/** First levels that say nothing about the device: `home/probe1/temperature` is the device probe1. */
const hollowRoots = new Set(
  `bench data device devices home house iot measurement measurements mqtt node nodes reading readings
  sensor sensors tele telemetry test`.split(/\s+/),
);
/** Last levels that only say that a value follows: `boiler/temperature/state`. */
const hollowEnds = new Set(['state', 'value']);

function fallbackRule(readings: ReadingDocument[], format: 'json' | 'number'): Rule {
  const { profile } = compileProfile({
    profile: 'fallback',
    match: ['{device}/{name}'],
    format,
    ...(format === 'json' ? { coerce: true } : {}),
    time: { at: ['ts', 'time', 'timestamp', 'Time', 'dateTime'] },
    readings,
    // DallasTemperature prints these two texts for a missing probe and for one that has just been
    // powered on: DEVICE_DISCONNECTED_C, and the DS18B20's reset value (data sheet, table 1).
    sentinels: ['-127.00', '85.00'],
  });
  return profile!.routes[0]!.target as Rule;
}

const jsonRule = fallbackRule([{ at: '{key}', metric: '{key}' }], 'json');
const numberRule = fallbackRule([{ metric: '{name}' }], 'number');

export interface OpenRoute {
  readonly kind: 'open';
  /** The device of a JSON object on this topic, and of a number. */
  readonly jsonDevice: string;
  readonly numberDevice: string;
  /** What a number on this topic is called. */
  readonly name: string;
}

export type FallbackRoute =
  | OpenRoute
  | { readonly kind: 'ignored'; readonly reason: DropReason }
  | { readonly kind: 'invalid'; readonly reason: DeadLetterReason; readonly detail: string };

/** `isPort` for a serial port's label, which is one name though it has slashes. */
export function fallbackRoute(topic: string, source: string, isPort: boolean): FallbackRoute {
  if (isPort) return open({ jsonDevice: topic, numberDevice: topic, name: 'value' });
  if (topic.startsWith('$')) return { kind: 'ignored', reason: 'broker_traffic' };
  if (topic.startsWith('/')) return { kind: 'ignored', reason: 'ignored_topic' };
  const levels = topic.split('/');
  if (levels.length > 1 && levels.at(-1) === '') levels.pop();
  if (levels.length > 1 && hollowRoots.has(levels[0]!)) levels.shift();
  const jsonDevice = levels.join('/');
  if (levels.length > 1 && hollowEnds.has(levels.at(-1)!)) levels.pop();
  let name = levels.pop()!;
  // `ext_temperature/0`: a number as the last level counts the sensors of a device.
  if (/^\d{1,4}$/.test(name) && levels.length > 1) name = `${levels.pop()!}_${name}`;
  if (levels.length > 0) return open({ jsonDevice, numberDevice: levels.join('/'), name });
  // One level is the metric if it names one, and else the device.
  const isMetric = nameMetric(name).kind !== null;
  return open({
    jsonDevice,
    numberDevice: isMetric ? source : name,
    name: isMetric ? name : 'value',
  });
}

function open(names: { jsonDevice: string; numberDevice: string; name: string }): FallbackRoute {
  for (const name of Object.values(names)) {
    const fault = judgeName(name);
    if (fault === null) continue;
    return { kind: 'invalid', reason: fault, detail: `a name in the topic: ${quote(name)}` };
  }
  return { kind: 'open', ...names };
}

/** Decodes what no profile matched. */
export function runFallback(route: OpenRoute, text: string, emission: Emission): void {
  const first = text.trimStart()[0];
  if (first === '{' || first === '[') {
    runRule(jsonRule, text, route.jsonDevice, emission);
  } else {
    emission.slots[1] = route.name;
    runRule(numberRule, text, route.numberDevice, emission);
  }
  if (emission.hasOnlyForeign) emission.reject('no_profile', `no number in ${quote(text)}`);
}
