// Columns over gRPC: whatever lies in sealed files, in the hot table or in memory comes as the same
// readings in Arrow as in rows, read by Apache's own library.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Format } from '../../src/generated/millpond/v1/format.ts';
import { Edge } from '../../src/generated/millpond/v1/offsets.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import type {
  ArrowBatch,
  PublishedReading,
  SubscribeRequest,
  SubscribeResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type ArrowRow, arrowRows } from '../support/arrow-rows.ts';
import { Follower } from '../support/follower.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';

const SEAL_ROWS = 1000;
const SEGMENTS = 4;
/** The last of them are not sealed, and more than the ring of the newest holds. */
const STORED = SEGMENTS * SEAL_ROWS + 700;
const texts = ['open', '', 'zu – „Tür“', '語😀', 'null', '\u0000', 'x'.repeat(5000)];
const numbers = [0, -0, 1.5, -273.15, 5e-324, 1.7976931348623157e308, 2 ** 53 + 2];

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;

beforeAll(async () => {
  folder = makeFolder('grpc-arrow');
  await start();
  await publish(0, STORED);
  await vi.waitFor(() => expect(segmentFiles()).toHaveLength(SEGMENTS), 20_000);
});

afterAll(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

async function start(): Promise<void> {
  gateway = await startGateway(folder, {
    MILLPOND_LOG_SEAL_ROWS: String(SEAL_ROWS),
    MILLPOND_LOG_TAIL_BYTES_MAX: '64KiB',
    MILLPOND_GRPC_PROGRESS_INTERVAL: '100ms',
  });
  client = connectTelemetry(gateway.addresses.grpc);
}

function segmentFiles(): string[] {
  const sealed = join(folder, 'streams', 'readings');
  return readdirSync(sealed)
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => join(sealed, name));
}

/** Readings numbered [first, next); in the second thousand there is no text. */
async function publish(first: number, next: number): Promise<void> {
  const readings = Array.from({ length: next - first }, (_, index) => readingAt(first + index));
  for (let at = 0; at < readings.length; at += 500) {
    await publishAll(client, [readingsRequest(readings.slice(at, at + 500))]);
  }
}

function readingAt(number: number): Partial<PublishedReading> {
  const isText = number % 5 === 0 && Math.floor(number / SEAL_ROWS) !== 1;
  return {
    device: `dév-${number % 13}`,
    metric: isText ? 'state' : number % 2 === 0 ? 'power' : 'energy',
    channel: number % 3 === 0 ? 'left' : '',
    unit: isText ? '' : 'W',
    measuredAtUs: BigInt(number % 7 === 0 ? Number.MAX_SAFE_INTEGER - number : number * 1_000_003),
    value: isText
      ? { $case: 'text', value: texts[number % texts.length] as string }
      : { $case: 'number', value: numbers[number % numbers.length] as number },
  };
}

function rowOf({ value, ...reading }: Reading): ArrowRow {
  return {
    ...reading,
    number: value?.$case === 'number' ? value.value : null,
    text: value?.$case === 'text' ? value.value : null,
  };
}

function batchesOf(events: readonly SubscribeResponse[]): ArrowBatch[] {
  return events.flatMap(({ event }) => (event?.$case === 'arrow' ? event.value : []));
}

function rowsOf(events: readonly SubscribeResponse[]): ArrowRow[] {
  return batchesOf(events).flatMap(({ data }) => arrowRows(data));
}

function collect(fields: Partial<SubscribeRequest>): Promise<SubscribeResponse[]> {
  return collectEvents(client, { stopAtEnd: true, ...fields });
}

const inArrow = { format: Format.FORMAT_ARROW } as const;

function at(offset: number): Partial<SubscribeRequest> {
  return { start: { $case: 'offset', value: BigInt(offset) } };
}

