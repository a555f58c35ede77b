// The decoder as the log thread sees it: what is a reading without a profile, how far a time is trusted,
// and what hostile messages cost.
import { describe, expect, test } from 'vitest';
import { Quality } from '../../../src/core/reading.ts';
import { builtInDecoder, messageOf, quickestCpuMs, receivedAtUs, summaryOf } from './messages.ts';

const decoder = builtInDecoder();

function decode(topic: string, payload: string | Uint8Array, source = 'mqtt') {
  return summaryOf(decoder.decode(messageOf(topic, payload, { source })));
}

describe('what no profile matches', () => {
  test.each([
    ['plant/pump7/temperature', '21.5', 'plant/pump7||temperature=21.5 Cel'],
    ['devices/pump7/temperature', '21.5', 'pump7||temperature=21.5 Cel'],
    ['kitchen/dht/temperature', '70.7 F', 'kitchen/dht||temperature=21.5 Cel'],
    ['boiler/temperature/state', '60', 'boiler||temperature=60 Cel'],
    ['weather/outTemp_F', '70.7', 'weather|outTemp|temperature=21.5 Cel'],
    [
      'plant/pump7/ext_temperature_f/1',
      '70.7',
      'plant/pump7|ext_temperature_f_1|temperature=21.5 Cel',
    ],
    ['plant/pump7/strokes', '12', 'plant/pump7||strokes=12'],
    ['temperature', '21.5', 'mqtt||temperature=21.5 Cel'],
    ['boiler', '21.5', 'boiler||value=21.5'],
    ['plant/pump7', '{"temperature":21.5}', 'plant/pump7||temperature=21.5 Cel'],
    ['plant/pump7/temperature', '21.5\u0000', 'plant/pump7||temperature=21.5 Cel'],
    ['pump7', '{"rpm":900}', 'pump7||rpm=900'],
    ['pump7/', '{"rpm":900}', 'pump7||rpm=900'],
  ])('%s %s', (topic, payload, reading) => {
    expect(decode(topic, payload)).toEqual({ readings: [reading], dropped: [], deadLetter: null });
  });

  test('texts of foreign fields are no numbers, whatever digits they begin with', () => {
    const payload = '{"id":"45bb320f","channel":"1R","code":"000123","temperature":"21.5"}';
    expect(decode('plant/pump7', payload)).toEqual({
      readings: ['plant/pump7||temperature=21.5 Cel'],
      dropped: ['ignored_field', 'ignored_field', 'ignored_field'],
      deadLetter: null,
    });
  });

  test('a serial port is a device, slashes and all', () => {
    expect(decode('/dev/ttyUSB0', '{"t":1,"temperature":21.5}', '/dev/ttyUSB0').readings).toEqual([
      '/dev/ttyUSB0||t=1',
      '/dev/ttyUSB0||temperature=21.5 Cel',
    ]);
  });

  test.each([
    ['$SYS/broker/uptime', '12', 'broker_traffic'],
    ['homeassistant/sensor/x/config', '{"unit_of_meas":"%","exp_aft":60}', 'broker_traffic'],
    ['homeassistant/sensor/node/x/config', '{"a":1}', 'broker_traffic'],
    ['/sensors/x/json', '{"temperature":21.5}', 'ignored_topic'],
    ['plant/pump7/temperature', '', 'empty_payload'],
    ['plant/pump7/temperature', ' \r\n', 'empty_payload'],
    ['sensors/a/json', '\u0000', 'empty_payload'],
    ['plant/pump7/temperature', 'null', 'null_value'],
    ['plant/pump7/temperature', 'unavailable', 'sentinel'],
    ['plant/pump7/switch', 'ON', 'no_measurement'],
    ['plant/pump7/status', 'online', 'no_measurement'],
  ])('%s %s is left out: %s', (topic, payload, reason) => {
    expect(decode(topic, payload)).toEqual({ readings: [], dropped: [reason], deadLetter: null });
  });

  test.each([
    ['plant/pump7/temperature', 'abc', 'invalid_number'],
    ['plant/pump7/temperature', '21,5', 'invalid_number'],
    ['plant/pump7/note', 'abc', 'no_profile'],
    ['plant/pump7', '{"note":"abc"}', 'no_profile'],
    ['plant/pump7', '{"a":{"b":1}}', 'no_profile'],
    ['plant/pump7', '[1,2]', 'wrong_type'],
    ['plant/pump7', '{"temperature":21.5', 'invalid_json'],
    ['plant//temperature', '1', 'name_invalid'],
    ['plant/\u0001/temperature', '1', 'name_invalid'],
    ['plant/../../etc/passwd', '1', 'name_invalid'],
    [`plant/${'x'.repeat(200)}/temperature`, '1', 'name_too_long'],
    ['x'.repeat(60_000), '1', 'name_too_long'],
  ])('%s %s is a dead letter: %s', (topic, payload, reason) => {
    const decoded = decode(topic, payload);
    expect([decoded.readings, decoded.deadLetter]).toEqual([[], reason]);
  });
});

