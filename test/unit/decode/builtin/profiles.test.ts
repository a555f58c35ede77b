// The profiles of the built-in protocols by way of the whole decoder: quality, names, and what a profile
// of one's own changes.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { Quality } from '../../../../src/core/reading.ts';
import { createDecoder } from '../../../../src/decode/decoder.ts';
import { builtInDecoder, builtInProfiles, messageOf, profileOf, summaryOf } from '../messages.ts';

interface MetricShape {
  readonly name?: string;
  readonly alias?: number;
  readonly value: number;
  readonly timestampMs?: number;
  readonly isHistorical?: boolean;
}

/** Metrics of the data type Double. */
function payloadOf(...metrics: MetricShape[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, alias, value, timestampMs, isHistorical } of metrics) {
    writer.uint32(18).fork();
    if (name !== undefined) writer.uint32(10).string(name);
    if (alias !== undefined) writer.uint32(16).uint64(alias);
    if (timestampMs !== undefined) writer.uint32(24).uint64(timestampMs);
    if (isHistorical === true) writer.uint32(40).bool(true);
    writer.uint32(32).uint32(10).uint32(105).double(value).join();
  }
  return writer.finish();
}

const day = 24 * 3600 * 1000;
const nowMs = Date.parse('2024-01-01T00:00:00Z');

test('a historical metric may be long past, and no metric may be far ahead', () => {
  const at = (timestampMs: number, isHistorical: boolean) => {
    const payload = payloadOf({ name: 'temperature', value: 20, timestampMs, isHistorical });
    const { readings } = builtInDecoder().decode(messageOf('spBv1.0/G/NDATA/E', payload));
    expect(readings[0]!.measuredAtUs).toBe(timestampMs * 1000);
    return readings[0]!.quality;
  };
  expect(at(nowMs - 30 * day, true)).toBe(Quality.good);
  expect(at(nowMs - 30 * day, false)).toBe(Quality.clockSuspect);
  expect(at(nowMs + 30 * day, true)).toBe(Quality.clockSuspect);
  expect(at(nowMs - 1000, false)).toBe(Quality.good);
});

test('a decoder that has just begun needs the birth again', () => {
  const birth = messageOf('spBv1.0/G/NBIRTH/E', payloadOf({ name: 'temp', alias: 1, value: 20 }));
  const data = messageOf('spBv1.0/G/NDATA/E', payloadOf({ alias: 1, value: 21 }));
  const before = builtInDecoder();
  before.decode(birth);
  expect(summaryOf(before.decode(data)).readings).toEqual(['G/E||temperature=21 Cel']);
  const after = builtInDecoder();
  expect(summaryOf(after.decode(data))).toEqual({
    readings: [],
    dropped: [],
    deadLetter: 'alias_unknown',
  });
  after.decode(birth);
  expect(summaryOf(after.decode(data)).readings).toEqual(['G/E||temperature=21 Cel']);
});

test('a profile for a plant’s own names goes before the one that comes with Millpond', () => {
  const own = profileOf(`
profile: our-plant
match: ["spBv1.0/G/{type:DBIRTH|DDATA|DDEATH}/{node}/{part}"]
device: "{part}"
decoder: sparkplug-b
readings:
  - { at: PV_01, metric: temperature, unit: degF, channel: boiler }
  - { at: "Bed/{name}", metric: "{name}", channel: "{name} bed" }
`);
  const decoder = createDecoder({ profiles: [own, ...builtInProfiles] });
  const payload = payloadOf(
    { name: 'PV_01', value: 212 },
    { name: 'Bed/humidity', value: 45 },
    { name: 'rpm', value: 900 },
  );
  expect(summaryOf(decoder.decode(messageOf('spBv1.0/G/DDATA/E/mill', payload))).readings).toEqual([
    'mill|boiler|temperature=100 Cel',
    'mill|humidity bed|humidity=45 %RH',
    'mill||rpm=900',
  ]);
});

test('values beyond what is plausible are dead letters there too', () => {
  const decode = (topic: string, payload: Uint8Array | string) =>
    summaryOf(builtInDecoder().decode(messageOf(topic, payload)));
  const metric = payloadOf({ name: 'temperature', value: -300 });
  expect(decode('spBv1.0/G/NDATA/E', metric).deadLetter).toBe('out_of_range');
  expect(decode('telegraf/a', 'm,host=a humidity=150').deadLetter).toBe('out_of_range');
  expect(decode('a/senml', '[{"n":"temp","u":"W","v":5}]').readings).toEqual(['a|temp|power=5 W']);
  expect(decode('a/senml', '[{"n":"temp","u":"m","v":5}]').readings).toEqual([]);
});

test('SenML of a base name that may be no device’s name is a dead letter', () => {
  const payload = '[{"bn":"coap://[2001:db8::2]/","n":"temp","u":"Cel","v":5}]';
  const decoded = summaryOf(builtInDecoder().decode(messageOf('a/senml', payload)));
  expect(decoded).toEqual({ readings: [], dropped: [], deadLetter: 'name_invalid' });
});
