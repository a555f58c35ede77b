// Ten thousand inputs for each built-in decoder: random bytes, and valid messages with bytes changed, cut
// out and doubled. Nothing throws, what comes out is bounded, and the worst inputs end in time.
// For longer: `npm run fuzz:decode`.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BuiltinDecoder, BuiltinSink } from '../../../../src/decode/builtin/contract.ts';
import { builtinFactories } from '../../../../src/decode/builtin/registry.ts';
import { createSparkplugDecoder } from '../../../../src/decode/builtin/sparkplug.ts';
import { createDecoder } from '../../../../src/decode/decoder.ts';
import { messageOf, profileOf, quickestCpuMs, receivedAtUs } from '../messages.ts';
import { fromHex } from './collect.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 10_000);
const timeoutMs = 30_000 + runs;

const sparkplugTypes = ['NBIRTH', 'DBIRTH', 'NDATA', 'DDATA', 'NDEATH', 'DDEATH', 'NCMD', ''];
const topics = fc.constantFrom(
  ...sparkplugTypes.flatMap((type) => [`spBv1.0/g/${type}/n`, `spBv1.0/g/${type}/n/d`]),
);
const args = fc.constantFrom('', 'ns', 's', 'fe95', '0xfcd2', '181a', '__proto__');

/** Messages that each decoder takes, to be damaged. */
const seeds: Readonly<Record<string, readonly Uint8Array[]>> = {
  'ble-advertisement': [
    fromHex('0201061BFF99040515AE4C6DC6D7000CFFF803F4ADB6AD697FF41F0C28CBD6'),
    fromHex('0201060a16d2fc4002c40903bf13'),
  ],
  'ble-manufacturer-data': [
    fromHex('9904E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE10FFFFFFFFFFCBB8334C884F'),
    fromHex('88ec000418ee6400'),
  ],
  'ble-service-data': [
    fromHex('5020aa0137dfaa33342d580d100404016602'),
    fromHex('a4c138d27cda00ea2f5a0b54c5'),
  ],
  bthome: [fromHex('4002ca0903bf1353024142'), fromHex('400009016102ca09')],
  dsmr: [
    Buffer.from('/A\r\n0-0:1.0.0(170102192002W)\r\n1-0:1.8.1(000004.426*kWh)\r\n!\r\n'),
    Buffer.from('/A\r\n1-3:0.2.8(50)\r\n0-1:24.2.1(161129200000W)(00981.443*m3)\r\n!0000\r\n'),
  ],
  'w1-slave': [
    Buffer.from('5c 01 4b 46 7f ff 04 10 a1 : crc=a1 YES\n5c 01 4b 46 7f ff 04 10 a1 t=21750\n'),
  ],
  'line-protocol': [
    Buffer.from(
      'weather,location=us\\ midwest temperature=82,s="a \\"b" 1465839830100400200\n# c\nm v=1i',
    ),
  ],
  senml: [
    Buffer.from('[{"bn":"urn:dev:ow:1:","bt":1.27e9,"n":"t","u":"Cel","v":21.5},{"n":"h","v":5}]'),
    encode([
      new Map<number, unknown>([
        [-2, 'd:'],
        [0, 't'],
        [1, 'Cel'],
        [2, 21.5],
        [6, -5],
      ]),
    ]),
  ],
  'sparkplug-b': [
    Buffer.from(
      'CIDQlf+8MRIxCgdUYW5rL1QxEAEYgNCV/7wxIApKEgoHZW5nVW5pdBIHCAxCA8KwRmnNzMzMzKxRQBIuCgdUYW5rL1QyEAIYgNCV/7wxIApKDwoHUXVhbGl0eRIECAMYAGkAAAAAAADwPxgA',
      'base64',
    ),
  ],
};

test('every decoder has something to be damaged', () => {
  expect(Object.keys(seeds).sort()).toEqual([...builtinFactories.keys()].sort());
});

function run(decoder: BuiltinDecoder, payload: Uint8Array, topic: string, argument: string): void {
  let calls = 0;
  let isSound = true;
  const sink: BuiltinSink = {
    get isOver() {
      return calls > 2000;
    },
    add: ({ name, value, timeUs = 0 }) => {
      calls += 1;
      const isValue = typeof value === 'number' || typeof value === 'string';
      isSound &&= typeof name === 'string' && isValue && Number.isSafeInteger(timeUs);
    },
    wantRebirth: (wanted) => {
      isSound &&= wanted.length <= topic.length + 1;
    },
    drop: () => {
      calls += 1;
    },
    reject: (_reason, detail) => {
      calls += 1;
      isSound &&= detail.length < 400;
    },
  };
  decoder.decode(payload, { topic, receivedAtUs, device: 'device', argument, isPast: false }, sink);
  expect(isSound).toBe(true);
}

describe.each([...builtinFactories])('%s', (name, create) => {
  const decoder = create();

  test(
    'random bytes',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), topics, args, (payload, topic, argument) => {
          run(decoder, payload, topic, argument);
        }),
        { numRuns: runs / 2 },
      );
    },
    timeoutMs,
  );

  test(
    'valid messages, damaged',
    () => {
      const mutation = fc.tuple(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 4 }));
      const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
      const seed = fc.constantFrom(...seeds[name]!);
      fc.assert(
        fc.property(seed, mutations, topics, args, (valid, changes, topic, argument) => {
          let payload = Buffer.from(valid);
          for (const [at, length, bytes] of changes) {
            const start = at % (payload.length + 1);
            const rest = payload.subarray(start + (length % 4));
            payload = Buffer.concat([payload.subarray(0, start), bytes, rest]);
          }
          run(decoder, payload, topic, argument);
        }),
        { numRuns: runs / 2 },
      );
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
    timeoutMs,
  );

  test('cut at every place', () => {
    for (const valid of seeds[name]!) {
      for (let length = 0; length < valid.length; length += 1) {
        for (const argument of ['', 'fe95', '181a']) {
          run(decoder, valid.subarray(0, length), 'spBv1.0/g/NDATA/n', argument);
        }
      }
    }
  });
});