describe('time and quality', () => {
  const aDayUs = 24 * 3600 * 1_000_000;
  const timed = (ts: unknown, flags = {}) => {
    const payload = JSON.stringify({ temperature: 21.5, ts });
    return decoder.decode(messageOf('sensors/a/json', payload, flags)).readings[0]!;
  };

  test('a device’s time is kept, and marked when it is further off than allowed', () => {
    expect(timed(receivedAtUs - aDayUs)).toMatchObject({
      measuredAtUs: receivedAtUs - aDayUs,
      quality: Quality.good,
    });
    expect(timed(receivedAtUs - aDayUs - 1)).toMatchObject({
      measuredAtUs: receivedAtUs - aDayUs - 1,
      quality: Quality.clockSuspect,
    });
    expect(timed(receivedAtUs + aDayUs + 1)).toMatchObject({
      measuredAtUs: receivedAtUs + aDayUs + 1,
      quality: Quality.clockSuspect,
    });
  });

  test('the time of a clock that was never set is not kept', () => {
    for (const ts of [0, -1, 86_400, 'not a date', true]) {
      expect(timed(ts)).toMatchObject({
        measuredAtUs: receivedAtUs,
        quality: Quality.clockSuspect,
      });
    }
  });

  test('no time and a time without a zone are no reason for suspicion', () => {
    for (const ts of [undefined, null, '2024-01-01 00:00:00']) {
      expect(timed(ts)).toMatchObject({ measuredAtUs: receivedAtUs, quality: Quality.good });
    }
  });

  test('redelivered goes before retained, retained before a suspect clock', () => {
    expect(timed(0, { isRetained: true }).quality).toBe(Quality.retained);
    expect(timed(0, { isRetained: true, isRedelivered: true }).quality).toBe(Quality.redelivered);
    expect(timed(undefined, { isRedelivered: true }).quality).toBe(Quality.redelivered);
  });

  test('one message leaves nothing behind for the next', () => {
    expect(timed(0, { isRetained: true }).quality).toBe(Quality.retained);
    expect(timed(undefined)).toMatchObject({ measuredAtUs: receivedAtUs, quality: Quality.good });
  });
});

describe('limits', () => {
  const object = (count: number, entry: (index: number) => string) =>
    `{${Array.from({ length: count }, (_, index) => entry(index)).join()}}`;

  test('the first thousand readings are kept and the rest is a dead letter', () => {
    const decoded = decode(
      'sensors/a/json',
      object(1500, (index) => `"k${index}":${index}`),
    );
    expect([decoded.readings.length, decoded.deadLetter]).toEqual([1000, 'too_many_readings']);
    const few = builtInDecoder({ readingsMax: 3 }).decode(
      messageOf('sensors/a/json', '{"a":1,"b":2,"c":3,"d":4}'),
    );
    expect([few.readings.length, few.deadLetter?.reason]).toEqual([3, 'too_many_readings']);
  });

  test('more values than any device sends are not looked at', () => {
    const many = object(5000, (index) => `"k${index}":${index}`);
    expect(decode('sensors/a/json', many)).toEqual({
      readings: [],
      dropped: [],
      deadLetter: 'too_many_readings',
    });
    const commas = `{"note":"${','.repeat(20_000)}","temperature":1}`;
    expect(decode('sensors/a/json', commas).readings).toEqual(['a||temperature=1 Cel']);
  });

  test('what is dropped is bounded too', () => {
    const decoded = decode(
      'sensors/a/json',
      object(4000, (index) => `"k${index}":null`),
    );
    expect(decoded.dropped.length).toBeLessThanOrEqual(2000);
    expect(decoded.deadLetter).toBe('too_many_readings');
  });

  test('names out of a payload are judged like those of a topic', () => {
    expect(decode('sensors/a/json', `{"${'k'.repeat(129)}":1}`).deadLetter).toBe('name_too_long');
    expect(decode('sensors/a/json', '{"a\\u0007":1}').deadLetter).toBe('name_invalid');
    expect(decode('sensors/a/json', '{"\\ud800":1}').deadLetter).toBe('name_invalid');
    expect(decode('sensors/a/json', '{"":1,"temperature":2}')).toMatchObject({
      readings: ['a||temperature=2 Cel'],
      deadLetter: 'name_invalid',
    });
  });

  test('a million topics cost a search each, and no memory', () => {
    const small = builtInDecoder({ routesMax: 10, routeBytesMax: 1000 });
    for (let index = 0; index < 5000; index += 1) {
      expect(
        small.decode(messageOf(`sensors/d${index}/json`, '{"temperature":1}')).readings[0]!.device,
      ).toBe(`d${index}`);
    }
  });
});

