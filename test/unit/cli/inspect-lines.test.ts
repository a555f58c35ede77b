// What `losses` and `inspect` print, for people and for programs.
import { expect, test } from 'vitest';
import { lossJson, lossLines } from '../../../src/cli/inspect/loss-lines.ts';
import { newest } from '../../../src/cli/inspect/newest.ts';
import {
  segmentJson,
  segmentLines,
  streamJson,
  streamLines,
} from '../../../src/cli/inspect/segment-lines.ts';
import { Loss, Segment, StreamStatus } from '../../../src/generated/millpond/v1/admin_service.ts';

const atUs = BigInt(Date.parse('2025-06-01T12:00:00.250Z')) * 1000n;

const trimmed = Loss.fromPartial({
  stream: 'readings',
  firstOffset: 100n,
  nextOffset: 1300n,
  count: 1200n,
  reason: 'retention_bytes',
  recordedAtUs: atUs,
});
const letters = Loss.fromPartial({
  count: 1n,
  reason: 'dead_letters_full',
  detail: 'the oldest \u001b[2J went',
  recordedAtUs: atUs,
});

test('losses, one a line, with their detail below', () => {
  const lines = lossLines([trimmed, letters], 2000);
  expect(lines[0]).toMatch(/^TIME +STREAM +COUNT +REASON +OFFSETS$/);
  expect(lines[1]).toMatch(/^2025-06-01 \S+ +readings +1,200 +retention_bytes +100 to 1299$/);
  expect(lines[2]).toMatch(/^2025-06-01 \S+ +- +1 +dead_letters_full +-$/);
  expect(lines.slice(3)).toEqual([
    '    the oldest \\u001b[2J went',
    'and 2,000 older; see --count',
  ]);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lossLines([], 0)).toEqual(['Nothing was lost.']);
});

test('losses as JSON: offsets as texts, none where there are none', () => {
  expect(JSON.parse(lossJson(trimmed))).toEqual({
    event: 'loss',
    stream: 'readings',
    firstOffset: '100',
    nextOffset: '1300',
    count: 1200,
    reason: 'retention_bytes',
    detail: '',
    recordedAt: '2025-06-01T12:00:00.250000Z',
  });
  expect(JSON.parse(lossJson(letters))).toMatchObject({ firstOffset: null, nextOffset: null });
});

const stream = StreamStatus.fromPartial({
  stream: 'readings',
  lowWatermark: 1_000_000n,
  highWatermark: 12_345_678n,
  sealedBytes: 90_000_000n,
  hotBytes: 4_500_000n,
  segments: 23n,
});
const segment = Segment.fromPartial({
  stream: 'readings',
  firstOffset: 11_500_000n,
  nextOffset: 12_000_000n,
  bytes: 3_700_000n,
  readings: 500_000n,
  rawBytes: 18_500_000n,
  firstReceivedAtUs: atUs,
  lastReceivedAtUs: atUs,
  sealedAtUs: atUs,
  path: 'streams/readings/00000000000011500000.parquet',
});

test('streams and segments in 80 columns', () => {
  expect(streamLines([stream])).toEqual([
    'STREAM      READINGS   OLDEST  NEXT OFFSET  SEGMENTS    SEALED      HOT',
    'readings  11,345,678  1000000     12345678        23  85.8 MiB  4.3 MiB',
  ]);
  const lines = segmentLines('readings', [segment], 22);
  expect(lines.slice(0, 4)).toEqual([
    '',
    'Segments of readings, the newest last:',
    'and 22 older; see --all',
    'FIRST OFFSET  READINGS     SIZE  A READING  RATIO  RECEIVED FROM',
  ]);
  expect(lines[4]).toMatch(/^ +11500000 +500,000 +3\.5 MiB +7\.4 B +5\.0 +2025-06-01 /);
  expect(segmentLines('readings', [], 0)).toEqual([]);
});

test('streams and segments as JSON', () => {
  expect(JSON.parse(streamJson(stream))).toMatchObject({
    event: 'stream',
    stream: 'readings',
    highWatermark: '12345678',
    segments: 23,
  });
  expect(JSON.parse(segmentJson(segment))).toMatchObject({
    event: 'segment',
    firstOffset: '11500000',
    bytesPerReading: 7.4,
    ratio: 5,
  });
});

test('of a list as long as may be, the end', async () => {
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let number = 0; number < count; number++) yield number;
  }
  expect(await newest(numbers(0), 3)).toEqual({ entries: [], older: 0 });
  expect(await newest(numbers(3), 3)).toEqual({ entries: [0, 1, 2], older: 0 });
  expect(await newest(numbers(1000), 3)).toEqual({ entries: [997, 998, 999], older: 997 });
  expect((await newest(numbers(5), Number.POSITIVE_INFINITY)).entries.length).toBe(5);
});
