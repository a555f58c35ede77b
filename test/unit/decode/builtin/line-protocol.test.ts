// InfluxDB's line protocol: the examples of its reference, escapes, types, times and what is none.
import { describe, expect, test } from 'vitest';
import { createLineProtocolDecoder } from '../../../../src/decode/builtin/line-protocol.ts';
import { scanLine } from '../../../../src/decode/builtin/line-scanner.ts';
import { timeUnusable } from '../../../../src/decode/device-time.ts';
import { collect, valuesOf } from './collect.ts';

const decode = (text: string, argument = '') =>
  collect(createLineProtocolDecoder(), text, { argument });

describe('a line', () => {
  test('is a measurement, tags, fields and a time', () => {
    const line = 'myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000';
    expect(scanLine(line)).toEqual({
      measurement: 'myMeasurement',
      tags: [
        ['tag1', 'value1'],
        ['tag2', 'value2'],
      ],
      fields: [{ key: 'fieldKey', value: 'fieldValue', isText: true }],
      time: '1556813561098000000',
    });
  });

  test('escapes what the protocol says and keeps other backslashes', () => {
    const line = String.raw`my\ meas\,x,tag\ 1=a\ b,t\=2=c\,d field\ k="a \"b\" \\ c\d",p=C:\x 1`;
    expect(scanLine(line)).toEqual({
      measurement: 'my meas,x',
      tags: [
        ['tag 1', 'a b'],
        ['t=2', 'c,d'],
      ],
      fields: [
        { key: 'field k', value: String.raw`a "b" \ c\d`, isText: true },
        { key: 'p', value: String.raw`C:\x`, isText: false },
      ],
      time: '1',
    });
  });

  test.each([
    ['', 'nothing'],
    ['weather', 'no fields'],
    ['weather ', 'no fields'],
    [',a=b v=1', 'no measurement'],
    ['weather,a v=1', 'a tag without a value'],
    ['weather,a= v=1', 'an empty tag'],
    ['weather,a=b=c v=1', 'two signs in a tag'],
    ['weather v', 'a field without a value'],
    ['weather v=', 'an empty field'],
    ['weather v=1,', 'a comma too many'],
    ['weather v="open', 'a text without its end'],
    ['weather v="a"b', 'something behind a text'],
    ['weather v=1 12a', 'a time that is none'],
    ['weather v=1 12 13', 'two times'],
    ['weather v=1 1.5', 'a fraction for a time'],
  ])('%j is none: %s', (text) => {
    expect(scanLine(text)).toBeNull();
  });
});

describe('fields', () => {
  test('floats, integers, unsigned integers; states are no measurements', () => {
    const collected = decode('m f=1.5,e=-1.234456e+3,i=82i,u=7u,b=true,c=F,s="text"');
    expect(valuesOf(collected)).toEqual(['f=1.5', 'e=-1234.456', 'i=82', 'u=7', 's=text']);
    expect(collected.dropped).toEqual(['no_measurement', 'no_measurement']);
  });

  test('what is no number is a dead letter, what stands for none is dropped, the rest is read', () => {
    const collected = decode('m a=1x,b=nan,c=2,d=1.5i');
    expect(valuesOf(collected)).toEqual(['c=2']);
    expect(collected.dropped).toEqual(['not_a_number']);
    expect(collected.rejected).toEqual(['invalid_number', 'invalid_number']);
  });
});

describe('lines', () => {
  test('several, with comments, empty ones and a line end within a text', () => {
    const collected = decode('# comment\r\nm a=1\r\n\n  # another\nm s="two\nlines",b=2\nm c=3\n');
    expect(valuesOf(collected)).toEqual(['a=1', 's=two\nlines', 'b=2', 'c=3']);
    expect(collected.rejected).toEqual([]);
  });

  test('a bad one does not cost the good ones', () => {
    const collected = decode('m a=1\nnonsense\nm b=2');
    expect(valuesOf(collected)).toEqual(['a=1', 'b=2']);
    expect(collected.details).toEqual(['line protocol: "nonsense"']);
  });

  test('more than a thousand are refused', () => {
    const collected = decode('m a=1\n'.repeat(1001));
    expect(collected.records.length).toBe(1000);
    expect(collected.rejected).toEqual(['too_many_readings']);
  });

  test('that are not UTF-8 are refused', () => {
    const bytes = Buffer.from('m,a=\xff b=1', 'latin1');
    expect(collect(createLineProtocolDecoder(), bytes).rejected).toEqual(['invalid_utf8']);
  });
});

describe('times', () => {
  const timeOf = (digits: string, argument = '') =>
    decode(`m a=1 ${digits}`, argument).records[0]!.timeUs;

  test('nanoseconds keep every digit down to the microsecond', () => {
    expect(timeOf('1465839830100400200')).toBe(1_465_839_830_100_400);
    expect(timeOf('1465839830100400999', 'ns')).toBe(1_465_839_830_100_400);
  });

  test('of another precision are told by the argument, or by their magnitude', () => {
    for (const argument of ['s', '']) expect(timeOf('1465839830', argument)).toBe(1_465_839_830e6);
    for (const argument of ['ms', ''])
      expect(timeOf('1465839830100', argument)).toBe(1_465_839_830_100e3);
    for (const argument of ['us', ''])
      expect(timeOf('1465839830100400', argument)).toBe(1_465_839_830_100_400);
  });

  test('none is that of arrival, and one of a clock that was never set is unusable', () => {
    expect(decode('m a=1').records[0]!.timeUs).toBeUndefined();
    expect(timeOf('12')).toBe(timeUnusable);
    expect(timeOf('-1465839830100400200')).toBe(timeUnusable);
    expect(timeOf('1465839830', 'ns')).toBe(timeUnusable);
  });
});

describe('the device and the channel', () => {
  const seriesOf = (text: string) =>
    decode(text).records.map(({ device, channel = '', name }) => [device, channel, name]);

  test('are of the tags, the measurement telling the rest apart', () => {
    expect(seriesOf('weather,location=us-midwest temperature=82')).toEqual([
      ['us-midwest', 'weather', 'temperature'],
    ]);
    expect(seriesOf('cpu,cpu=cpu0,host=a usage_idle=1')).toEqual([['a', 'cpu/cpu0', 'usage_idle']]);
    expect(seriesOf('disk,path=/,host=a used=1')).toEqual([['a', 'disk/_', 'used']]);
    expect(seriesOf('m,room=1,sensor_id=7 t=1')).toEqual([['7', 'm/1', 't']]);
    expect(seriesOf('m,first=1,second=2 t=1')).toEqual([['1', 'm/2', 't']]);
    expect(seriesOf('weather temperature=82')).toEqual([['weather', '', 'temperature']]);
  });

  test('keep two thermometers of one line apart', () => {
    const channels = seriesOf('station,id=a outTemp=1,inTemp=2').map(([, channel]) => channel);
    expect(channels).toEqual(['station/outTemp', 'station/inTemp']);
    expect(seriesOf('station outTemp=1')).toEqual([['station', 'outTemp', 'outTemp']]);
  });
});
