// What of a PublishRequest is taken, and what is refused before anything is.
import { expect, test } from 'vitest';
import { toRawMessage } from '../../../../src/delivery/grpc/publish-request.ts';
import type { PublishRequest } from '../../../../src/generated/millpond/v1/telemetry_service.ts';
import { rawRequest, readingsRequest } from '../../../support/publish.ts';

const number = (value: number) => ({ $case: 'number' as const, value });
const one = { value: number(1) };
const judge = (request: PublishRequest) => toRawMessage(request, { receivedAtUs: 5, call: 3 });

test('makes a message of either content, with its key', () => {
  expect(judge(rawRequest('a/b', '1', { producer: 'p', sequence: 9 }))).toEqual({
    source: 'grpc',
    topic: 'a/b',
    payload: Buffer.from('1'),
    receivedAtUs: 5,
    isRetained: false,
    isRedelivered: false,
    isRefusable: true,
    key: { producer: 'p', sequence: 9, call: 3 },
  });
  const message = judge(readingsRequest([one]));
  expect(JSON.parse(Buffer.from(message.payload).toString())).toEqual([
    { device: 'd', metric: 'power', value: 1 },
  ]);
  expect(message).not.toHaveProperty('key');
});

test.each<[string, PublishRequest]>([
  ['content', { content: undefined, producer: '', sequence: 0n }],
  ['raw.topic', rawRequest('', '1')],
  ['raw.topic', rawRequest('x'.repeat(1025), '1')],
  ['raw.topic', rawRequest('a/+', '1')],
  ['raw.topic', rawRequest('a/#', '1')],
  ['raw.topic', rawRequest('a\u0000', '1')],
  ['raw.topic', rawRequest('$readings', '1')],
  ['producer', rawRequest('a', '1', { sequence: 1 })],
  ['producer', rawRequest('a', '1', { producer: "a'b", sequence: 1 })],
  ['producer', rawRequest('a', '1', { producer: 'x'.repeat(129), sequence: 1 })],
  ['sequence', rawRequest('a', '1', { producer: 'p' })],
  ['sequence', { ...rawRequest('a', '1'), producer: 'p', sequence: 2n ** 63n }],
  ['readings', readingsRequest([])],
  ['readings', readingsRequest(Array(1001).fill(one))],
  ['readings[1].device', readingsRequest([one, { ...one, device: '' }])],
  ['readings[0].device', readingsRequest([{ ...one, device: 'x'.repeat(129) }])],
  ['readings[0].metric', readingsRequest([{ ...one, metric: 'a\n' }])],
  ['readings[0].unit', readingsRequest([{ ...one, unit: '\u0007' }])],
  ['readings[0].channel', readingsRequest([{ ...one, channel: '..' }])],
  ['readings[0].value', readingsRequest([{}])],
  ['readings[0].number', readingsRequest([{ value: number(Number.NaN) }])],
  ['readings[0].number', readingsRequest([{ value: number(-Infinity) }])],
  ['readings[0].measured_at_us', readingsRequest([{ ...one, measuredAtUs: -1n }])],
  ['readings[0].measured_at_us', readingsRequest([{ ...one, measuredAtUs: 2n ** 60n }])],
])('refuses %s', (field, request) => {
  expect(() => judge(request)).toThrow(
    expect.objectContaining({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(
        new RegExp(`^${field.replaceAll(/[[\].]/g, '\\$&')} `),
      ) as string,
    }),
  );
});
