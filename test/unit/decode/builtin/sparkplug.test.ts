// Sparkplug B as other code writes it: the payloads in base64 come from npm's sparkplug-payload 1.0.3,
// those that it cannot write from the wire format itself.
import { readFileSync } from 'node:fs';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { createSparkplugDecoder } from '../../../../src/decode/builtin/sparkplug.ts';
import { Births } from '../../../../src/decode/builtin/sparkplug-births.ts';
import { readSparkplugPayload } from '../../../../src/decode/builtin/sparkplug-payload.ts';
import { collect, valuesOf } from './collect.ts';

const allTypes =
  'CIDQlf+8MRISCgViZFNlcRiA0JX/vDEgBFgDEhUKAmk4EAEYgNCV/7wxIAFQ+P///w8SFgoDaTE2EAIYgNCV/7wxIAJQ8P///w8SFgoDaTMyEAMYgNCV/7wxIANQ4P///w8SGwoDaTY0EAQYgNCV/7wxIARYwP//////////ARISCgJ1OBAFGIDQlf+8MSAFUMgBEhQKA3UxNhAGGIDQlf+8MSAGUODUAxIWCgN1MzIQBxiA0JX/vDEgB1iA0KzzDhIWCgN1NjQQCBiA0JX/vDEgCFiA5JfQEhITCgFmEAkYgNCV/7wxIAllAADAPxIXCgFkEAoYgNCV/7wxIAppAAAAAAAAAkASEAoBYhALGIDQlf+8MSALcAESFwoBcxAMGIDQlf+8MSAMegdydW5uaW5nEhYKAmR0EA0YgNCV/7wxIA1YgNCV/7wxEhsKA3R4dBAOGIDQlf+8MSAOeglsb25nIHRleHQSFgoHbm90aGluZxAPGIDQlf+8MSADOAEYAA==';
const tables =
  'CIDQlf+8MRImCgV0YWJsZRiA0JX/vDEgEIoBEwgBEgFjGAMiBAoCCAEiBAoCCAISNwoFbW90b3IYgNCV/7wxIBOSASQSEQoDcnBtGIDQlf+8MSADUIQHIg1fdHlwZXNfL01vdG9yKAASFAoDcmF3GIDQlf+8MSARggEDAQIDEhkKBWFmdGVyGIDQlf+8MSAKaQAAAAAAAB5AGAE=';
const properties =
  'CIDQlf+8MRIxCgdUYW5rL1QxEAEYgNCV/7wxIApKEgoHZW5nVW5pdBIHCAxCA8KwRmnNzMzMzKxRQBIuCgdUYW5rL1QyEAIYgNCV/7wxIApKDwoHUXVhbGl0eRIECAMYAGkAAAAAAADwPxgA';
const historical =
  'CIDQlf+8MRIhCgt0ZW1wZXJhdHVyZRiAgLq7yC4gCigBaQAAAAAAgDRAEhwKCGh1bWlkaXR5GICAurvILiAKaQAAAAAAAERAGAI=';
const aliasesAlone = 'CIDQlf+8MRIREAEYgNCV/7wxIAFQ9////w8SERADGIDQlf+8MSADUN////8PGAE=';

interface MetricShape {
  readonly name?: string;
  readonly alias?: number | bigint;
  readonly datatype?: number;
  readonly int?: number;
  readonly long?: bigint;
  readonly double?: number;
  readonly text?: string;
  readonly timestampMs?: number;
}

function payloadOf(
  metrics: readonly MetricShape[],
  rest: { seq?: number; timestampMs?: number; uuid?: string } = {},
): Uint8Array {
  const writer = new BinaryWriter();
  if (rest.timestampMs !== undefined) writer.uint32(8).uint64(rest.timestampMs);
  for (const { name, alias, datatype, int, long, double, text, timestampMs } of metrics) {
    writer.uint32(18).fork();
    if (name !== undefined) writer.uint32(10).string(name);
    if (alias !== undefined) writer.uint32(16).uint64(alias);
    if (timestampMs !== undefined) writer.uint32(24).uint64(timestampMs);
    if (datatype !== undefined) writer.uint32(32).uint32(datatype);
    if (int !== undefined) writer.uint32(80).uint32(int);
    if (long !== undefined) writer.uint32(88).uint64(long);
    if (double !== undefined) writer.uint32(105).double(double);
    if (text !== undefined) writer.uint32(122).string(text);
    writer.join();
  }
  if (rest.seq !== undefined) writer.uint32(24).uint64(rest.seq);
  if (rest.uuid !== undefined) writer.uint32(34).string(rest.uuid);
  return writer.finish();
}

