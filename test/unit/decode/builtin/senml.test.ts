// SenML: the examples of RFC 8428 and what its rules say of each field.
import { encode } from 'cborg';
import { describe, expect, test } from 'vitest';
import { createSenmlDecoder } from '../../../../src/decode/builtin/senml.ts';
import { timeUnusable } from '../../../../src/decode/device-time.ts';
import { receivedAtUs } from '../messages.ts';
import { collect, fromHex, valuesOf } from './collect.ts';

const json = (pack: unknown) => collect(createSenmlDecoder(), JSON.stringify(pack));
const cbor = (...records: [number | string, unknown][][]) =>
  collect(createSenmlDecoder(), encode(records.map((entries) => new Map(entries))));

describe('records are resolved', () => {
  test('base name, time, unit and value go to those that follow (5.1.2 and 5.1.3)', () => {
    const collected = json([
      {
        bn: 'urn:dev:ow:1:',
        bt: 1_276_020_076.001,
        bu: 'A',
        bver: 5,
        n: 'voltage',
        u: 'V',
        v: 120.1,
      },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', v: 1.7 },
      { bn: 'urn:dev:ow:2:', bv: 20, n: 't1', u: 'Cel', v: 1.5 },
      { n: 't2', u: 'Cel' },
    ]);
    expect(valuesOf(collected)).toEqual([
      'voltage=120.1 V',
      'current=1.2 A',
      'current=1.7 A',
      't1|temperature=21.5 Cel',
      't2|temperature=20 Cel',
    ]);
    expect(collected.records.map(({ device }) => device)).toEqual([
      'urn:dev:ow:1:',
      'urn:dev:ow:1:',
      'urn:dev:ow:1:',
      'urn:dev:ow:2:',
      'urn:dev:ow:2:',
    ]);
    expect(collected.records.map(({ timeUs }) => timeUs).slice(0, 3)).toEqual([
      1_276_020_076_001_000, 1_276_020_071_001_000, 1_276_020_076_001_000,
    ]);
  });

  test('times below 2^28 are relative to now, and 0 is now (4.5.3)', () => {
    const { records } = json([
      { n: 'a', v: 1 },
      { n: 'b', t: 0, v: 1 },
      { n: 'c', t: -10, v: 1 },
      { n: 'd', t: 2.5, v: 1 },
      { n: 'e', t: 2 ** 28, v: 1 },
      { n: 'f', t: -1e300, v: 1 },
    ]);
    expect(records.map(({ timeUs }) => timeUs)).toEqual([
      undefined,
      undefined,
      receivedAtUs - 10_000_000,
      receivedAtUs + 2_500_000,
      timeUnusable,
      timeUnusable,
    ]);
  });

  test('the unit says what is measured where the name does not', () => {
    const collected = json([
      { bn: 'urn:dev:ow:1', u: '%RH', v: 20 },
      { u: 'lon', v: 24.3 },
      { u: '%EL', v: 98 },
      { n: ':room', u: 'Cel', v: 21 },
      { n: 'humidity', u: '/', v: 0.5 },
      { n: 'loudness', u: 'xyz', v: 5 },
      { v: 7 },
    ]);
    expect(valuesOf(collected)).toEqual([
      'humidity=20 %RH',
      'longitude=24.3',
      'battery=98 %',
      ':room|temperature=21 Cel',
      'humidity=0.5 1',
      'loudness=5',
      'value=7',
    ]);
  });

  test('without a base name the record’s own is the device, or the topic’s is', () => {
    const { records } = json([
      { n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 },
      { n: 'urn:dev:ow:10e2073a01080063:voltage', u: 'V', v: 3 },
      { n: 'temp', u: 'Cel', v: 4 },
      { bn: 'room/', n: 'temp', u: 'Cel', v: 5 },
    ]);
    expect(records.map(({ device, name }) => [device, name])).toEqual([
      ['urn:dev:ow:10e2073a01080063', 'temperature'],
      ['urn:dev:ow:10e2073a01080063', 'voltage'],
      [undefined, 'temp'],
      ['room', 'temp'],
    ]);
  });

  test('texts are given out, other kinds of values are not', () => {
    const collected = json([
      { bn: 'd:', n: 'label', vs: 'kitchen' },
      { n: 'open', vb: true },
      { n: 'picture', vd: 'aGk' },
      { n: 'energy', s: 12 },
      { n: 'nothing' },
    ]);
    expect(valuesOf(collected)).toEqual(['label=kitchen']);
    expect(collected.dropped).toEqual([
      'no_measurement',
      'no_measurement',
      'unsupported_type',
      'null_value',
    ]);
  });
});

