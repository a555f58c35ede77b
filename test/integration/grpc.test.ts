// The gateway as a processor meets it: a real process, MQTT in, the generated client out.
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  AdminServiceClient,
  type GetStatusResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { Edge } from '../../src/generated/millpond/v1/offsets.ts';
import type {
  CommitRequest,
  SubscribeRequest,
  SubscribeResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { Follower } from '../support/follower.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf, fieldsOf } from '../support/grpc-error.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';

/** Readings that are there before the tests: one message has three, of two devices in turn. */
const STORED_MESSAGES = 200;
const STORED = 3 * STORED_MESSAGES;

let folder = '';
let gateway: GatewayProcess;
let mqtt: MqttClient;
let client: TelemetryServiceClient;
let admin: AdminServiceClient;
const followers: Follower[] = [];

beforeAll(async () => {
  folder = makeFolder('grpc');
  gateway = await startGateway(folder, {
    // Small, so that followers go from disk to memory and back.
    MILLPOND_LOG_TAIL_BYTES_MAX: '64KiB',
    MILLPOND_GRPC_PROGRESS_INTERVAL: '100ms',
  });
  mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
  client = connectTelemetry(gateway.addresses.grpc);
  admin = new AdminServiceClient(gateway.addresses.grpc, credentials.createInsecure());
  await publish(0, STORED_MESSAGES);
});

afterEach(() => {
  for (const follower of followers.splice(0)) follower.call.cancel();
});

afterAll(async () => {
  await mqtt?.endAsync(true);
  client?.close();
  admin?.close();
  await gateway?.kill();
  removeFolder(folder);
});

/** Messages numbered [first, next): acknowledged, so readable, when it resolves. */
async function publish(first: number, next: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  for (let index = first; index < next; index++) {
    const payload = JSON.stringify({ power: index, energy: index + 0.5, illuminance: 2 * index });
    sent.push(mqtt.publishAsync(`sensors/d${index % 2}/json`, payload, { qos: 1 }));
  }
  await Promise.all(sent);
}

function follow(fields: Partial<SubscribeRequest> = {}, from = client): Follower {
  const follower = new Follower(from, fields);
  followers.push(follower);
  return follower;
}

function collect(fields: Partial<SubscribeRequest> = {}): Promise<SubscribeResponse[]> {
  return collectEvents(client, { stopAtEnd: true, ...fields });
}

async function offsetsFrom(fields: Partial<SubscribeRequest> = {}): Promise<number[]> {
  return readingsOf(await collect(fields)).map(({ offset }) => Number(offset));
}

/** [first, next) */
function range(first: number, next: number): number[] {
  return Array.from({ length: next - first }, (_, index) => first + index);
}

function commit(request: Partial<CommitRequest>): Promise<bigint> {
  return new Promise((resolve, reject) => {
    client.commit({ stream: '', consumer: 'c', nextOffset: 0n, ...request }, (error, response) =>
      error ? reject(error) : resolve(response.nextOffset),
    );
  });
}

function gatewayStatus(): Promise<GetStatusResponse> {
  return new Promise((resolve, reject) => {
    admin.getStatus({}, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function highWatermark(): Promise<number> {
  return Number((await gatewayStatus()).streams[0]?.highWatermark);
}

async function subscribers(): Promise<number> {
  return (await gatewayStatus()).subscribers;
}

async function refusal(call: Promise<unknown>): Promise<{ code: number; reason: string }> {
  const error = await call.then(
    () => {
      throw new Error('not refused');
    },
    (thrown: ServiceError) => thrown,
  );
  const { reason, domain } = errorInfoOf(error);
  expect(domain).toBe('millpond');
  return { code: error.code, reason };
}

function at(value: number | bigint): Partial<SubscribeRequest> {
  return { start: { $case: 'offset', value: BigInt(value) } };
}

describe('a subscription starts', () => {
  test('at the earliest reading, when nothing is asked', async () => {
    const offsets = await offsetsFrom();
    expect(offsets).toEqual(range(0, offsets.length));
    expect(offsets.length).toBeGreaterThanOrEqual(STORED);
    expect(await offsetsFrom({ start: { $case: 'edge', value: Edge.EDGE_EARLIEST } })).toEqual(
      offsets,
    );
  });

  test('at an offset', async () => {
    const high = await highWatermark();
    expect(await offsetsFrom(at(17))).toEqual(range(17, high));
    expect(await offsetsFrom(at(high - 1))).toEqual([high - 1]);
  });

  test('at the first reading received at or after a time', async () => {
    const all = readingsOf(await collect());
    const middle = all[300];
    const first = all.find(({ receivedAtUs }) => receivedAtUs >= (middle?.receivedAtUs ?? 0n));
    const value = middle?.receivedAtUs ?? 0n;
    const found = await offsetsFrom({ start: { $case: 'timeUs', value } });
    expect(found[0]).toBe(Number(first?.offset));
    const early = await offsetsFrom({ start: { $case: 'timeUs', value: 0n } });
    expect(early[0]).toBe(0);
  });

  test('at the latest: with what comes from now on', async () => {
    const high = await highWatermark();
    const follower = follow({ start: { $case: 'edge', value: Edge.EDGE_LATEST } }).read();
    // Progress says that it has begun.
    await follower.until(() => follower.events.length > 0);
    await publish(1000, 1010);
    await follower.until(() => follower.count >= 30);
    expect(follower.offsets).toEqual(range(high, high + 30));
  });

  test('where its consumer has committed, else where it is asked to', async () => {
    const consumer = 'starts-here';
    const fields = { consumer, ...at(5) };
    expect((await offsetsFrom(fields))[0]).toBe(5);
    expect(await commit({ consumer, nextOffset: 100n })).toBe(100n);
    expect((await offsetsFrom(fields))[0]).toBe(100);
  });
});

describe('stop_at_end', () => {
  test('at the end gives nothing and ends with OK', async () => {
    expect(await collect(at(await highWatermark()))).toEqual([]);
  });

  test('ends at the high watermark of the call, though readings go on coming', async () => {
    const high = await highWatermark();
    const follower = follow({ stopAtEnd: true, maxBatch: 1 });
    await publish(1010, 1020);
    expect(await highWatermark()).toBe(high + 30);
    follower.read();
    expect(await follower.ended()).toEqual({ error: null });
    const found = follower.offsets;
    // The call may have come before or after the messages, never in the middle of one.
    expect(found).toEqual(range(0, found.length));
    expect(found.length).toBeGreaterThanOrEqual(high);
  });

  test('tells how far it read though the last readings were not wanted', async () => {
    const high = await highWatermark();
    const events = await collect({ devices: ['nobody'] });
    expect(events).toHaveLength(1);
    expect(events[0]?.event).toMatchObject({
      $case: 'progress',
      value: { nextOffset: BigInt(high), highWatermark: BigInt(high) },
    });
  });
});

describe('what comes', () => {
  test('is what the device sent', async () => {
    const before = BigInt(Date.now() - 3_600_000) * 1000n;
    const [first, second, third] = readingsOf(await collect(at(30)));
    expect(first).toEqual({
      offset: 30n,
      device: 'd0',
      metric: 'power',
      value: { $case: 'number', value: 10 },
      unit: 'W',
      measuredAtUs: first?.receivedAtUs,
      receivedAtUs: expect.any(BigInt),
      quality: 1,
      source: 'mqtt',
      channel: '',
    });
    expect(first?.receivedAtUs).toBeGreaterThan(before);
    expect(second).toMatchObject({ metric: 'energy', value: { value: 10.5 }, unit: 'kWh' });
    expect(third).toMatchObject({ metric: 'illuminance', value: { value: 20 }, unit: 'lx' });
  });

  test('is filtered by device and metric, with the offsets it has without a filter', async () => {
    const all = readingsOf(await collect());
    const cases: [Partial<SubscribeRequest>, (device: string, metric: string) => boolean][] = [
      [{ devices: ['d1'] }, (device) => device === 'd1'],
      [{ devices: ['d?'], metrics: ['*i*'] }, (_, metric) => metric.includes('i')],
      [{ metrics: ['power', 'ill*'] }, (_, metric) => metric !== 'energy'],
      [{ devices: ['D1'] }, () => false],
    ];
    for (const [fields, fits] of cases) {
      const expected = all.filter(({ device, metric }) => fits(device, metric));
      const until = Number(all.at(-1)?.offset);
      const found = readingsOf(await collect(fields)).filter(({ offset }) => offset <= until);
      expect(found).toEqual(expected);
    }
  });

  test.each([1, 7, 0])('with max_batch %i has batches of no more', async (maxBatch) => {
    const events = await collect({ maxBatch, ...at(0) });
    const batches = events.flatMap(({ event }) => (event?.$case === 'batch' ? event.value : []));
    let next = 0n;
    for (const batch of batches) {
      expect(batch.readings.length).toBeGreaterThan(0);
      if (maxBatch > 0) expect(batch.readings.length).toBeLessThanOrEqual(maxBatch);
      expect(batch.readings[0]?.offset).toBe(next);
      next += BigInt(batch.readings.length);
      expect(batch.nextOffset).toBe(next);
      expect(batch.highWatermark).toBeGreaterThanOrEqual(next);
    }
    expect(Number(next)).toBeGreaterThanOrEqual(STORED);
  });
});

test('followers of every pace get all there was and all that comes, once and in order', async () => {
  const before = await highWatermark();
  const own = Array.from({ length: 4 }, () => connectTelemetry(gateway.addresses.grpc));
  try {
    const [fast, slow, filtered, stalled] = own.map((each, index) =>
      follow([{}, { maxBatch: 50 }, { devices: ['d1'], metrics: ['power'] }, {}][index], each),
    ) as [Follower, Follower, Follower, Follower];
    fast.read();
    slow.readSlowly(20);
    filtered.read();
    // `stalled` reads nothing until the load is over.
    const messages = 5000;
    const rounds = 10;
    for (let round = 0; round < rounds; round++) {
      const first = 10_000 + (round * messages) / rounds;
      await publish(first, first + messages / rounds);
    }
    const high = before + 3 * messages;
    await fast.until(() => fast.count >= high);
    expect(stalled.count).toBe(0);
    expect(await highWatermark()).toBe(high);
    stalled.read();
    await Promise.all([
      stalled.until(() => stalled.count >= high),
      slow.until(() => slow.count >= high),
    ]);
    const all = range(0, high);
    for (const follower of [fast, slow, stalled]) expect(follower.offsets).toEqual(all);
    const wanted = fast.readings.filter(
      ({ device, metric }) => device === 'd1' && metric === 'power',
    );
    await filtered.until(() => filtered.count >= wanted.length);
    expect(filtered.readings).toEqual(wanted);
    // One publisher's messages keep their order.
    const values = fast.readings
      .filter(({ offset, metric }) => offset >= before && metric === 'power')
      .map(({ value }) => value?.value);
    expect(values).toEqual(range(10_000, 10_000 + messages));
  } finally {
    for (const each of own) each.close();
  }
});

describe('Commit', () => {
  test('stores a position that only moves forward', async () => {
    expect(await commit({ consumer: 'moves', nextOffset: 10n })).toBe(10n);
    expect(await commit({ consumer: 'moves', nextOffset: 10n })).toBe(10n);
    expect(await commit({ consumer: 'moves', nextOffset: 20n })).toBe(20n);
    expect(await refusal(commit({ consumer: 'moves', nextOffset: 19n }))).toEqual({
      code: status.FAILED_PRECONDITION,
      reason: 'COMMIT_BEHIND',
    });
    expect(await commit({ stream: 'readings', consumer: 'moves', nextOffset: 21n })).toBe(21n);
  });

  test.each([
    ['an unknown stream', { stream: 'other' }, status.NOT_FOUND, 'STREAM_UNKNOWN'],
    ['no consumer', { consumer: '' }, status.INVALID_ARGUMENT, 'CONSUMER_NAME_INVALID'],
    ['a bad name', { consumer: 'a b' }, status.INVALID_ARGUMENT, 'CONSUMER_NAME_INVALID'],
    ['the future', { nextOffset: 2n ** 40n }, status.OUT_OF_RANGE, 'COMMIT_BEYOND_END'],
    ['2^64 - 1', { nextOffset: 2n ** 64n - 1n }, status.OUT_OF_RANGE, 'COMMIT_BEYOND_END'],
  ])('of %s is refused', async (_what, request, code, reason) => {
    expect(await refusal(commit(request))).toEqual({ code, reason });
  });
});

describe('Subscribe is refused', () => {
  test.each<[string, Partial<SubscribeRequest>, number, string]>([
    ['for an unknown stream', { stream: 'other' }, status.NOT_FOUND, 'STREAM_UNKNOWN'],
    ['beyond the end', at(2 ** 40), status.OUT_OF_RANGE, 'OFFSET_BEYOND_END'],
    ['at 2^64 - 1', at(2n ** 64n - 1n), status.OUT_OF_RANGE, 'OFFSET_BEYOND_END'],
    [
      'before 1970',
      { start: { $case: 'timeUs', value: -1n } },
      status.INVALID_ARGUMENT,
      'REQUEST_INVALID',
    ],
    [
      'for a bad consumer name',
      { consumer: 'ü' },
      status.INVALID_ARGUMENT,
      'CONSUMER_NAME_INVALID',
    ],
    [
      'with too many globs',
      { devices: Array<string>(101).fill('a') },
      status.INVALID_ARGUMENT,
      'REQUEST_INVALID',
    ],
    ['with an empty glob', { metrics: [''] }, status.INVALID_ARGUMENT, 'REQUEST_INVALID'],
  ])('%s', async (_what, fields, code, reason) => {
    expect(await refusal(collect(fields))).toEqual({ code, reason });
    await expect.poll(subscribers).toBe(0);
  });
});

describe('a subscription is over for the gateway', () => {
  test('when it is cancelled', async () => {
    const follower = follow().read();
    await follower.until(() => follower.count > 0);
    expect(await subscribers()).toBe(1);
    follower.call.cancel();
    expect((await follower.ended()).error?.code).toBe(status.CANCELLED);
    await expect.poll(subscribers).toBe(0);
  });

  test('when it is cancelled by a client that does not read', async () => {
    const follower = follow();
    await expect.poll(subscribers).toBe(1);
    follower.call.cancel();
    await expect.poll(subscribers).toBe(0);
  });

  test('when its deadline has come', async () => {
    const follower = new Follower(client, {}, { deadline: new Date(Date.now() + 300) }).read();
    expect((await follower.ended()).error?.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(subscribers).toBe(0);
  });

  test('when its client closes', async () => {
    const own = connectTelemetry(gateway.addresses.grpc);
    const follower = follow({}, own).read();
    await follower.until(() => follower.count > 0);
    follower.call.cancel();
    own.close();
    await expect.poll(subscribers).toBe(0);
  });
});

describe('GetStatus', () => {
  test('has the figures of the log, its consumers and connections', async () => {
    await commit({ consumer: 'figures', nextOffset: 3n });
    await mqtt.publishAsync('nobody/knows', 'no reading {', { qos: 1 });
    const found = await gatewayStatus();
    const high = await highWatermark();
    expect(found).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      ready: true,
      problem: '',
      streams: [{ stream: 'readings', lowWatermark: 0n, highWatermark: BigInt(high) }],
      devices: 2n,
      mqttConnections: 1,
      serialPorts: [],
    });
    const consumer = found.consumers.find((each) => each.consumer === 'figures');
    expect(consumer).toMatchObject({ stream: 'readings', nextOffset: 3n, lag: BigInt(high - 3) });
    const nowUs = BigInt(Date.now()) * 1000n;
    for (const time of [found.startedAtUs, consumer?.committedAtUs ?? 0n]) {
      expect(time).toBeGreaterThan(nowUs - 600_000_000n);
      expect(time).toBeLessThanOrEqual(nowUs);
    }
    expect(found.deadLetters).toBe(1n);
    expect(found.log?.series).toBe(6n);
    expect(found.log?.commits).toBeGreaterThan(0n);
    expect(found.log?.databaseBytes).toBeGreaterThan(0n);
    expect(found.log?.queueBytes).toBe(0n);
    expect(found.log?.commitMsP50).toBeGreaterThan(0);
    expect(found.log?.commitMsP99).toBeGreaterThanOrEqual(found.log?.commitMsP50 ?? 0);
  });
});

/** One call with bytes as they go on the wire, for services that have no client here. */
function rawCall(path: string, request: Buffer): Promise<Buffer> {
  const raw = new Client(gateway.addresses.grpc, credentials.createInsecure());
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return new Promise<Buffer>((resolve, reject) => {
    const call = raw.makeBidiStreamRequest(path, asItIs, asItIs);
    call.on('data', (bytes: Buffer) => {
      resolve(bytes);
      call.cancel();
    });
    call.on('error', reject);
    call.write(request);
    call.end();
  }).finally(() => raw.close());
}

describe('beside its own services', () => {
  test.each(['', 'millpond.v1.TelemetryService', 'millpond.v1.AdminService'])(
    'the health of %j is SERVING',
    async (service) => {
      // HealthCheckRequest { service = 1 }; HealthCheckResponse { status = 1 }, 1 is SERVING.
      const name = Buffer.from(service);
      const request = Buffer.concat([Buffer.of(0x0a, name.length), name]);
      const fields = fieldsOf(await rawCall('/grpc.health.v1.Health/Watch', request));
      expect(fields).toMatchObject([{ field: 1, number: 1 }]);
    },
  );

  test.each(['v1', 'v1alpha'])('reflection %s lists them all', async (version) => {
    // ServerReflectionRequest { list_services = 7 }; the response has them in 6, each { name = 1 }.
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const response = await rawCall(path, Buffer.of(0x3a, 0x01, 0x2a));
    const list = fieldsOf(response).find(({ field }) => field === 6)?.bytes ?? Buffer.alloc(0);
    const names = fieldsOf(list).map(({ bytes }) => fieldsOf(bytes)[0]?.bytes.toString());
    expect(names).toEqual(
      expect.arrayContaining(['millpond.v1.TelemetryService', 'millpond.v1.AdminService']),
    );
  });
});
