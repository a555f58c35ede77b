// Profiles of binary payloads: fields at fixed places, alone or as hex or base64 in a text.
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { computeChecksum } from '../../../src/core/checksum.ts';
import { decodeWith } from './messages.ts';

const fields = `
  fields:
    t: { offset: 0, type: i16 }
    h: { offset: 2, type: u8 }
    signed: { offset: 3, type: u16, endian: little, sign: magnitude }
    low: { offset: 3, type: u16, bits: [0, 4] }
    middle: { offset: 3, type: u16, bits: [4, 8], sign: twos-complement }
    f: { offset: 5, type: f32 }
    last: { offset: -1, type: u8 }
readings:
  - { at: "*.t", metric: temperature, scale: 0.1 }
  - { at: t, metric: temperature, scale: 0.1, sentinels: [-32768] }
  - { at: h, metric: humidity, when: { at: $.last, is: 7 } }
  - { at: signed, metric: signed }
  - { at: low, metric: low }
  - { at: middle, metric: middle }
  - { at: f, metric: f }
`;
const whole = (rest: string) => `
profile: frames
match: ["f/{device}"]
format: bytes
${rest}${fields}`;
const frame = Buffer.from([0xff, 0x38, 45, 0x05, 0x8f, 0x3f, 0xc0, 0, 0, 7]);
const readings = [
  'x||temperature=-20 Cel',
  'x||humidity=45 %RH',
  'x||signed=-3845',
  'x||low=15',
  'x||middle=88',
  'x||f=1.5',
];

test('whole numbers, bits, signs and floats at their places', () => {
  expect(decodeWith(whole('bytes:'), 'f/x', frame)).toEqual({
    readings,
    dropped: [],
    deadLetter: null,
  });
});

test('the same as hex and base64, alone and within JSON', () => {
  const hex = frame.toString('hex');
  expect(decodeWith(whole('bytes:\n  encoding: hex'), 'f/x', ` ${hex}\r\n`).readings).toEqual(
    readings,
  );
  const inJson = `
profile: wrapped
match: ["f/{device}"]
format: json
bytes:
  at: $.up.data
  encoding: base64
  length: [4, 20]
  fields: { t: { offset: 0, type: i16 } }
readings: [{ at: up.data.t, metric: temperature, scale: 0.1 }, { at: up.rssi, metric: rssi }]
`;
  const payload = (data: unknown) => JSON.stringify({ up: { data, rssi: -50 } });
  expect(decodeWith(inJson, 'f/x', payload(frame.toString('base64'))).readings).toEqual([
    'x||temperature=-20 Cel',
    'x||rssi=-50 dBm',
  ]);
  for (const wrong of ['***', 'AA', 7]) {
    expect(decodeWith(inJson, 'f/x', payload(wrong)).deadLetter).toBe('wrong_type');
  }
  expect(decodeWith(inJson, 'f/x', payload(undefined)).readings).toEqual(['x||rssi=-50 dBm']);
  expect(decodeWith(inJson, 'f/x', '{"up":3}').deadLetter).toBeNull();
});

test('a sentinel, and fields that a short frame does not reach', () => {
  expect(decodeWith(whole('bytes:'), 'f/x', Buffer.from([0x80, 0]))).toEqual({
    readings: [],
    dropped: ['sentinel'],
    deadLetter: null,
  });
  expect(decodeWith(whole('bytes:\n  length: 10'), 'f/x', Buffer.from([1, 2])).deadLetter).toBe(
    'wrong_type',
  );
});

test('a checksum at the end, either byte first', () => {
  const modbus = computeChecksum('crc16-modbus', frame);
  const low = Buffer.concat([frame, Buffer.from([modbus & 0xff, modbus >> 8])]);
  const yaml = whole('checksum: { kind: crc16-modbus, endian: little }\nbytes:');
  expect(decodeWith(yaml, 'f/x', low).readings).toEqual(readings);
  low[0] = 1;
  expect(decodeWith(yaml, 'f/x', low)).toEqual({
    readings: [],
    dropped: [],
    deadLetter: 'checksum',
  });
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(frame));
  expect(
    decodeWith(whole('checksum: { kind: crc32 }\nbytes:'), 'f/x', Buffer.concat([frame, sum]))
      .readings,
  ).toEqual(readings);
  expect(decodeWith(yaml, 'f/x', Buffer.from([1])).deadLetter).toBe('checksum');
});
