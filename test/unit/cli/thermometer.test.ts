// The demo's simulated thermometers: repeatable by seed, faults included.
import { expect, test } from 'vitest';
import { Climate } from '../../../src/cli/demo/climate.ts';
import type { Make, Message } from '../../../src/cli/demo/make.ts';
import { makes } from '../../../src/cli/demo/makes.ts';
import { createRandom } from '../../../src/cli/demo/random.ts';
import { createThermometers, type Step } from '../../../src/cli/demo/thermometer.ts';
import { Quality } from '../../../src/core/reading.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { loadProfiles } from '../../../src/decode/load-profiles.ts';

const nowMs = Date.parse('2025-06-01T12:00:00Z');
const decoder = createDecoder({ profiles: loadProfiles().profiles });

function decode({ topic, payload }: Message) {
  return decoder.decode({
    source: 'mqtt',
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    receivedAtUs: nowMs * 1000,
    isRetained: false,
    isRedelivered: false,
  });
}

function courseOf(seed: number, steps = 300): Step[][] {
  return createThermometers(makes, { count: 12, seed }).map((thermometer) =>
    Array.from({ length: steps }, (_, step) => thermometer.step(nowMs + step * 1000)),
  );
}

function measurementOf(make: Make, number: number) {
  const sample = new Climate(createRandom(number)).next();
  return { ...sample, device: make.deviceName('attic', 3), atMs: nowMs, number };
}

test('the same seed gives the same course, another one another', () => {
  expect(courseOf(7)).toEqual(courseOf(7));
  expect(courseOf(7)).not.toEqual(courseOf(8));
});

test('no two devices of a fleet have the same name', () => {
  const devices = createThermometers(makes, { count: 500, seed: 1 }).map(({ device }) => device);
  expect(new Set(devices).size).toBe(500);
});

test.each(makes.map((make) => [make.title, make] as const))(
  '%s in health is understood by its profile',
  (_title, make) => {
    for (let number = 0; number < 50; number += 1) {
      const { profile, readings, dropped, deadLetter } = decode(
        make.message(measurementOf(make, number)),
      );
      expect(profile).not.toBe('');
      expect(deadLetter).toBeNull();
      expect(dropped.filter((reason) => reason !== 'ignored_field')).toEqual([]);
      expect(readings.length).toBeGreaterThan(0);
      for (const { value, quality } of readings) {
        expect(value).toBeTypeOf('number');
        expect(quality).toBe(Quality.good);
      }
    }
  },
);

test.each(makes.map((make) => [make.title, make] as const))(
  'each trouble of %s leaves a trace, and no false temperature',
  (_title, make) => {
    for (const trouble of make.troubles) {
      const { readings, dropped, deadLetter } = decode(trouble(measurementOf(make, 2)));
      const isSuspect = readings.some(({ quality }) => quality === Quality.clockSuspect);
      expect(isSuspect || dropped.length > 0 || deadLetter !== null).toBe(true);
      for (const { metric, value } of readings) {
        if (metric === 'temperature') expect(value).toBeGreaterThan(0);
      }
    }
  },
);

test('in a fleet of twelve every kind of trouble comes up within a few hundred steps', () => {
  const steps = courseOf(1).flat();
  const messages = steps.flatMap((step) => ('messages' in step ? step.messages : []));
  const decoded = messages.map(decode);
  const dropped = new Set(decoded.flatMap((one) => one.dropped));
  const dead = new Set(decoded.flatMap((one) => one.deadLetter?.reason ?? []));
  expect([...dropped]).toEqual(expect.arrayContaining(['sentinel', 'null_value', 'not_a_number']));
  expect([...dead].sort()).toEqual(['invalid_json', 'invalid_number', 'invalid_utf8']);
  expect(new Set(steps.map(({ kind }) => kind)).size).toBe(4);
  expect(messages.some(({ isResend }) => isResend)).toBe(true);
});

test('after a lost connection the unacknowledged message comes again, then what was kept, in order', () => {
  for (const steps of courseOf(3)) {
    const at = steps.findIndex(({ kind }) => kind === 'resume');
    if (at < 0) continue;
    const resume = steps[at] as Extract<Step, { kind: 'resume' }>;
    const firstCut = steps.findIndex(({ kind }) => kind === 'cut');
    const before = steps[firstCut - 1] as Extract<Step, { kind: 'send' }>;
    expect(resume.messages[0]).toEqual({ ...before.messages.at(-1), isResend: true });
    expect(resume.messages).toHaveLength(at - firstCut + 2);
    expect(resume.messages.slice(1).every(({ isResend }) => !isResend)).toBe(true);
  }
});

test('the climate drifts like a room and never jumps', () => {
  const climate = new Climate(createRandom(5));
  let last = climate.next().celsius;
  for (let step = 0; step < 5000; step += 1) {
    const { celsius, humidityPercent } = climate.next();
    expect(Math.abs(celsius - last)).toBeLessThan(0.5);
    expect(celsius).toBeGreaterThan(0);
    expect(celsius).toBeLessThan(40);
    expect(humidityPercent).toBeGreaterThanOrEqual(15);
    last = celsius;
  }
});
