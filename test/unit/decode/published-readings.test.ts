// Readings that came as such: stored as they are, and whatever else the payload is, an answer.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeReadings, READINGS_TOPIC } from '../../../src/core/published-reading.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';

const decoder = createDecoder({ profiles: [] });
const receivedAtUs = 1_700_000_000_000_000;

function decode(payload: Uint8Array, source = 'grpc') {
  const marks = { isRetained: false, isRedelivered: false };
  return decoder.decode({ source, topic: READINGS_TOPIC, payload, receivedAtUs, ...marks });
}

test('keeps names, units, texts and times as they are', () => {
  const measuredAtUs = receivedAtUs - 1;
  const { readings, deadLetter } = decode(
    encodeReadings([
      { device: 'd', metric: 'Anything', unit: 'furlong', value: 1.5, measuredAtUs },
      { device: 'd', channel: 'c', metric: 'state', value: 'on' },
      { device: 'd', metric: 'm', value: 0, measuredAtUs: 5 },
    ]),
  );
  expect(deadLetter).toBeNull();
  expect(readings).toEqual([
    {
      device: 'd',
      channel: '',
      metric: 'Anything',
      unit: 'furlong',
      value: 1.5,
      measuredAtUs,
      quality: 1,
    },
    {
      device: 'd',
      channel: 'c',
      metric: 'state',
      unit: '',
      value: 'on',
      measuredAtUs: receivedAtUs,
      quality: 1,
    },
    // The time of a clock that was never set.
    {
      device: 'd',
      channel: '',
      metric: 'm',
      unit: '',
      value: 0,
      measuredAtUs: receivedAtUs,
      quality: 2,
    },
  ]);
});

test('is a topic of the broker to anything but gRPC', () => {
  const payload = encodeReadings([{ device: 'd', metric: 'm', value: 1 }]);
  expect(decode(payload, 'mqtt')).toMatchObject({ readings: [], dropped: ['broker_traffic'] });
  expect(decode(payload).readings).toHaveLength(1);
});

test('answers to any bytes and any JSON', () => {
  const texts = fc.oneof(fc.json(), fc.string()).map((text) => Buffer.from(text));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), texts), (payload) => {
      const { readings, deadLetter } = decode(payload);
      expect(deadLetter?.reason).not.toBe('decoder_fault');
      expect(readings).toEqual([]);
    }),
  );
});
