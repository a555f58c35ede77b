// The test vectors of docs.ruuvi.com for each format, the "not available" ones included.
import { describe, expect, test } from 'vitest';
import type { BuiltinDecoder } from '../../../../src/decode/builtin/contract.ts';
import { decodeRuuvi } from '../../../../src/decode/builtin/ruuvi.ts';
import { collect, fromHex, valuesOf } from './collect.ts';

const decoder: BuiltinDecoder = {
  decode: (payload, _context, sink) => decodeRuuvi(payload, sink),
};
const decode = (hex: string) => collect(decoder, fromHex(hex));

describe('format 5 (RAWv2)', () => {
  test('valid data', () => {
    expect(valuesOf(decode('0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F'))).toEqual([
      'temperature=24.3',
      'humidity=53.49',
      'pressure=1000.44',
      'acceleration_x=0.004',
      'acceleration_y=-0.004',
      'acceleration_z=1.036',
      'voltage=2.977',
      'movement_counter=66',
      'measurement_sequence=205',
    ]);
  });

  test('maximum values', () => {
    expect(valuesOf(decode('057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F'))).toEqual([
      'temperature=163.835',
      'humidity=163.835',
      'pressure=1155.34',
      'acceleration_x=32.767',
      'acceleration_y=32.767',
      'acceleration_z=32.767',
      'voltage=3.646',
      'movement_counter=254',
      'measurement_sequence=65534',
    ]);
  });

  test('minimum values', () => {
    expect(valuesOf(decode('058001000000008001800180010000000000CBB8334C884F'))).toEqual([
      'temperature=-163.835',
      'humidity=0',
      'pressure=500',
      'acceleration_x=-32.767',
      'acceleration_y=-32.767',
      'acceleration_z=-32.767',
      'voltage=1.6',
      'movement_counter=0',
      'measurement_sequence=0',
    ]);
  });

  test('values that are not available are no numbers', () => {
    const collected = decode('058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF');
    expect(collected.records).toEqual([]);
    expect(collected.dropped).toEqual(Array.from({ length: 9 }, () => 'sentinel'));
    expect(collected.rejected).toEqual([]);
  });

  test('one that is cut off makes no reading', () => {
    const collected = decode('0515AE4C6DC6D7000CFFF803F4ADB6');
    expect(collected.records).toEqual([]);
    expect(collected.rejected).toEqual(['malformed']);
    expect(collected.details).toEqual(['Ruuvi format 05: 15 bytes where 24 are due']);
  });
});

describe('format 3 (RAWv1)', () => {
  test('valid data', () => {
    expect(valuesOf(decode('03291A1ECE1EFC18F94202CA0B53'))).toEqual([
      'humidity=20.5',
      'temperature=26.3',
      'pressure=1027.66',
      'acceleration_x=-1',
      'acceleration_y=-1.726',
      'acceleration_z=0.714',
      'voltage=2.899',
    ]);
  });

  test('a negative temperature is a sign and a magnitude', () => {
    expect(valuesOf(decode('0300FF6300008001800180010000')).slice(0, 3)).toEqual([
      'humidity=0',
      'temperature=-127.99',
      'pressure=500',
    ]);
  });
});

test('format C5 (RAWv2 without acceleration)', () => {
  expect(valuesOf(decode('C512FC5394C37CAC364200CDCBB8334C884F'))).toEqual([
    'temperature=24.3',
    'humidity=53.49',
    'pressure=1000.44',
    'voltage=2.977',
    'movement_counter=66',
    'measurement_sequence=205',
  ]);
});

describe('format 6 (Ruuvi Air)', () => {
  test('valid data', () => {
    expect(valuesOf(decode('06170C5668C79E007000C90501D9FFCD004C884F'))).toEqual([
      'temperature=29.5',
      'humidity=55.3',
      'pressure=1011.02',
      'pm2_5=11.2',
      'co2=201',
      'illuminance=13026.67',
      'measurement_sequence=205',
      'voc_index=10',
      'nox_index=2',
    ]);
  });

  test('values that are not available are no numbers, but for a sequence that has none such', () => {
    const collected = decode('068000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF');
    expect(valuesOf(collected)).toEqual(['measurement_sequence=255']);
    expect(collected.dropped.length).toBe(8);
  });
});

test('format E1 (Ruuvi Air, extended)', () => {
  const hex = 'E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE10FFFFFFFFFFCBB8334C884F';
  expect(valuesOf(decode(hex))).toEqual([
    'temperature=29.5',
    'humidity=55.3',
    'pressure=1011.02',
    'pm1=10.1',
    'pm2_5=11.2',
    'pm4=121.3',
    'pm10=455.4',
    'co2=201',
    'illuminance=13027',
    'measurement_sequence=14601710',
    'voc_index=20',
    'nox_index=4',
  ]);
});

test('what is encrypted, not known or empty is said to be', () => {
  expect(decode(`08${'00'.repeat(23)}`).rejected).toEqual(['encrypted']);
  expect(decode('04AABB').rejected).toEqual(['unsupported']);
  expect(decode('').rejected).toEqual(['malformed']);
});