describe('hostile payloads', () => {
  const kib64 = 65_536;
  const payloads: Record<string, string> = {
    'arrays 100,000 deep': '['.repeat(100_000) + ']'.repeat(100_000),
    'objects 100,000 deep': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    'brackets without end': '['.repeat(kib64),
    digits: '9'.repeat(4 * kib64),
    'digits in JSON': `{"temperature":${'9'.repeat(kib64)}}`,
    'digits in a text': `{"temperature":"${'9'.repeat(kib64)}"}`,
    blanks: ' '.repeat(kib64),
    'a number after blanks': `1${' '.repeat(kib64)}2`,
    'line ends': '\n'.repeat(kib64),
    'one long key': `{"${'a_'.repeat(kib64 / 2)}":1}`,
    'many keys': `{${Array.from({ length: 4000 }, (_, index) => `"k_${index}":${index}`).join()}}`,
    'many bad values': `{${Array.from({ length: 3000 }, (_, index) => `"temp${index}":"warm"`).join()}}`,
    'lone surrogates': `{"temperature":"${'\\ud800'.repeat(10_000)}"}`,
  };
  const topics = [
    'sensors/a/json',
    'tele/a/SENSOR',
    'zigbee2mqtt/a',
    'plant/a',
    'home/a/temperature',
    'a/events/rpc',
  ];

  test.each(Object.entries(payloads))('%s', (_, payload) => {
    for (const topic of topics) {
      const cpuMs = quickestCpuMs(() => {
        const decoded = decoder.decode(messageOf(topic, payload));
        expect(decoded.deadLetter?.reason).not.toBe('decoder_fault');
      });
      // 5 ms for 64 KiB is the aim; a busy machine and a slow one are given ten times as much.
      expect(cpuMs).toBeLessThan(50 * Math.max(1, payload.length / kib64));
    }
  });

  test('deep JSON is told apart from long JSON and from brackets in texts', () => {
    expect(decode('sensors/a/json', '['.repeat(3000) + ']'.repeat(3000)).deadLetter).toBe(
      'too_deep',
    );
    const text = `{"note":"${'[{\\"'.repeat(1000)}","temperature":1}`;
    expect(decode('sensors/a/json', text).readings).toEqual(['a||temperature=1 Cel']);
  });

  test('keys of JavaScript’s objects are only names', () => {
    const payload =
      '{"__proto__":{"polluted":1,"temperature":99},"constructor":{"prototype":1},"toString":5}';
    expect(decode('sensors/a/json', payload).readings).toEqual(['a||toString=5']);
    expect(decode('zigbee2mqtt/__proto__', '{"temperature":1}').readings).toEqual([
      '__proto__||temperature=1 Cel',
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('what a dead letter quotes is printable and short', () => {
    const evil = `\u001b[2J\u009b31m\u202e\ud800${'x'.repeat(1000)}`;
    const { deadLetter } = decoder.decode(messageOf('plant/pump7/note', evil));
    expect(deadLetter!.detail).toMatch(/^[\x20-\x7e\ufffd…]{1,200}$/);
  });

  test('bytes that are not UTF-8 never become a name or a number', () => {
    expect(decode('sensors/a/json', Buffer.from([0xff, 0xfe, 0x00])).deadLetter).toBe(
      'invalid_utf8',
    );
    expect(
      decode('sensors/a/json', Buffer.from('{"temperature":21.5,"n":"K\xfcche"}', 'latin1'))
        .deadLetter,
    ).toBe('invalid_utf8');
    expect(decode('sensors/a/json', Buffer.from('\ufeff{"temperature":21.5}')).readings).toEqual([
      'a||temperature=21.5 Cel',
    ]);
    const view = new Uint8Array(Buffer.from('xx{"temperature":1}yy')).subarray(2, 19);
    expect(decode('sensors/a/json', view).readings).toEqual(['a||temperature=1 Cel']);
  });
});