describe('a pack is understood as a whole or not at all', () => {
  const good = { bn: 'd:', n: 'temp', u: 'Cel', v: 21.5 };

  test('fields that are not known are passed over, those that must be understood are not (4.4)', () => {
    expect(valuesOf(json([{ ...good, foo: 1 }]))).toEqual(['temp=21.5 Cel']);
    const refused = json([good, { ...good, foo_: 1 }]);
    expect(refused.records).toEqual([]);
    expect(refused.rejected).toEqual(['unsupported']);
    expect(json([{ ...good, bver: 11 }]).rejected).toEqual(['unsupported']);
  });

  test('fields of a wrong type, two values, records and packs that are none', () => {
    for (const [pack, reason] of [
      [[good, { ...good, v: '21.5' }], 'wrong_type'],
      [[{ ...good, bn: 5 }], 'wrong_type'],
      [[{ ...good, bt: null }], 'wrong_type'],
      [[{ ...good, vs: 'x' }], 'malformed'],
      [[good, [1]], 'wrong_type'],
      [[null], 'wrong_type'],
      [good, 'wrong_type'],
      [Array.from({ length: 5000 }, () => good), 'too_many_readings'],
    ] as const) {
      const collected = json(pack);
      expect(collected.records).toEqual([]);
      expect(collected.rejected).toEqual([reason]);
    }
    expect(collect(createSenmlDecoder(), '[{"bn":').rejected).toEqual(['invalid_json']);
    expect(collect(createSenmlDecoder(), Buffer.from([0xff, 0xfe])).rejected).toEqual([
      'malformed',
    ]);
  });
});

describe('CBOR', () => {
  test('has integers for labels (table 4)', () => {
    const collected = cbor(
      [
        [-2, 'urn:dev:ow:1:'],
        [-3, 1_320_067_464],
        [-4, 'A'],
        [-1, 5],
        [0, 'voltage'],
        [1, 'V'],
        [2, 120.1],
      ],
      [
        [0, 'current'],
        [6, -5],
        [2, 1.2],
      ],
      [
        [0, 'label'],
        [3, 'kitchen'],
      ],
    );
    expect(valuesOf(collected)).toEqual(['voltage=120.1 V', 'current=1.2 A', 'label=kitchen']);
    expect(collected.records[1]!.timeUs).toBe(1_320_067_459_000_000);
  });

  test('the must-understand rule holds there too, and integers beyond the table are passed over', () => {
    expect(
      cbor([
        [0, 'temp'],
        [2, 1],
        ['foo_', 1],
      ]).rejected,
    ).toEqual(['unsupported']);
    expect(
      valuesOf(
        cbor([
          [0, 'temp'],
          [2, 1],
          [99, 1],
          [-9, 1],
        ]),
      ),
    ).toEqual(['temp=1']);
  });

  test('64-bit integers and half floats are numbers, NaN is left to the sink', () => {
    expect(valuesOf(collect(createSenmlDecoder(), fromHex('81a1021b0020000000000001')))).toEqual([
      'value=9007199254740992',
    ]);
    expect(valuesOf(collect(createSenmlDecoder(), fromHex('81a102f94d66')))).toEqual([
      'value=21.59375',
    ]);
    expect(valuesOf(collect(createSenmlDecoder(), fromHex('81a102f97e00')))).toEqual(['value=NaN']);
  });

  test('what is cut off, tagged, doubled, or longer than its bytes is malformed', () => {
    for (const hex of [
      '83a221781b', // cut off
      '9a06800000', // an array of 109 million items
      '81a102c25a0000fff0', // a tagged number of any size
      '81a202010202', // a key twice
      '81a1020100', // bytes behind it
      '9fff', // an empty array of no length: valid
    ]) {
      const { rejected, records } = collect(createSenmlDecoder(), fromHex(hex));
      expect(records).toEqual([]);
      expect(rejected).toEqual(hex === '9fff' ? [] : ['malformed']);
    }
  });

  test('many small items and deep nesting end early', () => {
    const items = Buffer.concat([Buffer.from([0x9f]), Buffer.alloc(60_000, 0x60)]);
    expect(collect(createSenmlDecoder(), items).rejected).toEqual(['too_many_readings']);
    expect(collect(createSenmlDecoder(), Buffer.alloc(60_000, 0x81)).rejected).toEqual([
      'too_many_readings',
    ]);
  });
});
