// Following the log over restarts: where it goes on, when it gives up. The gateway is scripted.
import { expect, test } from 'vitest';
import { type FollowedConnection, follow, type Wanted } from '../../../src/client/follow.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import { GetStatusResponse } from '../../../src/generated/millpond/v1/admin_service.ts';
import {
  type SubscribeRequest,
  SubscribeResponse,
} from '../../../src/generated/millpond/v1/telemetry_service.ts';

const wanted: Wanted = {
  stream: 'readings',
  consumer: '',
  start: { kind: 'earliest' },
  devices: ['a*'],
  metrics: [],
  stopAtEnd: false,
  maxBatch: 0,
};

function batch(nextOffset: number): SubscribeResponse {
  return SubscribeResponse.fromPartial({ event: { $case: 'batch', value: { nextOffset } } });
}

function gap(nextOffset: number): SubscribeResponse {
  return SubscribeResponse.fromPartial({ event: { $case: 'gap', value: { nextOffset } } });
}

function progress(nextOffset: number): SubscribeResponse {
  return SubscribeResponse.fromPartial({ event: { $case: 'progress', value: { nextOffset } } });
}

const gone = new MillpondError('GATEWAY_UNREACHABLE', 'gone');

/** What one connection does: its events, then the end or an error. `refused` fails before that. */
interface Course {
  readonly refused?: MillpondError;
  readonly events?: readonly SubscribeResponse[];
  readonly error?: MillpondError;
}

function play(courses: readonly Course[], options: Partial<Wanted> = {}, highWatermark = 0) {
  const controller = new AbortController();
  const requests: SubscribeRequest[] = [];
  const told: string[] = [];
  const left = [...courses];
  let open = 0;
  const connect = (): FollowedConnection => {
    const course = left.shift();
    open += 1;
    return {
      async status() {
        if (course === undefined) controller.abort();
        if (course?.refused !== undefined) throw course.refused;
        return GetStatusResponse.fromPartial({ streams: [{ stream: 'readings', highWatermark }] });
      },
      async *subscribe(request) {
        if (course === undefined) return;
        requests.push(request);
        yield* course.events ?? [];
        if (course.error !== undefined) throw course.error;
      },
      close: () => {
        open -= 1;
      },
    };
  };
  const run = async () => {
    const seen: string[] = [];
    const offsets: number[] = [];
    const parts = {
      connect,
      signal: controller.signal,
      lost: ({ message }: MillpondError) => told.push(`lost: ${message}`),
      resumed: () => told.push('resumed'),
      random: () => 0.99,
    };
    for await (const { event } of follow(parts, { ...wanted, ...options })) {
      seen.push(`${event?.$case} ${event?.value.nextOffset}`);
      const readings = event?.$case === 'batch' ? event.value.readings : [];
      offsets.push(...readings.map(({ offset }) => Number(offset)));
    }
    expect(open).toBe(0);
    return { seen, offsets, told, starts: requests.map(({ start }) => start?.value), requests };
  };
  return run();
}

test('goes on at the offset after the last event, whatever the event was', async () => {
  const { seen, starts, told } = await play([
    { events: [batch(5), gap(9)], error: gone },
    { refused: gone },
    { refused: gone },
    { events: [progress(12)], error: gone },
    { events: [batch(14)], error: gone },
  ]);
  expect(seen).toEqual(['batch 5', 'gap 9', 'progress 12', 'batch 14']);
  expect(starts).toEqual([1, 9n, 12n]);
  expect(told).toEqual(['lost: gone', 'resumed', 'lost: gone', 'resumed', 'lost: gone']);
});

test('passes on stream, filters and start', async () => {
  const { requests } = await play([{ error: gone }], { start: { kind: 'time', timeUs: 7n } });
  expect(requests[0]).toEqual({
    stream: 'readings',
    consumer: '',
    start: { $case: 'timeUs', value: 7n },
    devices: ['a*'],
    metrics: [],
    stopAtEnd: false,
    maxBatch: 0,
    format: 1,
  });
});

test('"latest" is the high watermark of the first connection, also after a loss without events', async () => {
  const { starts } = await play(
    [{ error: gone }, { error: gone }],
    { start: { kind: 'latest' } },
    42,
  );
  expect(starts).toEqual([42n, 42n]);
});

test('a consumer that comes back behind what it saw is not shown it again', async () => {
  const rows = (...offsets: number[]) =>
    SubscribeResponse.fromPartial({
      event: {
        $case: 'batch',
        value: {
          readings: offsets.map((offset) => ({ offset })),
          nextOffset: (offsets.at(-1) ?? 0) + 1,
        },
      },
    });
  const { seen, requests, offsets } = await play(
    [
      { events: [rows(0, 1, 2)], error: gone },
      // Nothing was committed: it begins at its start again.
      { events: [rows(0, 1), gap(2), progress(2), rows(2, 3), progress(4), rows(4)], error: gone },
    ],
    { consumer: 'mill' },
  );
  expect(requests.map(({ consumer }) => consumer)).toEqual(['mill', 'mill']);
  expect(seen).toEqual(['batch 3', 'batch 4', 'progress 4', 'batch 5']);
  expect(offsets).toEqual([0, 1, 2, 3, 4]);
});

test('a gateway that was never reached is an error at once', async () => {
  await expect(play([{ refused: gone }, { events: [batch(1)] }])).rejects.toBe(gone);
});

test('what another attempt would not mend ends it, also later', async () => {
  const beyond = new MillpondError('OFFSET_BEYOND_END', 'another log');
  await expect(play([{ events: [batch(5)], error: gone }, { error: beyond }])).rejects.toBe(beyond);
});

test('a subscription that the gateway ends is taken up again, unless the end was wanted', async () => {
  const { starts, told } = await play([
    { events: [batch(5)] },
    { events: [batch(6)], error: gone },
  ]);
  expect(starts).toEqual([1, 5n]);
  expect(told[0]).toContain('lost: ');
  const { seen } = await play([{ events: [batch(5)] }, { events: [batch(6)] }], {
    stopAtEnd: true,
  });
  expect(seen).toEqual(['batch 5']);
});