describe('64 KiB of the worst', () => {
  const size = 64 * 1024;
  const fill = (hex: string) => Buffer.alloc(size, hex, 'hex');
  const text = (unit: string) => Buffer.from(unit.repeat(Math.floor(size / unit.length)));

  function metrics(write: (writer: BinaryWriter, index: number) => void): Uint8Array {
    const writer = new BinaryWriter();
    let written = 0;
    for (let index = 0; written < size - 64; index += 1) {
      const metric = new BinaryWriter();
      write(metric, index);
      const bytes = metric.finish();
      writer.uint32(18).bytes(bytes);
      written += bytes.length + 2;
    }
    return writer.finish();
  }

  const cases: readonly [name: string, decoder: string, payload: Uint8Array][] = [
    ['empty metrics', 'sparkplug-b', fill('1200')],
    [
      'metrics of a birth',
      'sparkplug-b',
      metrics((m, i) => m.uint32(10).string(`m${i}`).uint32(16).uint64(i).uint32(105).double(i)),
    ],
    [
      'metrics without a name',
      'sparkplug-b',
      metrics((m, i) => m.uint32(16).uint64(i).uint32(105).double(i)),
    ],
    ['groups in groups', 'sparkplug-b', fill('0b')],
    [
      'properties',
      'sparkplug-b',
      metrics((m) =>
        m.uint32(10).string('a').uint32(74).bytes(fromHex('0a0161120208010a016212020801')),
      ),
    ],
    ['arrays in arrays', 'senml', fill('81')],
    ['empty texts', 'senml', Buffer.concat([fromHex('9f'), fill('60')])],
    ['empty maps', 'senml', Buffer.concat([fromHex('9f'), fill('a0')])],
    ['brackets', 'senml', text('[')],
    ['empty records', 'senml', Buffer.from(`[${'{},'.repeat(size / 3 - 2)}{}]`)],
    [
      'records',
      'senml',
      Buffer.from(`[${'{"n":"a","v":1},'.repeat(size / 16 - 2)}{"n":"a","v":1}]`),
    ],
    [
      'fields that nobody knows',
      'senml',
      Buffer.from(`[{${Array.from({ length: 8000 }, (_, i) => `"${i}":1`).join()}}]`),
    ],
    ['backslashes', 'line-protocol', text('\\')],
    ['escaped blanks', 'line-protocol', text('\\ ')],
    ['lines', 'line-protocol', text('m a=1\n')],
    ['broken lines', 'line-protocol', text('m\n')],
    ['tags', 'line-protocol', Buffer.concat([Buffer.from('m'), text(',a=b')])],
    ['fields', 'line-protocol', Buffer.concat([Buffer.from('m '), text('a=1,')])],
    ['quotes', 'line-protocol', Buffer.concat([Buffer.from('m a='), text('"')])],
    ['comments', 'line-protocol', text('#\n')],
    [
      'objects',
      'dsmr',
      Buffer.concat([Buffer.from('/\n'), text('1-0:1.8.1(1*W)\n'), Buffer.from('\n!')]),
    ],
    [
      'brackets',
      'dsmr',
      Buffer.concat([Buffer.from('/\n1-0:1.8.1'), text('('), Buffer.from('\n!')]),
    ],
    ['bytes', 'w1-slave', text('ff ')],
    ['batteries', 'bthome', Buffer.concat([fromHex('40'), fill('0105')])],
    ['packet numbers', 'bthome', Buffer.concat([fromHex('40'), fill('0000')])],
    ['empty texts', 'bthome', Buffer.concat([fromHex('40'), fill('5300')])],
    ['structures', 'ble-advertisement', fill('01ff')],
  ];

  test.each(cases)('%s: %s', (_title, name, payload) => {
    const profile = profileOf(
      `profile: worst\nmatch: ["spBv1.0/g/NBIRTH/{device}"]\ndecoder: ${name}`,
    );
    const decoder = createDecoder({ profiles: [profile] });
    let index = 0;
    const elapsedMs = quickestCpuMs(() => {
      index += 1;
      const decoded = decoder.decode(messageOf(`spBv1.0/g/NBIRTH/n${index % 2}`, payload));
      expect(decoded.deadLetter?.reason).not.toBe('decoder_fault');
      expect(decoded.readings.length).toBeLessThanOrEqual(name === 'sparkplug-b' ? 8192 : 1000);
    });
    expect(elapsedMs).toBeLessThan(50);
  });
});

test('births from ever new nodes stay within their limits', () => {
  const limits = { nodesMax: 50, definitionsMax: 500, charactersMax: 5000 };
  const decoder = createSparkplugDecoder(limits);
  const birth = seeds['sparkplug-b']![0]!;
  const data = Buffer.from(new BinaryWriter().uint32(18).bytes(fromHex('1001')).finish());
  const ask = (node: number) => {
    const rejected: string[] = [];
    decoder.decode(
      data,
      { topic: `spBv1.0/g/NDATA/n${node}`, receivedAtUs, device: '', argument: '', isPast: false },
      {
        isOver: false,
        add: () => undefined,
        wantRebirth: () => undefined,
        drop: () => undefined,
        reject: (reason) => void rejected.push(reason),
      },
    );
    return rejected;
  };
  for (let node = 0; node < 10_000; node += 1) run(decoder, birth, `spBv1.0/g/NBIRTH/n${node}`, '');
  expect(ask(9999)).toEqual([]);
  expect(ask(9000)).toEqual(['alias_unknown']);
});
