// Ten thousand broken messages for each family: what its examples are, with bytes changed, cut, doubled
// and exchanged. Nothing throws past decode, what comes out is sound, and nothing takes long.
// For longer: `npm run fuzz:decode`.
import { describe, expect, test } from 'vitest';
import type { Decoded } from '../../../src/core/contracts.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { payloadOf } from '../../../src/decode/examples.ts';
import { judgeName } from '../../../src/decode/names.ts';
import { chooseSeed, randomFrom } from '../../support/random.ts';
import { builtInProfiles, messageOf, quickestCpuMs, receivedAtUs } from './messages.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 10_000);
const seed = chooseSeed();

const words = [
  'null',
  'NaN',
  '1e999',
  '-0',
  '""',
  '{}',
  '[]',
  '"__proto__"',
  '-127',
  '85',
  '\u0000',
  '\r\n',
  '=',
  ':',
  ',',
  ';',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '°',
  '99999999999999999999',
  '0x',
  '\ud800',
].map((word) => Buffer.from(word));

/** What is wrong with the answer, or null. */
function fault({ readings, dropped, deadLetter }: Decoded): string | null {
  if (deadLetter?.reason === 'decoder_fault') return deadLetter.detail;
  if (readings.length > 1000) return `${readings.length} readings`;
  if (readings.length + dropped.length === 0 && deadLetter === null) return 'no answer';
  for (const { device, channel, metric, value, measuredAtUs } of readings) {
    if (judgeName(device) !== null || judgeName(metric) !== null) return `${device} ${metric}`;
    if (channel !== '' && judgeName(channel) !== null) return `channel ${channel}`;
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return `${metric} ${value}`;
    }
    if (!Number.isSafeInteger(measuredAtUs) || measuredAtUs <= 0) return `time ${measuredAtUs}`;
  }
  return Object.keys(Object.prototype).length > 0 ? 'a polluted prototype' : null;
}

function mutate(random: () => number, payload: Buffer, other: Buffer): Buffer {
  const below = (count: number) => Math.floor(random() * count);
  let bytes = payload;
  for (let left = 1 + below(4); left > 0; left -= 1) {
    const at = below(bytes.length + 1);
    const end = at + below(Math.min(16, bytes.length - at) + 1);
    const from = below(other.length);
    const insert = [
      Buffer.from([below(256)]),
      words[below(words.length)]!,
      bytes.subarray(at, end),
      other.subarray(from, from + below(32)),
      Buffer.alloc(0),
    ][below(5)]!;
    bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(end)]);
  }
  return bytes;
}

const examples = builtInProfiles.flatMap((profile) =>
  profile.examples.map((example) => ({ topic: example.topic, payload: payloadOf(example) })),
);

describe('a family of broken messages', () => {
  test.each(builtInProfiles.map((profile) => ({ profile, name: profile.name })))(
    '$name answers whatever comes',
    ({ profile }) => {
      const random = randomFrom(seed);
      const decoder = createDecoder({ profiles: builtInProfiles });
      const own = profile.examples.map((example) => ({
        topic: example.topic,
        payload: payloadOf(example),
      }));
      for (let run = 0; run < runs; run += 1) {
        const { topic, payload } = own[Math.floor(random() * own.length)]!;
        const other = examples[Math.floor(random() * examples.length)]!.payload;
        const broken = mutate(random, payload, other);
        const message = messageOf(topic, broken, { receivedAtUs: receivedAtUs + run });
        const found = fault(decoder.decode(message));
        if (found !== null) {
          expect.fail(`${found}: ${topic} ${broken.toString('base64')} (base64), run ${run}`);
        }
      }
    },
    600_000,
  );
});

const kib64 = 65_536;

function filled(open: string, entry: (index: number) => string, close: string): string {
  const parts: string[] = [];
  for (let length = 0; length < kib64 - 64; length += parts.at(-1)!.length + 1) {
    parts.push(entry(parts.length));
  }
  return `${open}${parts.join()}${close}`;
}

/** 64 KiB each, of what costs most. */
const heavy: Readonly<Record<string, string | Buffer>> = {
  keys: filled('{', (index) => `"k${index}":${index}`, '}'),
  'keys that name a metric': filled('{', (index) => `"temperature_${index}_F":1`, '}'),
  'objects within an object': filled('{', (index) => `"k${index}":{"Temperature":1}`, '}'),
  'objects in an array': filled('[', (index) => `{"k${index}":1}`, ']'),
  'keys far down': filled('{"state":{"reported":{', (index) => `"k${index}":1`, '}}}'),
  'batches of values': filled('{"a":[', (index) => `{"values":{"k${index}":1}}`, ']}'),
  escapes: `{"temperature":"${'\\u0041'.repeat(10_000)}"}`,
  'hex digits': `{"data":"${'02011b'.repeat(10_000)}","ts":1}`,
  pairs: filled('', (index) => `k${index}=1`, ''),
  signs: '='.repeat(kib64),
  quotes: '"",'.repeat(kib64 / 3),
  lines: '1,2,3,4\n'.repeat(kib64 / 8),
  'points of line protocol': 'a,b=c d=1 1465839830100400200\n'.repeat(kib64 / 30),
  blanks: `${' '.repeat(kib64)}1`,
  digits: '1'.repeat(kib64),
  bytes: Buffer.alloc(kib64, 0x0a),
};

test.each(Object.entries(heavy))('64 KiB of %s take no family long', (_, payload) => {
  const decoder = createDecoder({ profiles: builtInProfiles });
  for (const topic of new Set(examples.map((example) => example.topic))) {
    const message = messageOf(topic, payload);
    // 5 ms is the aim, and kept on an idle machine; here it is the shape of the cost that is looked at.
    expect([topic, quickestCpuMs(() => decoder.decode(message)) < 25]).toEqual([topic, true]);
  }
});
