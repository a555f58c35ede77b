// Readings as server-sent events: what a browser takes out of the bytes is what was put in, whatever
// the names and texts are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readingJson } from '../../../../../src/cli/tail/reading-json.ts';
import type { EncodeRequest } from '../../../../../src/delivery/encoder.ts';
import { BatchEncoder } from '../../../../../src/delivery/grpc/batch-encoder.ts';
import { LiveEncoder } from '../../../../../src/delivery/http/live/live-encoder.ts';
import { liveEvents } from '../../../../../src/delivery/http/live/live-text.ts';
import { SubscribeResponse } from '../../../../../src/generated/millpond/v1/telemetry_service.ts';
import { EventStreamReader, type ServerEvent } from '../../../../support/event-stream.ts';
import { anyRow, columnsOf, numbered, plainRows } from '../../../../support/reading-rows.ts';

const key = { device: 'attic', channel: '', metric: 'temperature', unit: 'Cel', source: 'mqtt' };
/** Line breaks of every kind, what SSE itself is made of, halves of characters. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\u2028',
        '\u0085',
        '\0',
        ': ',
        'data: x',
        '\ud800',
        '\udc00',
        '<script>',
        '\ufeff',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);

function requestOf(part: Partial<EncodeRequest>): EncodeRequest {
  return {
    stream: 'readings',
    runs: [],
    from: 0,
    batchReadingsMax: 1000,
    bytesMax: 1_000_000,
    highWatermark: 0,
    wants: null,
    ...part,
  };
}

function eventsOf(encoded: {
  buffer: ArrayBuffer;
  ranges: readonly number[];
}): readonly ServerEvent[] {
  const reader = new EventStreamReader();
  for (let i = 0; i < encoded.ranges.length; i += 2) {
    reader.push(
      new TextDecoder('utf-8', { fatal: true }).decode(
        encoded.buffer.slice(encoded.ranges[i], encoded.ranges[i + 1]),
      ),
    );
  }
  return reader.events;
}

test('one event for each reading, with its offset as id and the JSON of `tail --json` as data', () => {
  const runs = [columnsOf(plainRows(7, 3))];
  const events = eventsOf(new LiveEncoder([key]).encode(requestOf({ runs, from: 7 })));
  expect(events.map(({ id, event }) => [id, event])).toEqual([
    ['7', 'message'],
    ['8', 'message'],
    ['9', 'message'],
  ]);
  const { buffer, ranges } = new BatchEncoder([key]).encode(requestOf({ runs, from: 7 }));
  const { event } = SubscribeResponse.decode(new Uint8Array(buffer.slice(ranges[0], ranges[1])));
  if (event?.$case !== 'batch') throw new Error('no batch');
  expect(events.map(({ data }) => data)).toEqual(
    event.value.readings.map((reading) => readingJson('readings', reading)),
  );
});

test('no name and no text breaks an event, and each comes out as it went in', () => {
  const series = fc.record({
    device: hostileText,
    channel: hostileText,
    metric: hostileText,
    unit: hostileText,
    source: hostileText,
  });
  fc.assert(
    fc.property(
      fc.array(series, { minLength: 1, maxLength: 3 }).chain((keys) =>
        fc.record({
          keys: fc.constant(keys),
          rows: fc.array(
            anyRow(
              keys.length,
              fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), hostileText),
            ),
            { maxLength: 12 },
          ),
        }),
      ),
      ({ keys, rows }) => {
        const all = numbered(0, rows);
        const encoded = new LiveEncoder(keys).encode(
          requestOf({ runs: [columnsOf(all)], highWatermark: all.length }),
        );
        const events = eventsOf(encoded);
        expect(events).toHaveLength(all.length);
        for (const [index, { id, data }] of events.entries()) {
          const row = all[index]!;
          expect(id).toBe(String(index));
          const { value } = row;
          expect(JSON.parse(data)).toMatchObject({
            ...keys[row.series]!,
            event: 'reading',
            stream: 'readings',
            offset: String(index),
            value: Object.is(value, -0) ? 0 : value,
            measuredAtUs: row.measuredAtUs,
            receivedAtUs: row.receivedAtUs,
          });
        }
      },
    ),
  );
});

test('stops at the bytes and the readings asked for, leaves out what is not wanted, says where to go on', () => {
  const keys = [key, { ...key, device: 'cellar' }];
  const rows = plainRows(0, 40).map((row) => ({ ...row, series: row.offset % 2 }));
  const wants = (series: number): boolean => series === 1;
  const encoder = new LiveEncoder(keys);
  const offsets: string[] = [];
  let next = 0;
  while (next < 40) {
    const runs = [columnsOf(rows.slice(next))];
    const encoded = encoder.encode(requestOf({ runs, from: next, bytesMax: 1000, wants }));
    expect(encoded.buffer.byteLength).toBeLessThan(1600);
    expect(encoded.next).toBeGreaterThan(next);
    offsets.push(...eventsOf(encoded).map(({ id }) => id));
    next = encoded.next;
  }
  expect(offsets).toEqual(Array.from({ length: 20 }, (_, index) => String(2 * index + 1)));
  const two = encoder.encode(requestOf({ runs: [columnsOf(rows)], batchReadingsMax: 2, wants }));
  expect(eventsOf(two).map(({ id }) => id)).toEqual(['1', '3']);
  expect(two).toMatchObject({ readings: 2, next: 5 });
});

test('a gap names what is gone and moves the place to resume from; silence moves it unseen', () => {
  const reader = new EventStreamReader();
  const push = (bytes: Uint8Array): void => reader.push(new TextDecoder().decode(bytes));
  push(liveEvents.gap('readings', { first: 3, next: 10, reason: 'retention_age' }));
  expect(reader.events).toEqual([
    {
      event: 'gap',
      id: '9',
      data: '{"event":"gap","stream":"readings","firstOffset":"3","nextOffset":"10","reason":"retention_age"}',
    },
  ]);
  push(liveEvents.progress({ next: 25, highWatermark: 25 }, 0));
  expect(reader.events).toHaveLength(1);
  expect(reader.lastEventId).toBe('24');
});
