// What AdminService and the commands tell of a log with two streams, sealed files, a consumer that was
// left behind: a real gateway, asked over gRPC, over HTTP and on the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  AdminServiceClient,
  type DeleteConsumerRequest,
  type DeleteConsumerResponse,
  type GetStatusResponse,
  ListConsumersRequest,
  type ListConsumersResponse,
  ListLossesRequest,
  type ListLossesResponse,
  ListSegmentsRequest,
  type ListSegmentsResponse,
  type ListStreamsResponse,
  OnFull,
  type SeekConsumerRequest,
  type SeekConsumerResponse,
  type Segment,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { collectEvents, connectTelemetry } from '../support/readings.ts';
import { CliRig, type RunningGateway } from './cli-rig.ts';

const config = `
log:
  sealRows: 200
streams:
  - name: power
    match:
      metrics: [power]
    retention:
      bytes: 200KiB
      protect: [bill]
  - name: readings
    retention:
      age: 7d
`;

let rig: CliRig;
let gateway: RunningGateway & { http: string };
let admin: AdminServiceClient;

type Method<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

function ask<Request, Response>(
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(admin, request, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

const listLosses = (fields: Partial<ListLossesRequest>) =>
  ask<ListLossesRequest, ListLossesResponse>(
    admin.listLosses,
    ListLossesRequest.fromPartial(fields),
  );
const listSegments = (fields: Partial<ListSegmentsRequest>) =>
  ask<ListSegmentsRequest, ListSegmentsResponse>(
    admin.listSegments,
    ListSegmentsRequest.fromPartial(fields),
  );
const listConsumers = (fields: Partial<ListConsumersRequest>) =>
  ask<ListConsumersRequest, ListConsumersResponse>(
    admin.listConsumers,
    ListConsumersRequest.fromPartial(fields),
  );
const status = () => ask<object, GetStatusResponse>(admin.getStatus, {});

async function reason(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => Promise.reject(new Error('it was answered')),
    (refused: ServiceError) => refused,
  );
  return errorInfoOf(error).reason;
}

function commit(stream: string, consumer: string, nextOffset: bigint): Promise<void> {
  const client = connectTelemetry(gateway.grpc);
  return new Promise<void>((resolve, reject) => {
    client.commit({ stream, consumer, nextOffset }, (error) =>
      error === null ? resolve() : reject(error),
    );
  }).finally(() => client.close());
}

/** Messages of two readings: one goes to each stream. */
async function publish(count: number): Promise<void> {
  const client = await connectAsync(`mqtt://${gateway.mqtt}`);
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      client.publishAsync(
        'sensors/press/json',
        JSON.stringify({ power: Math.random(), temperature: index }),
        { qos: 1 },
      ),
    ),
  );
  await client.endAsync();
}

beforeAll(async () => {
  rig = new CliRig();
  writeFileSync(join(rig.folder, 'millpond.yaml'), config);
  gateway = (await rig.gateway()) as typeof gateway;
  gateway = { ...gateway, ...JSON.parse(gateway.told.out) };
  admin = new AdminServiceClient(gateway.grpc, credentials.createInsecure());
  await publish(1);
  await commit('power', 'slow', 1n);
  await commit('readings', 'mill', 1n);
  // Until retention has gone past the consumer that stands still.
  for (let round = 0; round < 100; round++) {
    await publish(2000);
    await commit('power', 'bill', BigInt(round * 2000));
    if (Object.keys((await status()).lost).length > 0) break;
  }
}, 120_000);

afterAll(async () => {
  admin?.close();
  await rig?.close();
});

test('streams say what they keep, and how much that is', async () => {
  const { streams } = await ask<object, ListStreamsResponse>(admin.listStreams, {});
  expect(streams.map(({ stream }) => stream).sort()).toEqual(['power', 'readings']);
  const power = streams.find(({ stream }) => stream === 'power')!;
  expect(power).toMatchObject({
    retention: { ageUs: 0n, bytes: 204_800n, hardBytes: 0n, protect: ['bill'] },
    onFull: OnFull.ON_FULL_DROP_OLDEST,
    isFull: false,
  });
  expect(power.lowWatermark).toBeGreaterThan(0n);
  expect(power.segments).toBeGreaterThan(0n);
  expect(power.sealedBytes).toBeGreaterThan(0n);
  const readings = streams.find(({ stream }) => stream === 'readings')!;
  expect(readings.retention?.ageUs).toBe(604_800_000_000n);
  expect(readings.lowWatermark).toBe(0n);
});