function gateway() {
  const decoder = createSparkplugDecoder();
  return (type: string, payload: Uint8Array | string, place = 'E1') => {
    const bytes = typeof payload === 'string' ? Buffer.from(payload, 'base64') : payload;
    const [node, ...device] = place.split('/');
    const topic = ['spBv1.0', 'G1', type, node, ...device].join('/');
    return collect(decoder, bytes, { topic });
  };
}

const born = (bdSeq: number, ...metrics: MetricShape[]) =>
  payloadOf([{ name: 'bdSeq', datatype: 4, long: BigInt(bdSeq) }, ...metrics], { seq: 0 });

describe('values', () => {
  test('every data type, signed integers out of unsigned fields', () => {
    const collected = gateway()('NBIRTH', allTypes);
    expect(valuesOf(collected)).toEqual([
      'i8=-8',
      'i16=-16',
      'i32=-32',
      'i64=-64',
      'u8=200',
      'u16=60000',
      'u32=4000000000',
      'u64=5000000000',
      'f=1.5',
      'd=2.25',
      's=running',
      'txt=long text',
    ]);
    // bdSeq, a boolean, a time stamp, a null.
    expect(collected.dropped).toEqual([
      'ignored_field',
      'no_measurement',
      'no_measurement',
      'null_value',
    ]);
    expect(collected.rejected).toEqual([]);
  });

  test('a signed number in the width of its type counts as well, one that does not fit is refused', () => {
    const read = (datatype: number, value: { int: number } | { long: bigint }) => {
      const collected = gateway()('NDATA', payloadOf([{ name: 'x', datatype, ...value }]));
      return collected.rejected[0] ?? collected.records[0]!.value;
    };
    expect(read(1, { int: 0xf8 })).toBe(-8);
    expect(read(2, { int: 0xfff8 })).toBe(-8);
    expect(read(3, { long: 0xffff_fff8n })).toBe(-8);
    expect(read(3, { long: 0xffff_ffff_ffff_fff8n })).toBe(-8);
    expect(read(8, { long: 2n ** 64n - 1n })).toBe(2 ** 64);
    expect(read(1, { int: 1000 })).toBe('wrong_type');
    expect(read(5, { int: 256 })).toBe('wrong_type');
    expect(read(7, { long: 2n ** 63n })).toBe('wrong_type');
    expect(read(2, { long: 0x8000_0000_0000_0000n })).toBe('wrong_type');
    expect(read(9, { int: 1 })).toBe('wrong_type');
  });

  test('without a data type, small integers and floats are numbers and large integers are not', () => {
    const metrics = [
      { name: 'small', int: 21 },
      { name: 'float', double: 21.5 },
      { name: 'state', text: 'on' },
      { name: 'sign unknown', int: 0xffff_fff8 },
    ];
    const collected = gateway()('NDATA', payloadOf(metrics));
    expect(valuesOf(collected)).toEqual(['small=21', 'float=21.5', 'state=on']);
    expect(collected.rejected).toEqual(['wrong_type']);
  });

  test('tables, templates and bytes are left out with a reason, and what follows them is read', () => {
    const collected = gateway()('NDATA', tables);
    expect(valuesOf(collected)).toEqual(['after=7.5']);
    expect(collected.dropped).toEqual(Array.from({ length: 3 }, () => 'unsupported_type'));
  });

  test('the property engUnit is the unit, and a value of bad quality is none', () => {
    const publish = gateway();
    const collected = publish('NBIRTH', properties);
    expect(valuesOf(collected)).toEqual(['Tank/T1|temperature=70.7 °F']);
    expect(collected.dropped).toEqual(['bad_quality']);
    const later = publish('NDATA', payloadOf([{ alias: 1, datatype: 10, double: 50 }], { seq: 1 }));
    expect(valuesOf(later)).toEqual(['Tank/T1|temperature=50 °F']);
  });

  test('commands and sessions of the protocol itself are left out', () => {
    const collected = gateway()(
      'DBIRTH',
      payloadOf([{ name: 'Device Control/Reboot', datatype: 3, int: 1 }]),
      'E1/D1',
    );
    expect(collected.records).toEqual([]);
    expect(collected.dropped).toEqual(['ignored_field']);
  });
});

describe('time', () => {
  test('is the metric’s own, else the payload’s, else that of arrival', () => {
    const metrics = [
      { name: 'own', double: 1, timestampMs: 1_700_000_000_900 },
      { name: 'common', double: 2 },
    ];
    const common = { timestampMs: 1_700_000_001_000 };
    const { records } = gateway()('NDATA', payloadOf(metrics, common));
    expect(records.map(({ timeUs }) => timeUs)).toEqual([
      1_700_000_000_900_000, 1_700_000_001_000_000,
    ]);
    const none = gateway()('NDATA', payloadOf(metrics.slice(1)));
    expect(none.records[0]!.timeUs).toBeUndefined();
  });

  test('long past is marked as such where the device says so', () => {
    const { records } = gateway()('NDATA', historical);
    expect(records.map(({ name, isHistorical }) => [name, isHistorical ?? false])).toEqual([
      ['temperature', true],
      ['humidity', false],
    ]);
  });
});

