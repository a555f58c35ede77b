// What of a SubscribeRequest is taken, and how.
import { describe, expect, test } from 'vitest';
import { checkSubscribe, toOffset } from '../../../../src/delivery/grpc/subscribe-request.ts';
import { Format } from '../../../../src/generated/millpond/v1/format.ts';
import { Edge } from '../../../../src/generated/millpond/v1/offsets.ts';
import { subscribeRequest } from '../../../support/readings.ts';

const limits = {
  rows: { readingsMax: 2048, bytesMax: 1000 },
  arrow: { readingsMax: 30_720, bytesMax: 2000 },
};

function check(fields: Parameters<typeof subscribeRequest>[0]) {
  return checkSubscribe(subscribeRequest(fields), limits);
}

const largest = BigInt(Number.MAX_SAFE_INTEGER);
const invalid = expect.objectContaining({ code: 'REQUEST_INVALID' });

describe('the start', () => {
  test.each([
    ['none', undefined, { kind: 'earliest' }],
    ['no edge', { $case: 'edge', value: Edge.EDGE_UNSPECIFIED }, { kind: 'earliest' }],
    ['earliest', { $case: 'edge', value: Edge.EDGE_EARLIEST }, { kind: 'earliest' }],
    ['latest', { $case: 'edge', value: Edge.EDGE_LATEST }, { kind: 'latest' }],
    ['offset 0', { $case: 'offset', value: 0n }, { kind: 'offset', offset: 0 }],
    [
      'the largest offset',
      { $case: 'offset', value: largest },
      { kind: 'offset', offset: Number.MAX_SAFE_INTEGER },
    ],
    ['1970', { $case: 'timeUs', value: 0n }, { kind: 'time', timeUs: 0 }],
    ['a time', { $case: 'timeUs', value: 17n }, { kind: 'time', timeUs: 17 }],
  ] as const)('%s is taken', (_name, start, expected) => {
    expect(check({ start }).start).toEqual({ stream: '', consumer: '', start: expected });
  });

  test.each([-1n, largest + 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'a time of %s is refused',
    (value) => {
      expect(() => check({ start: { $case: 'timeUs', value } })).toThrow(invalid);
    },
  );

  test.each([largest + 1n, 2n ** 64n - 1n])('offset %s is beyond every end', (value) => {
    const beyond = expect.objectContaining({ code: 'OFFSET_BEYOND_END' });
    const commit = expect.objectContaining({ code: 'COMMIT_BEYOND_END' });
    expect(() => check({ start: { $case: 'offset', value } })).toThrow(beyond);
    expect(() => toOffset(value, 'COMMIT_BEYOND_END')).toThrow(commit);
  });

  test('an edge of a later version is refused', () => {
    expect(() => check({ start: { $case: 'edge', value: 7 as Edge } })).toThrow(invalid);
  });
});

describe('max_batch', () => {
  test.each([
    [0, 2048],
    [1, 1],
    [2048, 2048],
    [2049, 2048],
    [2 ** 32 - 1, 2048],
  ])('%i gives batches of %i', (maxBatch, batchReadingsMax) => {
    expect(check({ maxBatch }).batchReadingsMax).toBe(batchReadingsMax);
  });
});

describe('the format', () => {
  test.each([
    [Format.FORMAT_UNSPECIFIED, 'rows', 2048, 1000],
    [Format.FORMAT_ROWS, 'rows', 2048, 1000],
    [Format.FORMAT_ARROW, 'arrow', 30_720, 2000],
  ])('%i is %s, with its own limits', (asked, format, readingsMax, fetchBytesMax) => {
    const taken = { format, batchReadingsMax: readingsMax, fetchBytesMax };
    expect(check({ format: asked })).toMatchObject(taken);
    const fewer = check({ format: asked, maxBatch: readingsMax - 1 });
    expect(fewer.batchReadingsMax).toBe(readingsMax - 1);
    const more = check({ format: asked, maxBatch: readingsMax + 1 });
    expect(more.batchReadingsMax).toBe(readingsMax);
  });

  test('of a later version is refused', () => {
    expect(() => check({ format: 7 as Format })).toThrow(invalid);
  });
});

describe('globs', () => {
  test('none of either kind is no filter', () => {
    expect(check({}).filter).toBeNull();
    expect(check({ devices: ['a'] }).filter).toEqual({ devices: ['a'], metrics: [] });
    expect(check({ metrics: ['b*'] }).filter).toEqual({ devices: [], metrics: ['b*'] });
  });

  test.each(['devices', 'metrics'] as const)('of %s may be 100 of 1 to 256 characters', (field) => {
    const most = Array.from({ length: 100 }, () => 'x'.repeat(256));
    expect(() => check({ [field]: most })).not.toThrow();
    for (const globs of [[...most, 'x'], [''], ['x'.repeat(257)]]) {
      expect(() => check({ [field]: globs })).toThrow(
        expect.objectContaining({
          code: 'REQUEST_INVALID',
          message: expect.stringContaining(field),
        }),
      );
    }
  });
});

test('stream, consumer and stop_at_end go through as they are', () => {
  expect(check({ stream: 's', consumer: 'c', stopAtEnd: true })).toMatchObject({
    start: { stream: 's', consumer: 'c' },
    stopAtEnd: true,
  });
});