test('status has the clock, the disk, what was written, and who loses data', async () => {
  const before = BigInt(Date.now()) * 1000n;
  const now = await status();
  expect(now.nowUs).toBeGreaterThanOrEqual(before);
  expect(now.startedAtUs).toBeLessThan(now.nowUs);
  expect(now.disk?.state).toBe('ok');
  expect(now.disk?.sizeBytes).toBeGreaterThanOrEqual(now.disk?.freeBytes ?? 0n);
  const stored = now.streams.reduce((sum, { highWatermark }) => sum + highWatermark, 0n);
  expect(now.flash?.readings).toBe(stored);
  expect(now.flash?.payloadBytes).toBeGreaterThan(stored);
  expect(now.lost.retention_bytes).toBeGreaterThan(0n);
  const consumers = new Map(now.consumers.map((each) => [each.consumer, each]));
  expect(consumers.get('bill')).toMatchObject({ stream: 'power', isProtected: true });
  expect(consumers.get('slow')?.isProtected).toBe(false);
  expect(consumers.get('mill')?.losesDataAtUs).toBeGreaterThan(now.nowUs);
});

test('segments come in pages, by stream and offset, and fit together', async () => {
  const all = await listSegments({ pageSize: 1000 });
  expect(all.nextPageToken).toBe('');
  const paged: Segment[] = [];
  let pageToken = '';
  do {
    const page = await listSegments({
      stream: 'readings',
      pageSize: 3,
      pageToken,
    });
    expect(page.segments.length).toBeLessThanOrEqual(3);
    paged.push(...page.segments);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const ofReadings = all.segments.filter(({ stream }) => stream === 'readings');
  expect(paged.slice(0, ofReadings.length)).toEqual(ofReadings);
  expect(paged.length).toBeGreaterThan(3);
  let next = 0n;
  for (const segment of paged) {
    expect(segment.firstOffset).toBe(next);
    expect(segment.readings).toBe(segment.nextOffset - segment.firstOffset);
    expect(segment.rawBytes).toBe(37n * segment.readings);
    expect(segment.lastReceivedAtUs).toBeGreaterThanOrEqual(segment.firstReceivedAtUs);
    expect(segment.path).toBe(
      `streams/readings/${String(segment.firstOffset).padStart(20, '0')}.parquet`,
    );
    next = segment.nextOffset;
  }
  const streams = all.segments.map(({ stream }) => stream);
  expect(streams).toEqual([...streams].sort());
});

test('losses have offsets, a reason and who had not read them', async () => {
  const { losses } = await listLosses({ stream: 'power' });
  expect(losses[0]).toMatchObject({ stream: 'power', firstOffset: 1n, reason: 'retention_bytes' });
  expect(losses[0]?.detail).toContain('slow');
  // Retention may still be at work between the two answers.
  await expect
    .poll(async () => {
      const listed = await listLosses({ stream: 'power' });
      const counted = listed.losses.reduce((sum, { count }) => sum + count, 0n);
      return (await status()).lost.retention_bytes === counted;
    })
    .toBe(true);
  const others = await listLosses({ stream: 'readings' });
  expect(others).toEqual({ losses: [], nextPageToken: '' });
});

test('consumers come by stream and name, in pages', async () => {
  const first = await listConsumers({ pageSize: 2 });
  const last = await listConsumers({
    pageSize: 2,
    pageToken: first.nextPageToken,
  });
  const names = [...first.consumers, ...last.consumers].map(({ consumer }) => consumer);
  expect(names).toEqual(['bill', 'slow', 'mill']);
  expect(last.nextPageToken).toBe('');
});

test('below the low watermark a commit and a seek are taken, and nothing is passed over', async () => {
  const low = (await status()).streams.find(({ stream }) => stream === 'power')!.lowWatermark;
  // It has read so far, and what came next went meanwhile.
  await commit('power', 'slow', 2n);
  const sought = await ask<SeekConsumerRequest, SeekConsumerResponse>(admin.seekConsumer, {
    stream: 'power',
    consumer: 'sought',
    target: { $case: 'offset', value: 3n },
  });
  expect(sought.consumer?.nextOffset).toBe(3n);
  expect(sought.lowWatermark).toBeGreaterThanOrEqual(low);
  const client = connectTelemetry(gateway.grpc);
  onTestFinished(() => client.close());
  for (const [consumer, first] of [
    ['slow', 2n],
    ['sought', 3n],
  ] as const) {
    const [event] = await collectEvents(client, { stream: 'power', consumer, stopAtEnd: true });
    // What retention dropped may still be in memory; else there is a gap.
    const told = event?.event;
    if (told?.$case === 'batch') expect(told.value.readings[0]?.offset).toBe(first);
    else expect(told?.value).toMatchObject({ firstOffset: first, reason: 'retention_bytes' });
  }
  await ask<DeleteConsumerRequest, DeleteConsumerResponse>(admin.deleteConsumer, {
    stream: 'power',
    consumer: 'sought',
  });
});

test('a stream or a page that there is not', async () => {
  const stream = 'nowhere';
  expect(await reason(listLosses({ stream }))).toBe('STREAM_UNKNOWN');
  expect(await reason(listSegments({ stream }))).toBe('STREAM_UNKNOWN');
  expect(await reason(listConsumers({ stream }))).toBe('STREAM_UNKNOWN');
  const pageToken = 'W10';
  expect(await reason(listLosses({ pageToken }))).toBe('REQUEST_INVALID');
  expect(await reason(listSegments({ pageToken }))).toBe('REQUEST_INVALID');
});

test('the commands say the same', async () => {
  const run = async (...args: string[]) => {
    const { code, out, err } = await rig.run([...args, '--grpc', gateway.grpc]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out;
  };
  const losses = await run('losses');
  expect(losses).toMatch(/^\S+ \S+ +power +[\d,]+ +retention_bytes +1 to \d+$/m);
  expect(losses).toContain('not yet read by slow');
  expect(await run('losses', '--stream', 'readings')).toBe('Nothing was lost.\n');
  const [loss] = (await run('losses', '--json', '--count', '1')).trim().split('\n');
  expect(JSON.parse(loss ?? '')).toMatchObject({ event: 'loss', stream: 'power' });

  const inspected = await run('inspect');
  expect(inspected).toMatch(/^readings +[\d,]+ +0 +\d+ +[\d,]+ +[\d.]+ KiB +[\d.]+ [KM]iB$/m);
  expect(inspected).toMatch(/^Segments of readings, the newest last:$/m);
  const lines = (await run('inspect', '--stream', 'readings', '--json')).trim().split('\n');
  const [stream, ...segments] = lines.map((line) => JSON.parse(line));
  expect(stream).toMatchObject({ event: 'stream', stream: 'readings' });
  expect(segments.length).toBe(stream.segments);
  expect(segments[0]).toMatchObject({ event: 'segment', firstOffset: '0' });

  const screen = await run('status');
  expect(screen).toMatch(/^power .* 200\.0 KiB$/m);
  expect(screen).toMatch(/^readings .* 7 d$/m);
  expect(screen).toMatch(/^Lost +[\d,]+; see millpond losses$/m);
  // Only sentences are longer than 80 columns: a pipe gets whole ones.
  const longLines = screen.split('\n').filter((line) => line.length > 80);
  expect(longLines.filter((line) => !/^(?:CRITICAL|WARNING) | {4}/.test(line))).toEqual([]);

  const unknown = await rig.run(['inspect', '--stream', 'nowhere', '--grpc', gateway.grpc]);
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain('code: STREAM_UNKNOWN');
});

test('so do the metrics', async () => {
  const text = await (await fetch(`http://${gateway.http}/metrics`)).text();
  expect(text).toMatch(/^millpond_stream_bytes\{stream="power",part="sealed"\} [1-9]\d*$/m);
  expect(text).toMatch(/^millpond_stream_segments\{stream="readings"\} [1-9]\d*$/m);
  expect(text).toMatch(/^millpond_stream_full\{stream="power"\} 0$/m);
  expect(text).toMatch(/^millpond_losses_total\{reason="retention_bytes"\} [1-9]\d*$/m);
  expect(text).toMatch(/^millpond_disk_free_bytes [1-9]\d*$/m);
  expect(text).toMatch(/^millpond_disk_written_bytes_total \d+$/m);
  expect(text).toMatch(
    /^millpond_consumer_time_to_loss_seconds\{stream="readings",consumer="mill"\} \d/m,
  );
});
