// What can be said in a profile, each feature by a profile that uses it. The first one is a family that
// nobody thought of: if it needs TypeScript, the format has failed.
import { describe, expect, test } from 'vitest';
import { computeChecksum } from '../../../src/core/checksum.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';
import {
  decodeWith,
  messageOf,
  profileOf,
  quickestCpuMs,
  receivedAtUs,
  summaryOf,
} from './messages.ts';

function frameOf(body: string): string {
  const sum = computeChecksum('xor8', Buffer.from(body));
  return `$${body}*${sum.toString(16).padStart(2, '0')}`;
}

describe('a family that nobody thought of', () => {
  // Units in the keys' ends, channels in the keys, sign-magnitude hex in tenths and hundredths, a checksum.
  const yaml = `
profile: acme
match: ["acme/{device}/raw"]
format: key-value
checksum: { kind: xor8, after: $, before: "*" }
pairs: ";"
assign: "="
readings:
  - at: "t{channel}_{unit:F|C}"
    metric: temperature
    channel: "{channel}"
    unit: "{unit}"
    number: hex
    sign: magnitude
    bits: 16
    scale: 0.1
  - at: "p{channel}_{unit:inHg|hPa}"
    metric: pressure
    channel: "{channel}"
    unit: "{unit}"
    number: hex
    scale: 0.01
    sentinels: [65535]
`;

  test('is a profile and nothing else', () => {
    const payload = frameOf('t1_F=02C3;t2_F=8190;t3_C=80D7;p1_inHg=0BB0;p2_inHg=FFFF;fw=12');
    expect(decodeWith(yaml, 'acme/roof/raw', payload)).toEqual({
      readings: [
        'roof|1|temperature=21.5 Cel',
        'roof|2|temperature=-40 Cel',
        'roof|3|temperature=-21.5 Cel',
        'roof|1|pressure=1013.2075888 hPa',
      ],
      dropped: ['sentinel'],
      deadLetter: null,
    });
  });

  test('with one bit wrong, nothing of the frame counts', () => {
    const payload = frameOf('t1_F=02C3').replace('02C3', '02C2');
    expect(decodeWith(yaml, 'acme/roof/raw', payload)).toEqual({
      readings: [],
      dropped: [],
      deadLetter: 'checksum',
    });
    expect(decodeWith(yaml, 'acme/roof/raw', 't1_F=02C3').deadLetter).toBe('checksum');
  });
});

describe('paths', () => {
  const json = (readings: string) => `
profile: paths
match: ["p/{device}"]
format: json
readings: ${readings}
`;

  test('wildcards over keys and arrays capture channels', () => {
    const yaml = json(
      '[{ at: "rooms.{room}.probes.[{index}].temp", metric: temperature, channel: "{room}/{index}" }]',
    );
    const payload =
      '{"rooms":{"a":{"probes":[{"temp":1},{"temp":2}]},"b":{"probes":[{"temp":3}]}}}';
    expect(decodeWith(yaml, 'p/x', payload).readings).toEqual([
      'x|a/0|temperature=1 Cel',
      'x|a/1|temperature=2 Cel',
      'x|b/0|temperature=3 Cel',
    ]);
  });

  test('the more literal path has its say over the same value', () => {
    const yaml = json(
      '[{ at: "*.T", metric: temperature }, { at: "far.T", metric: temperature, unit: F }]',
    );
    expect(decodeWith(yaml, 'p/x', '{"far":{"T":50},"near":{"T":50}}').readings).toEqual([
      'x||temperature=10 Cel',
      'x||temperature=50 Cel',
    ]);
  });

  test('a list of segments reads a key with a dot in it', () => {
    const yaml = json('[{ at: ["a.b", "PM2.5"], metric: pm2_5 }]');
    expect(decodeWith(yaml, 'p/x', '{"a.b":{"PM2.5":7}}').readings).toEqual(['x||pm2_5=7 ug/m3']);
  });

  test('an array of samples, each with its own time and device beside the value', () => {
    const yaml = `
profile: batch
match: ["batch"]
format: json
device: "{.id}"
time: { at: .t, format: s }
readings: [{ at: "[].v", metric: temperature }]
`;
    const decoder = createDecoder({ profiles: [profileOf(yaml)], maxClockSkewUs: 1e15 });
    const { readings } = decoder.decode(
      messageOf(
        'batch',
        '[{"id":"a","t":1700000000,"v":1},{"id":"b","v":2},{"v":3,"t":1700000001}]',
      ),
    );
    expect(readings.map(({ device, measuredAtUs }) => [device, measuredAtUs])).toEqual([
      ['a', 1_700_000_000_000_000],
      ['b', receivedAtUs],
    ]);
  });

  test('fields above the value are reached with more dots', () => {
    const yaml = json(
      '[{ at: "nodes.[].env.temp", metric: temperature, device: "{$.site}/{..name}" }]',
    );
    expect(
      decodeWith(yaml, 'p/x', '{"site":"s","nodes":[{"name":"n1","env":{"temp":4}}]}').readings,
    ).toEqual(['s/n1||temperature=4 Cel']);
  });

  test('when and unless look at the keys beside the value', () => {
    const yaml = json(
      '[{ at: tempf, metric: temperature, unit: F, unless: tempc }, { at: tempc, metric: temperature }, { at: v, metric: voltage, when: [tempc] }]',
    );
    expect(decodeWith(yaml, 'p/x', '{"tempf":70,"tempc":21,"v":3}').readings).toEqual([
      'x||temperature=21 Cel',
      'x||voltage=3 V',
    ]);
    expect(decodeWith(yaml, 'p/x', '{"tempf":50,"v":3}').readings).toEqual([
      'x||temperature=10 Cel',
    ]);
  });
});

