// Advertisements and parts of them, with the examples of each format's documentation.
import { describe, expect, test } from 'vitest';
import {
  createAdvertisementDecoder,
  createManufacturerDataDecoder,
  createServiceDataDecoder,
  parseUuid16,
} from '../../../../src/decode/builtin/ble.ts';
import { createBthomeDecoder } from '../../../../src/decode/builtin/bthome.ts';
import { collect, fromHex, valuesOf } from './collect.ts';

const advertisement = (hex: string) => collect(createAdvertisementDecoder(), fromHex(hex));
const manufacturer = (hex: string) => collect(createManufacturerDataDecoder(), fromHex(hex));
const service = (argument: string, hex: string) =>
  collect(createServiceDataDecoder(), fromHex(hex), { argument });
const bthome = (hex: string) => collect(createBthomeDecoder(), fromHex(hex));

describe('an advertisement', () => {
  test('is searched for the data of a sensor', () => {
    const collected = advertisement(
      '0201061BFF99040515AE4C6DC6D7000CFFF803F4ADB6AD697FF41F0C28CBD6',
    );
    expect(valuesOf(collected).slice(0, 3)).toEqual([
      'temperature=27.75',
      'humidity=48.9125',
      'pressure=1009.03',
    ]);
    expect(collected.rejected).toEqual([]);
  });

  test('of anything else is left out, for the air is full of them', () => {
    expect(advertisement('07FF4C0012020001').dropped).toEqual(['no_measurement']);
    expect(advertisement('').dropped).toEqual(['no_measurement']);
    expect(advertisement('0000').dropped).toEqual(['no_measurement']);
  });

  test('that is cut off is malformed, and what stood before it stays', () => {
    const collected = advertisement('0201061BFF99040515AE4C6DC6D7000CFFF803F4ADB6');
    expect(collected.records).toEqual([]);
    expect(collected.rejected).toEqual(['malformed']);
    expect(advertisement('ff'.repeat(2000)).rejected).toEqual(['malformed']);
    expect(advertisement('0a16d2fc4002ca0903bf1320').rejected).toEqual(['malformed']);
  });

  test('has the 16 bits of its service first', () => {
    // The example of bthome.io/format: flags, then 0xFCD2 with 25 °C and 50.55 %.
    expect(valuesOf(advertisement('020106 0a16d2fc4002c40903bf13'))).toEqual([
      'temperature=25',
      'humidity=50.55',
    ]);
  });
});

describe('BTHome v2', () => {
  test('the table of bthome.io/format, one object after the other', () => {
    const examples: [hex: string, value: string][] = [
      ['0161', 'battery=97'],
      ['02ca09', 'temperature=25.06'],
      ['451101', 'temperature=27.3'],
      ['57ea', 'temperature=-22'],
      ['58ea', 'temperature=-7.7'],
      ['03bf13', 'humidity=50.55'],
      ['2e23', 'humidity=35'],
      ['04138a01', 'pressure=1008.83'],
      ['05138a14', 'illuminance=13460.67'],
      ['065e1f', 'weight=80.3 kg'],
      ['073e1d', 'weight=74.86 lb'],
      ['08ca06', 'dew_point=17.38'],
      ['0960', 'count=96'],
      ['3d0960', 'count=24585'],
      ['3e2a2c0960', 'count=1611213866'],
      ['5b02fcffff', 'count=-1022'],
      ['0a138a14', 'energy=1346.067'],
      ['0b021b00', 'power=69.14'],
      ['5c02fbffff', 'power=-12.78'],
      ['0c020c', 'voltage=3.074'],
      ['4a020c', 'voltage=307.4'],
      ['434e34', 'current=13.39'],
      ['5d02ea', 'current=-5.63'],
      ['0d120c', 'pm2_5=3090'],
      ['12e204', 'co2=1250'],
      ['133301', 'voc_concentration=307'],
      ['14020c', 'soil_moisture=30.74'],
      ['3f020c', 'rotation=307.4'],
      ['400c00', 'distance=12 mm'],
      ['414e00', 'distance=7.8'],
      ['424e3400', 'duration=13.39'],
      ['4632', 'uv_index=5'],
      ['478756', 'volume=2215.1 L'],
      ['4c41018a01', 'gas|volume=25821.505 m3'],
      ['4f87562a01', 'water|volume=19551.879 L'],
      ['49dc87', 'flow=34.78'],
      ['56e803', 'conductivity=1000'],
    ];
    for (const [hex, value] of examples) {
      const collected = bthome(`40${hex}`);
      expect(valuesOf(collected), hex).toEqual([value]);
      expect(collected.rejected).toEqual([]);
    }
  });

  test('states, buttons, texts and packet numbers are no measurements', () => {
    const collected = bthome('40 0009 0161 0f01 1a01 3a01 53024142 f1 00010204');
    expect(valuesOf(collected)).toEqual(['battery=97']);
    expect(collected.dropped).toEqual(Array.from({ length: 6 }, () => 'no_measurement'));
  });

  test('tells two thermometers of one device apart', () => {
    expect(valuesOf(bthome('40 02ca09 025005'))).toEqual([
      'temperature=25.06',
      '2|temperature=13.6',
    ]);
  });

  test('what is encrypted, of another version, unknown or cut off is said to be', () => {
    expect(bthome('41a47266c95f730011223378237214').rejected).toEqual(['encrypted']);
    expect(bthome('e102000c0404138a01').rejected).toEqual(['unsupported']);
    expect(bthome('').rejected).toEqual(['malformed']);
    const unknown = bthome('40 02ca09 ee01');
    expect(valuesOf(unknown)).toEqual(['temperature=25.06']);
    expect(unknown.details).toEqual(['BTHome: object 0xee is not known']);
    for (const cut of ['4002ca', '4053', '40530541']) {
      expect(bthome(cut).rejected).toEqual(['malformed']);
    }
  });
});