describe('aliases', () => {
  test('stand for the names and data types of the birth', () => {
    const publish = gateway();
    publish('NBIRTH', allTypes);
    expect(valuesOf(publish('NDATA', aliasesAlone))).toEqual(['i8=-9', 'i32=-33']);
    const untyped = payloadOf([{ alias: 1, int: 0xffff_fff7 }], { seq: 2 });
    expect(valuesOf(publish('NDATA', untyped))).toEqual(['i8=-9']);
  });

  test('are of the device that was born with them', () => {
    const publish = gateway();
    publish('NBIRTH', born(1, { name: 'node value', alias: 1, datatype: 10, double: 1 }));
    const device = payloadOf([{ name: 'part value', alias: 2, datatype: 10, double: 2 }]);
    publish('DBIRTH', device, 'E1/D1');
    const data = payloadOf([{ alias: 2, double: 3 }]);
    expect(valuesOf(publish('DDATA', data, 'E1/D1'))).toEqual(['part value=3']);
    expect(publish('DDATA', data, 'E1/D2').rejected).toEqual(['alias_unknown']);
    expect(publish('NDATA', data).rejected).toEqual(['alias_unknown']);
    expect(publish('DDATA', data, 'E2/D1').rejected).toEqual(['alias_unknown']);
  });

  test('without a birth are a dead letter that says what to do; metrics with a name are read', () => {
    const collected = gateway()(
      'NDATA',
      payloadOf([
        { alias: 7, double: 1 },
        { name: 'a', double: 2 },
      ]),
    );
    expect(valuesOf(collected)).toEqual(['a=2']);
    expect(collected.rejected).toEqual(['alias_unknown']);
    expect(collected.details[0]).toBe(
      'Sparkplug: a metric with alias 7, and no birth of "G1/E1" that explains it',
    );
  });

  test('end with the death of the node or the device, and with a new birth', () => {
    const publish = gateway();
    const metric = { name: 'x', alias: 1, datatype: 10, double: 1 };
    const data = payloadOf([{ alias: 1, double: 2 }]);
    publish('NBIRTH', born(1, metric));
    publish('DBIRTH', payloadOf([metric]), 'E1/D1');
    publish('DDEATH', payloadOf([]), 'E1/D1');
    expect(publish('DDATA', data, 'E1/D1').rejected).toEqual(['alias_unknown']);
    expect(publish('NDEATH', born(1)).dropped).toEqual(['no_measurement']);
    expect(publish('NDATA', data).rejected).toEqual(['alias_unknown']);
    publish('NBIRTH', born(2, metric));
    publish('DBIRTH', payloadOf([metric]), 'E1/D1');
    publish('NBIRTH', born(3, metric));
    expect(publish('DDATA', data, 'E1/D1').rejected).toEqual(['alias_unknown']);
    expect(valuesOf(publish('NDATA', data))).toEqual(['x=2']);
  });

  test('outlive the late will of a session that was replaced', () => {
    const publish = gateway();
    publish('NBIRTH', born(5, { name: 'x', alias: 1, datatype: 10, double: 1 }));
    publish('NDEATH', born(4));
    expect(valuesOf(publish('NDATA', payloadOf([{ alias: 1, double: 2 }])))).toEqual(['x=2']);
  });

  test('beyond 2^53 are told apart', () => {
    const publish = gateway();
    const [first, second] = [2n ** 60n, 2n ** 60n + 1n];
    const metrics = [
      { name: 'a', alias: first, datatype: 10, double: 1 },
      { name: 'b', alias: second, datatype: 10, double: 1 },
    ];
    publish('NBIRTH', born(1, ...metrics));
    const data = payloadOf([
      { alias: second, double: 2 },
      { alias: first, double: 3 },
    ]);
    expect(valuesOf(publish('NDATA', data))).toEqual(['b=2', 'a=3']);
  });
});

test('a gap in the sequence is noticed once, and 255 is followed by 0', () => {
  const publish = gateway();
  const data = (seq: number) => publish('NDATA', payloadOf([{ name: 'x', double: 1 }], { seq }));
  expect(publish('NBIRTH', born(1)).dropped).not.toContain('sequence_gap');
  expect(data(1).dropped).toEqual([]);
  expect(data(4).dropped).toEqual(['sequence_gap']);
  expect(valuesOf(data(4))).toEqual(['x=1']);
  expect(data(5).dropped).toEqual([]);
  for (let seq = 6; seq <= 255; seq += 1) expect(data(seq).dropped).toEqual([]);
  expect(data(0).dropped).toEqual([]);
});