describe('values', () => {
  const one = (rest: string, body = '') => `
profile: values
match: ["v/{device}"]
format: json
${body}
readings: [{ at: v, ${rest} }]
`;

  test('scale and offset come before the unit', () => {
    expect(
      decodeWith(one('metric: temperature, scale: 0.1, offset: -40'), 'v/x', '{"v":627}').readings,
    ).toEqual(['x||temperature=22.7 Cel']);
    expect(decodeWith(one('metric: temperature, scale: 0.1'), 'v/x', '{"v":227}').readings).toEqual(
      ['x||temperature=22.7 Cel'],
    );
  });

  test('a unit beside the value, and a unit that is none of the metric', () => {
    const yaml = one('metric: temperature, unit: ["{.u}", C]');
    expect(decodeWith(yaml, 'v/x', '{"v":50,"u":"°F"}').readings).toEqual([
      'x||temperature=10 Cel',
    ]);
    expect(decodeWith(yaml, 'v/x', '{"v":50}').readings).toEqual(['x||temperature=50 Cel']);
    expect(decodeWith(yaml, 'v/x', '{"v":50,"u":"bar"}').deadLetter).toBe('wrong_type');
  });

  test('texts are numbers only where the profile says coerce', () => {
    expect(decodeWith(one('metric: temperature'), 'v/x', '{"v":"21.5"}').deadLetter).toBe(
      'wrong_type',
    );
    expect(
      decodeWith(one('metric: temperature', 'coerce: true'), 'v/x', '{"v":"70.7 F"}').readings,
    ).toEqual(['x||temperature=21.5 Cel']);
    expect(
      decodeWith(one('metric: temperature', 'texts: ignore'), 'v/x', '{"v":"warm"}').dropped,
    ).toEqual(['no_measurement']);
  });

  test('sentinels are compared with what was sent', () => {
    const yaml = one(
      'metric: temperature, scale: 0.1, sentinels: [-1270, "n.c."]',
      'sentinels: [850]',
    );
    for (const v of ['-1270', '850', '"n.c."']) {
      expect(decodeWith(yaml, 'v/x', `{"v":${v}}`)).toEqual({
        readings: [],
        dropped: ['sentinel'],
        deadLetter: null,
      });
    }
  });

  test('a value outside its range is kept as a dead letter, its siblings as readings', () => {
    const yaml = `
profile: ranges
match: ["v/{device}"]
format: json
readings: [{ at: t, metric: temperature, range: [-55, 125] }, { at: h, metric: humidity }]
`;
    expect(decodeWith(yaml, 'v/x', '{"t":4085.3,"h":40}')).toEqual({
      readings: ['x||humidity=40 %RH'],
      dropped: [],
      deadLetter: 'out_of_range',
    });
    expect(decodeWith(yaml, 'v/x', '{"t":20,"h":400}')).toEqual({
      readings: ['x||temperature=20 Cel'],
      dropped: [],
      deadLetter: 'out_of_range',
    });
  });

  test('a metric of one’s own has no unit', () => {
    expect(decodeWith(one('metric: soil_salt'), 'v/x', '{"v":3}').readings).toEqual([
      'x||soil_salt=3',
    ]);
  });
});

