// Profiles of texts: patterns of lines, sentences of columns, parts of a value, commas for points.
import { describe, expect, test } from 'vitest';
import { parseLinePattern } from '../../../src/decode/line-pattern.ts';
import { parseProfile } from '../../../src/decode/parse-profile.ts';
import { decodeWith, quickestCpuMs } from './messages.ts';

describe('patterns of lines', () => {
  test.each([
    ['T={t:number} C', 'T=21.5 C', ['21.5']],
    ['T={t:number} C', '  T=-21.5   C  ', ['-21.5']],
    ['T={t:number}{unit:C|F}', 'T=1e1F', ['1e1', 'F']],
    ['{name}: {v:number}', 'Garage door: 3', ['Garage door', '3']],
    ['{name:word} {v:int}', 'a-1 -7', ['a-1', '-7']],
    ['{*}t={raw:int}', '4b 46 7f ff : crc=c6 YES t=23125', ['23125']],
    ['{*}t={raw:int}', 'noise t=1 t=2', null],
    ['{id:hex4}{t:hex2}', 'C8281F', ['C828', '1F']],
    ['{id:hex4}{t:hex2}', 'C8281', null],
    ['{id:chars3}{n:digits2}{rest}', 'ab 12 tail', ['ab ', '12', ' tail']],
    ['v={v:number}', 'v=nan', ['nan']],
    ['v={v:number}', 'v=-INF', ['-INF']],
    ['v={v:number}', 'v=', null],
    ['v={v:number}', 'v=12abc', null],
    ['v={v:number}...', 'v=12abc', ['12']],
    ['v={v:number}.', 'v=12.', null],
    ['v={v:number}, w={w:number}', 'v=1, w=2', ['1', '2']],
    ['v={v:number},w={w:number}', 'v=1,5,w=2', ['1,5', '2']],
    ['v={v:number};', 'v=.5;', ['.5']],
    ['v={a|b}', 'v=1', 'fails'],
    ['a={v:ab|abc}d', 'a=abcd', ['abc']],
    ['{a}{b:number}', '', 'fails'],
    ['{a:number} {a:number}', '', 'fails'],
    ['only text', '', 'fails'],
    ['{v:float}', '', 'fails'],
    ['{v:chars}', '', 'fails'],
    ['{v', '', 'fails'],
  ] as const)('%s of %s', (pattern, text, expected) => {
    if (expected === 'fails') expect(() => parseLinePattern(pattern)).toThrow();
    else expect(parseLinePattern(pattern).match(text)).toEqual(expected);
  });

  test('no text makes a match slow', () => {
    const sources = ['{*}a{*}a{*}a{x}b', '{a} {b} {c} {d}', '{a:word}{b:word}x', '{*}={v:number}'];
    for (const source of sources) {
      const pattern = parseLinePattern(source);
      for (const unit of ['a', 'a ', ' ', '1', '=', '-', 'nan']) {
        const text = unit.repeat(65_536 / unit.length);
        expect(quickestCpuMs(() => pattern.match(text))).toBeLessThan(20);
      }
    }
  });

  test('the first pattern that matches is taken, other lines are dead letters or ignored', () => {
    const yaml = (texts: string) => `
profile: sketch
match: ["s/{device}"]
format: text
split: lines
${texts}
patterns:
  - "T={t:number} H={h:number}"
  - "Bed {bed:word} is {t:number}{unit:C|F}"
readings:
  - { at: t, metric: temperature, unit: ["{.unit}", C], channel: "{.bed}" }
  - { at: h, metric: humidity }
`;
    const payload = 'boot v1.2\nT=21.5 H=40\nBed B1 is 50F\n';
    expect(decodeWith(yaml('texts: ignore'), 's/x', payload)).toEqual({
      readings: ['x||temperature=21.5 Cel', 'x||humidity=40 %RH', 'x|B1|temperature=10 Cel'],
      dropped: ['no_measurement'],
      deadLetter: null,
    });
    expect(decodeWith(yaml(''), 's/x', payload).deadLetter).toBe('wrong_type');
  });
});

describe('sentences of columns', () => {
  const yaml = `
profile: nmea
match: ["n/{device}"]
format: csv
checksum: { kind: xor8, after: $, before: "*", optional: true }
columns:
  "{talker}MTW": [sentence, t, unit]
  "{talker}XDR": [sentence, [type, value, unit, name]]
readings:
  - { at: t, metric: temperature, unit: "{.unit}", channel: water }
  - { at: "items.[].value", metric: temperature, unit: "{.unit}", channel: "{.name}", when: { at: .type, is: C } }
  - { at: "items.[].value", metric: pressure, unit: bar, channel: "{.name}", when: [{ at: .type, is: P }], unless: [{ max: 0 }] }
`;

  test('are told by their first column, and their groups repeat', () => {
    expect(decodeWith(yaml, 'n/x', '$IIMTW,17.9,C').readings).toEqual([
      'x|water|temperature=17.9 Cel',
    ]);
    const payload = '$WIXDR,C,50,F,AIR,P,1.013,B,BARO,P,0,B,NONE,G,1';
    expect(decodeWith(yaml, 'n/x', payload)).toEqual({
      readings: ['x|AIR|temperature=10 Cel', 'x|BARO|pressure=1013 hPa'],
      dropped: [],
      deadLetter: null,
    });
    expect(decodeWith(yaml, 'n/x', '$GPZDA,1,2').dropped).toEqual(['no_measurement']);
    expect(decodeWith(yaml, 'n/x', '$IIMTW,17.9,C*00').deadLetter).toBe('checksum');
    expect(decodeWith(yaml, 'n/x', '$IIMTW').deadLetter).toBe('wrong_type');
  });

  test('columns in quotes may have separators and quotes', () => {
    const quoted = `
profile: quoted
match: ["q/{device}"]
format: csv
columns: [name, temperature]
readings: [{ at: temperature, metric: temperature, channel: "{.name}" }]
`;
    expect(decodeWith(quoted, 'q/x', '"a, ""b""",21.5').readings).toEqual([
      'x|a, "b"|temperature=21.5 Cel',
    ]);
    expect(decodeWith(quoted, 'q/x', '"a,21.5').deadLetter).toBe('wrong_type');
  });
});