describe('births are bounded', () => {
  const metrics = (count: number, prefix: string) =>
    readSparkplugPayload(
      payloadOf(
        Array.from({ length: count }, (_, alias) => ({
          name: `${prefix}${alias}`,
          alias,
          double: 1,
        })),
      ),
    ).metrics;
  const metric = (alias: number) => readSparkplugPayload(payloadOf([{ alias }])).metrics[0]!;
  const limits = { nodesMax: 3, definitionsMax: 10, charactersMax: 1000 };

  test('the nodes silent longest are forgotten first', () => {
    const births = new Births(limits);
    for (const node of ['a', 'b', 'c']) births.bear(node, 0, metrics(1, node));
    births.follows('a', 1);
    births.bear('d', 0, metrics(1, 'd'));
    expect(births.find('a', '', metric(0))?.name).toBe('a0');
    expect(births.find('b', '', metric(0))).toBeUndefined();
    expect(births.definitions).toBe(3);
  });

  test('of one node the devices born longest ago', () => {
    const births = new Births(limits);
    births.bear('a', 0, metrics(4, 'own'));
    births.bearDevice('a', 'x', metrics(4, 'x'));
    births.bearDevice('a', 'y', metrics(6, 'y'));
    expect(births.find('a', '', metric(0))).toBeUndefined();
    expect(births.find('a', 'x', metric(0))?.name).toBe('x0');
    expect(births.definitions).toBe(10);
    births.bearDevice('a', 'z', metrics(11, 'z'));
    expect(births.definitions).toBe(0);
  });

  test('also by the characters of their names, and a birth again costs nothing', () => {
    const births = new Births({ ...limits, charactersMax: 50 });
    for (let round = 0; round < 10; round += 1)
      births.bearDevice('a', 'x', metrics(2, 'x'.repeat(10)));
    expect(births.definitions).toBe(2);
    births.bearDevice('b', 'y', metrics(3, 'y'.repeat(10)));
    expect(births.definitions).toBe(3);
  });

  test('also by the names of devices, and a birth of nothing leaves nothing', () => {
    const births = new Births({ ...limits, definitionsMax: 1000 });
    for (let index = 0; index < 100; index += 1) {
      births.bearDevice('a', `${'device'.repeat(10)}${index}`, metrics(1, 'x'));
      births.bearDevice('b', `device${index}`, []);
    }
    expect(births.definitions).toBeLessThanOrEqual(1000 / 60);
    expect(births.devices).toBe(births.definitions);
  });
});

describe('what is no Sparkplug', () => {
  const reasonOf = (type: string, payload: Uint8Array, place?: string) =>
    gateway()(type, payload, place).rejected;

  test('bytes that are no payload, or are cut off', () => {
    expect(reasonOf('NDATA', Buffer.from('{"online":true}'))).toEqual(['malformed']);
    const whole = Buffer.from(aliasesAlone, 'base64');
    for (const length of [3, 8, 20, whole.length - 1]) {
      expect(reasonOf('NDATA', whole.subarray(0, length))).toEqual(['malformed']);
    }
    expect(reasonOf('NDATA', Buffer.from('120a0a7f78', 'hex'))).toEqual(['malformed']);
    expect(reasonOf('NDATA', Buffer.from('12020000', 'hex'))).toEqual(['malformed']);
    expect(reasonOf('NDATA', Buffer.from('12040a02c328', 'hex'))).toEqual(['malformed']);
    expect(reasonOf('NDATA', Buffer.alloc(1000, 0x0b))).toEqual(['malformed']);
  });

  test('a metric without a name and an alias, a compressed payload, too many metrics', () => {
    expect(reasonOf('NDATA', payloadOf([{ double: 1 }]))).toEqual(['malformed']);
    expect(reasonOf('NDATA', payloadOf([], { uuid: 'SPBV1.0_COMPRESSED' }))).toEqual([
      'unsupported',
    ]);
    expect(reasonOf('NDATA', Buffer.from('1200'.repeat(9000), 'hex'))).toEqual([
      'too_many_readings',
    ]);
  });

  test('a topic or a message type that is none', () => {
    expect(reasonOf('NDATA', payloadOf([]), 'E1/D1')).toEqual(['unsupported']);
    expect(reasonOf('DDATA', payloadOf([]))).toEqual(['unsupported']);
    expect(reasonOf('XDATA', payloadOf([]))).toEqual(['unsupported']);
  });
});

test('the command of docs/devices.md asks for a rebirth', () => {
  const page = readFileSync(new URL('../../../../docs/devices.md', import.meta.url), 'utf8');
  const written = /printf '([^']+)' \|\n\s+mosquitto_pub/.exec(page)![1]!;
  const text = written.replace(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  expect(readSparkplugPayload(Buffer.from(text, 'latin1')).metrics).toMatchObject([
    { name: 'Node Control/Rebirth', datatype: 11, form: 'boolean', number: 1 },
  ]);
});