describe('texts', () => {
  test('pairs with units behind the numbers, blanks around the signs', () => {
    const yaml = `
profile: sketch
match: ["s/{device}"]
format: key-value
pairs: "\\t"
readings:
  - { at: Humidity, metric: humidity }
  - { at: Temperature, metric: temperature }
`;
    expect(decodeWith(yaml, 's/x', 'Humidity: 57.90 %\tTemperature: 22.40 C\r\n').readings).toEqual(
      ['x||humidity=57.9 %RH', 'x||temperature=22.4 Cel'],
    );
    expect(decodeWith(yaml, 's/x', 'Failed to read from DHT').deadLetter).toBe('wrong_type');
  });

  test('pairs parted by blanks, with values left out', () => {
    const yaml = `
profile: blanks
match: ["s/{device}"]
format: key-value
pairs: " ;,"
readings: [{ at: "{key}", metric: "{key}" }]
`;
    expect(decodeWith(yaml, 's/x', 'temp=21.5 bat=NaN')).toEqual({
      readings: ['x||temperature=21.5 Cel'],
      dropped: ['not_a_number'],
      deadLetter: null,
    });
    expect(decodeWith(yaml, 's/x', 'T: 21.5 temp = 22 hum= bat=3')).toEqual({
      readings: ['x||T=21.5', 'x||temperature=22 Cel', 'x||battery=3 %'],
      dropped: ['null_value'],
      deadLetter: null,
    });
    expect(decodeWith(yaml, 's/x', '__proto__=5 temp=1').readings).toEqual([
      'x||__proto__=5',
      'x||temperature=1 Cel',
    ]);
  });

  test('columns, a line each', () => {
    const yaml = `
profile: columns
match: ["s/{device}"]
format: csv
split: lines
columns: [ts, temperature, "-", pressure]
time: { at: ts, format: s }
readings: [{ at: temperature, metric: temperature }, { at: pressure, metric: pressure }]
`;
    const decoded = decodeWith(
      yaml,
      's/x',
      '1700000000,21.50,45.2,1013.2\n\n1700000060,21.6,45,1013\r\nts,temperature\n',
    );
    expect(decoded.readings).toEqual([
      'x||temperature=21.5 Cel',
      'x||pressure=1013.2 hPa',
      'x||temperature=21.6 Cel',
      'x||pressure=1013 hPa',
    ]);
    expect(decoded.deadLetter).toBe('wrong_type');
  });

  test('a profile without topics serves the port that names it', () => {
    const profile = profileOf(
      'profile: line\nformat: key-value\nreadings: [{ at: T, metric: temperature }]\n',
    );
    const decoder = createDecoder({
      profiles: [profile],
      profileByPort: new Map([['/dev/ttyUSB0', 'line']]),
    });
    const message = messageOf('/dev/ttyUSB0', 'T=21.5', { source: '/dev/ttyUSB0' });
    expect(summaryOf(decoder.decode(message)).readings).toEqual([
      '/dev/ttyUSB0||temperature=21.5 Cel',
    ]);
  });
});

test('long texts of nothing but signs cost no more than their length', () => {
  const yaml = `
profile: signs
match: ["s/{device}"]
format: key-value
pairs: " ,"
readings: [{ at: "{key}", metric: "{key}" }]
`;
  const decoder = createDecoder({ profiles: [profileOf(yaml)] });
  for (const body of [
    ','.repeat(65_536),
    ' '.repeat(65_536),
    'a '.repeat(32_768),
    '='.repeat(65_536),
    'a= '.repeat(20_000),
  ]) {
    const message = messageOf('s/x', `${body}=1`);
    expect(quickestCpuMs(() => decoder.decode(message))).toBeLessThan(100);
  }
});

test('checksums of the catalogue’s check input', () => {
  // "123456789" as in the CRC catalogue's `check` column.
  const bytes = Buffer.from('123456789');
  const sums = (
    [
      'crc8',
      'crc8-maxim',
      'crc16-arc',
      'crc16-modbus',
      'crc16-ccitt',
      'xor8',
      'sum8',
      'lrc8',
    ] as const
  ).map((kind) => computeChecksum(kind, bytes));
  expect(sums).toEqual([0xf4, 0xa1, 0xbb3d, 0x4b37, 0x29b1, 0x31, 0xdd, 0x23]);
});

test('a checksum over the bytes that hex digits spell', () => {
  const yaml = `
profile: rom
match: ["r/{device}"]
format: csv
separator: " "
columns: [value]
checksum: { kind: crc8-maxim, over: hex }
readings: [{ at: value, metric: count, number: hex }]
`;
  const sum = computeChecksum('crc8-maxim', Buffer.from('28FF00', 'hex'))
    .toString(16)
    .padStart(2, '0');
  expect(decodeWith(yaml, 'r/x', `28FF00${sum}`).readings).toEqual([`x||count=${0x28ff00}`]);
  expect(decodeWith(yaml, 'r/x', `28FF01${sum}`).deadLetter).toBe('checksum');
});