describe('values in texts', () => {
  test('a pattern takes the value out of a longer text', () => {
    const yaml = `
profile: parts
match: ["p/{device}"]
format: json
readings:
  - { at: ["1-0:1.7.0"], pattern: "({value:number}*{unit})", metric: power, unit: "{unit}" }
  - { at: bp, pattern: "{value:number}/{low:number}", metric: "systolic", channel: "{low}" }
`;
    expect(decodeWith(yaml, 'p/x', '{"1-0:1.7.0":"(01.193*kW)","bp":"120/80"}').readings).toEqual([
      'x||power=1193 W',
      'x|80|systolic=120',
    ]);
    expect(decodeWith(yaml, 'p/x', '{"bp":"120"}').deadLetter).toBe('wrong_type');
    expect(decodeWith(yaml, 'p/x', '{"bp":[]}').deadLetter).toBe('wrong_type');
  });

  test('a comma for the point, and then a point is no number', () => {
    const yaml = `
profile: comma
match: ["c/{device}"]
format: csv
separator: ";"
decimal: ","
columns: [temperature, humidity]
readings: [{ at: temperature, metric: temperature }, { at: humidity, metric: humidity }]
`;
    expect(decodeWith(yaml, 'c/x', '-21,5 °C;40').readings).toEqual([
      'x||temperature=-21.5 Cel',
      'x||humidity=40 %RH',
    ]);
    for (const wrong of ['1.234,5', '21.5', '1,2,3']) {
      expect(decodeWith(yaml, 'c/x', `${wrong};40`)).toEqual({
        readings: ['x||humidity=40 %RH'],
        dropped: [],
        deadLetter: 'invalid_number',
      });
    }
  });

  test('a table says what texts and numbers stand for', () => {
    const yaml = `
profile: tables
match: ["t/{device}"]
format: json
readings:
  - { at: level, metric: battery, values: { full: 100, low: 10, "3": 100 } }
  - { at: mode, metric: mode, type: text, values: { "0": idle, "1": heating } }
  - { at: on, metric: on, values: { "true": 1, "false": 0 } }
`;
    expect(decodeWith(yaml, 't/x', '{"level":"low","mode":1,"on":true}').readings).toEqual([
      'x||battery=10 %',
      'x||mode=heating',
      'x||on=1',
    ]);
    expect(decodeWith(yaml, 't/x', '{"level":3,"mode":"error 7"}').readings).toEqual([
      'x||battery=100 %',
      'x||mode=error 7',
    ]);
    expect(decodeWith(yaml, 't/x', '{"level":"empty"}').deadLetter).toBe('invalid_number');
  });

  test('a text is a reading of its own metric, short, and never of one of the table', () => {
    const yaml = `
profile: texts
match: ["t/{device}"]
format: json
sentinels: [unset]
readings: [{ at: "{key}", metric: "{key}", type: text }]
`;
    expect(decodeWith(yaml, 't/x', '{"state":" ok ","n":3,"b":true}').readings).toEqual([
      'x||state=ok',
      'x||n=3',
      'x||b=true',
    ]);
    const payload = '{"a":null,"b":" ","c":"unset","temperature":"warm"}';
    expect(decodeWith(yaml, 't/x', payload).dropped).toEqual([
      'null_value',
      'null_value',
      'sentinel',
      'no_measurement',
    ]);
    const long = JSON.stringify({ state: 'x'.repeat(2000) });
    expect(decodeWith(yaml, 't/x', long).deadLetter).toBe('wrong_type');
    expect(decodeWith(yaml, 't/x', '{"state":{}}').deadLetter).toBe('wrong_type');
  });
});

describe('a checksum of six-bit digits, which only some lines have', () => {
  const yaml = `
profile: mast
match: ["m/{device}"]
format: text
checksum: { kind: crc16-arc, digits: six-bit, form: "{*:chars1}r..." }
patterns: "{*:chars1}{*:R|r}2,Ta={t:number}C"
readings: [{ at: t, metric: temperature }]
`;

  // Vaisala WXT520 user's guide, M210906EN, appendix C; the sum by an implementation of its own.
  test.each([
    ['0R2,Ta=21.5C', ['x||temperature=21.5 Cel'], null],
    ['0r2,Ta=21.5CKg}', ['x||temperature=21.5 Cel'], null],
    ['0r2,Ta=21.6CKg}', [], 'checksum'],
    ['0r2,Ta=21.5C', [], 'checksum'],
    ['0r2,Ta=21.5CD', [], 'checksum'],
    ['0r', [], 'checksum'],
    // Nobody asks for one here, so that it is what does not belong to the line.
    ['0R2,Ta=21.5CKg}', [], 'wrong_type'],
  ])('%s', (payload, readings, deadLetter) => {
    expect(decodeWith(yaml, 'm/x', payload)).toMatchObject({ readings, deadLetter });
  });

  test.each([
    ['digits: six-bit', 'digits: six-bit, endian: little', 'six-bit digits have no order of bytes'],
    ['{*:chars1}r...', '{a:chars}r', 'chars needs how many'],
  ])('%s as %s is refused', (from, to, problem) => {
    const result = parseProfile(yaml.replace(from, to), 'mast.yaml');
    expect(JSON.stringify(result)).toContain(problem);
  });
});
