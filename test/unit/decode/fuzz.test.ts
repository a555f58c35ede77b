// Thousands of inputs of each kind: nothing throws, nothing is polluted, and what comes out is always
// finite, named and bounded. fast-check prints the seed of a failure.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decoded } from '../../../src/core/contracts.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { payloadOf } from '../../../src/decode/examples.ts';
import { judgeName } from '../../../src/decode/names.ts';
import { builtInDecoder, builtInProfiles, messageOf, profileOf } from './messages.ts';

const decoder = builtInDecoder();
const topics = fc.oneof(
  fc.constantFrom(
    'sensors/a/json',
    'tele/a/SENSOR',
    'zigbee2mqtt/a',
    'a/sensor/power/state',
    'a/events/rpc',
    'a/status/em:0',
    'home/a/temperature',
    'plant/a',
    'plant/a/level',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.constantFrom('', '.', '..', '__proto__', '+', '#', '$SYS', 'a'), { maxLength: 40 })
    .map((levels) => levels.join('/')),
);

function expectSound(decoded: Decoded): void {
  expect(decoded.deadLetter?.reason).not.toBe('decoder_fault');
  expect(decoded.readings.length).toBeLessThanOrEqual(1000);
  expect(
    decoded.readings.length + decoded.dropped.length + (decoded.deadLetter ? 1 : 0),
  ).toBeGreaterThan(0);
  for (const { device, channel, metric, value, measuredAtUs } of decoded.readings) {
    expect(judgeName(device)).toBeNull();
    expect(judgeName(metric)).toBeNull();
    expect(channel === '' ? null : judgeName(channel)).toBeNull();
    const isNumber = Number.isFinite(value) && !Object.is(value, -0);
    expect(isNumber || (typeof value === 'string' && value.length <= 1024)).toBe(true);
    expect(Number.isSafeInteger(measuredAtUs) && measuredAtUs > 0).toBe(true);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
}

const valid = builtInProfiles.flatMap(({ examples }) => examples);

const keys = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'temperature',
    'Temperature',
    'ts',
    'ENERGY',
    'params',
    'em:0',
    'voltage',
    'power',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '', '21.5', 'nan', '1e400', 85, -127, 1e300, 1e-300, -0),
    fc.double(),
    fc.string({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie('value')), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries) as unknown),
  ),
})).value;

test('random bytes on any topic', () => {
  fc.assert(
    fc.property(topics, fc.uint8Array({ maxLength: 200 }), (topic, payload) => {
      expectSound(decoder.decode(messageOf(topic, payload)));
    }),
    { numRuns: 10_000 },
  );
});

test('valid payloads with bytes changed, cut out and doubled', () => {
  const mutation = fc.tuple(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 3 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...valid),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      (example, mutations) => {
        let payload = payloadOf(example);
        for (const [at, length, bytes] of mutations) {
          const start = at % (payload.length + 1);
          payload = Buffer.concat([
            payload.subarray(0, start),
            bytes,
            payload.subarray(start + (length % 4)),
          ]);
        }
        expectSound(decoder.decode(messageOf(example.topic, payload)));
      },
    ),
    { numRuns: 10_000 },
  );
});

test('random JSON, with keys that objects of JavaScript have', () => {
  fc.assert(
    fc.property(topics, json, (topic, value) => {
      const text = JSON.stringify(value).replaceAll('"__proto_"', '"__proto__"');
      expectSound(decoder.decode(messageOf(topic, text)));
    }),
    { numRuns: 10_000 },
  );
});

test('random text for the formats of lines, pairs and columns', () => {
  const line = createDecoder({
    profiles: [
      profileOf(
        'profile: pairs\nmatch: ["pairs/{device}"]\nformat: key-value\nsplit: lines\npairs: ",; "\nreadings: [{ at: "{key}", metric: "{key}" }]',
      ),
      profileOf(
        'profile: columns\nmatch: ["columns/{device}"]\nformat: csv\ncolumns: [ts, temperature]\ntime: { at: ts }\nreadings: [{ at: temperature, metric: temperature }]',
      ),
      profileOf(
        'profile: frame\nmatch: ["frame/{device}"]\nformat: key-value\nchecksum: { kind: xor8, after: $, before: "*" }\nreadings: [{ at: "{key}_F", metric: temperature, unit: F }]',
      ),
    ],
  });
  const text = fc.string({ unit: fc.constantFrom(...'aT1.-+=:;, \r\n*$_F\u0000°'), maxLength: 60 });
  fc.assert(
    fc.property(fc.constantFrom('pairs/a', 'columns/a', 'frame/a'), text, (topic, payload) => {
      expectSound(line.decode(messageOf(topic, payload)));
    }),
    { numRuns: 10_000 },
  );
});