describe('service data', () => {
  test('Xiaomi MiBeacon: temperature and humidity, and the battery alone', () => {
    expect(valuesOf(service('0xfe95', '5020aa0137dfaa33342d580d100404016602'))).toEqual([
      'temperature=26',
      'humidity=61.4',
    ]);
    expect(valuesOf(service('fe95', '5020aa01123c0338342d580a10013e'))).toEqual(['battery=62']);
  });

  test('Xiaomi MiBeacon: encrypted, without an object, with an unknown one, cut off', () => {
    expect(service('fe95', '58585b05db184bf838c1a472').rejected).toEqual(['encrypted']);
    expect(service('fe95', '1020aa0137dfaa33342d58').dropped).toEqual(['no_measurement']);
    expect(service('fe95', '4020aa013703100101').dropped).toEqual(['no_measurement']);
    for (const cut of ['5020', '5020aa0137dfaa', '4020aa01370d10040401', '4020aa01370d10020401']) {
      expect(service('fe95', cut).rejected).toEqual(['malformed']);
    }
  });

  test('ATC1441 and pvvx are told apart by their length', () => {
    expect(valuesOf(service('181a', 'a4c138d27cda 00ea 2f 5a 0b54 c5'))).toEqual([
      'temperature=23.4',
      'humidity=47',
      'battery=90',
      'voltage=2.9',
    ]);
    expect(valuesOf(service('181A', 'da7cd238c1a4 24fa 6412 540b 5a c5 04'))).toEqual([
      'temperature=-15',
      'humidity=47.08',
      'voltage=2.9',
      'battery=90',
    ]);
    expect(service('181a', '00'.repeat(11)).rejected).toEqual(['encrypted']);
    expect(service('181a', '00'.repeat(9)).dropped).toEqual(['no_measurement']);
  });

  test('of an unknown service, or without one, is left out', () => {
    expect(service('feaa', '1000').dropped).toEqual(['no_measurement']);
    expect(service('', 'fe00').dropped).toEqual(['no_measurement']);
    expect(service('no uuid', 'fe00').dropped).toEqual(['no_measurement']);
  });

  test('a UUID of 16 bits has several spellings', () => {
    for (const text of ['fe95', 'FE95', '0xfe95', '0000FE95-0000-1000-8000-00805F9B34FB']) {
      expect(parseUuid16(text)).toBe(0xfe95);
    }
    expect(parseUuid16('0000fe95-0000-1000-8000-00805f9b34fc')).toBeNull();
    expect(parseUuid16('fe')).toBeNull();
  });
});

describe('manufacturer data', () => {
  test('Govee H5075 packs both values into one number, its top bit the sign', () => {
    expect(valuesOf(manufacturer('88ec000418ee6400'))).toEqual([
      'temperature=26.8',
      'humidity=52.6',
      'battery=100',
    ]);
    expect(valuesOf(manufacturer('88ec00811f096400'))).toEqual([
      'temperature=-7.3',
      'humidity=48.1',
      'battery=100',
    ]);
    expect(manufacturer('88ec000418eee400').dropped).toEqual(['sentinel']);
    expect(manufacturer('88ec00ec021102').dropped).toEqual(['no_measurement']);
  });

  test('begins with the company', () => {
    const ruuvi = manufacturer('99040512fc5394c37c0004fffc040cac364200cdcbb8334c884f');
    expect(valuesOf(ruuvi)[0]).toBe('temperature=24.3');
    expect(manufacturer('4c00').dropped).toEqual(['no_measurement']);
    expect(manufacturer('99').dropped).toEqual(['no_measurement']);
  });
});