describe('Arrow batches', () => {
  test('hold what rows hold, out of sealed files, the hot table and memory', async () => {
    const rows = readingsOf(await collect({})).map(rowOf);
    expect(rows).toHaveLength(STORED);
    expect(rows.filter(({ text }) => text !== null).length).toBeGreaterThan(500);
    expect(rows.map(({ number }) => number)).toContain(-0);
    const found = rowsOf(await collect(inArrow));
    expect(found).toEqual(rows);
    const last = rowsOf(await collect({ ...inArrow, ...at(STORED - 3) }));
    expect(last).toEqual(rows.slice(-3));
  });

  test.each<[string, Partial<SubscribeRequest>]>([
    ['a device', { devices: ['dév-3'] }],
    ['devices by a glob', { devices: ['dév-1?', 'dév-2'] }],
    ['a metric', { metrics: ['state'] }],
    ['both', { devices: ['*3'], metrics: ['po*'] }],
    ['a device, from the middle of a segment', { devices: ['dév-3'], ...at(1777) }],
  ])('are filtered as rows are: %s', async (_what, fields) => {
    const rows = readingsOf(await collect(fields)).map(rowOf);
    expect(rows.length).toBeGreaterThan(20);
    expect(rowsOf(await collect({ ...inArrow, ...fields }))).toEqual(rows);
  });

  test('that nobody wants are told as progress', async () => {
    const events = await collect({ ...inArrow, devices: ['nobody'] });
    expect(events).toHaveLength(1);
    const end = { nextOffset: BigInt(STORED), highWatermark: BigInt(STORED) };
    expect(events[0]?.event).toMatchObject({ $case: 'progress', value: end });
  });

  test.each([1, 97, 0])('with max_batch %i have no more readings', async (maxBatch) => {
    const from = STORED - 300;
    const batches = batchesOf(await collect({ ...inArrow, ...at(from), maxBatch }));
    let next = BigInt(from);
    for (const { data, nextOffset, highWatermark } of batches) {
      const rows = arrowRows(data);
      if (maxBatch > 0) expect(rows.length).toBeLessThanOrEqual(maxBatch);
      expect(rows[0]?.offset).toBe(next);
      next += BigInt(rows.length);
      expect(nextOffset).toBe(next);
      expect(highWatermark).toBe(BigInt(STORED));
    }
    expect(next).toBe(BigInt(STORED));
  });

  test('are committed by their next_offset, and resumed there', async () => {
    const consumer = 'columns';
    const [first] = batchesOf(await collect({ ...inArrow, consumer, maxBatch: 100 }));
    await new Promise<void>((resolve, reject) => {
      const nextOffset = first?.nextOffset ?? 0n;
      client.commit({ stream: '', consumer, nextOffset }, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    const [row] = rowsOf(await collect({ ...inArrow, consumer }));
    expect(row?.offset).toBe(first?.nextOffset);
  });

  test('of a later version are refused', async () => {
    const error = await collect({ format: 9 as Format }).then(
      () => null,
      (thrown) => thrown,
    );
    expect(errorInfoOf(error).reason).toBe('REQUEST_INVALID');
  });
});

describe('what comes', () => {
  test('is followed in Arrow and in rows alike', async () => {
    const start = { $case: 'edge', value: Edge.EDGE_LATEST } as const;
    const asked = { start, metrics: ['power'], maxBatch: 50 };
    const columns = new Follower(client, { ...inArrow, ...asked }).read();
    const rows = new Follower(client, asked).read();
    try {
      // Progress says that they have begun.
      await columns.until(() => columns.events.length > 0);
      await rows.until(() => rows.events.length > 0);
      for (let round = 0; round < 10; round++) {
        await publish(STORED + 20 * round, STORED + 20 * (round + 1));
      }
      const told = (follower: Follower): bigint => {
        const { event } = follower.events.at(-1) ?? {};
        return event?.value.nextOffset ?? 0n;
      };
      for (const follower of [columns, rows]) {
        await follower.until(() => told(follower) >= BigInt(STORED + 200));
      }
      const found = rowsOf(columns.events);
      expect(found.length).toBeGreaterThan(50);
      expect(found).toEqual(rows.readings.map(rowOf));
    } finally {
      columns.call.cancel();
      rows.call.cancel();
    }
  });

  test('behind a gap comes after it', async () => {
    client.close();
    await gateway.kill();
    const [, second] = segmentFiles();
    rmSync(second as string);
    await start();
    for (const fields of [inArrow, {}]) {
      const events = await collect(fields);
      const gap = events.findIndex(({ event }) => event?.$case === 'gap');
      expect(events[gap]?.event?.value).toEqual({
        firstOffset: BigInt(SEAL_ROWS),
        nextOffset: BigInt(2 * SEAL_ROWS),
        reason: 'segment_missing',
      });
      const [before, after] = [events.slice(0, gap), events.slice(gap + 1)].map((part) =>
        [...rowsOf(part), ...readingsOf(part)].map(({ offset }) => Number(offset)),
      );
      expect(before).toEqual(Array.from({ length: SEAL_ROWS }, (_, index) => index));
      expect(after?.[0]).toBe(2 * SEAL_ROWS);
      expect(after).toHaveLength(STORED + 200 - 2 * SEAL_ROWS);
    }
  });
});
