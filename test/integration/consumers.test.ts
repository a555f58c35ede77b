// Named consumers over real gRPC: where they stand, what holds them up, and moving them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Edge } from '../../src/generated/millpond/v1/offsets.ts';
import type {
  SubscribeRequest,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { Admin, codeOf } from '../support/admin.ts';
import { Follower } from '../support/follower.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';

const READINGS = 20_000;
const folder = makeFolder('consumers');
let gateway: GatewayProcess;
let telemetry: TelemetryServiceClient;
let admin: Admin;

beforeAll(async () => {
  gateway = await startGateway(folder, {
    MILLPOND_GRPC_KEEPALIVE_TIME: '1s',
    MILLPOND_GRPC_KEEPALIVE_TIMEOUT: '1s',
    MILLPOND_LOG_CONSUMERS_MAX: '20',
  });
  telemetry = connectTelemetry(gateway.addresses.grpc);
  admin = new Admin(gateway.addresses.grpc);
  for (let from = 0; from < READINGS; from += 1000) await publish(1000);
});

afterAll(async () => {
  admin?.close();
  telemetry?.close();
  await gateway?.kill();
  removeFolder(folder);
});

/** Long enough that all of them are far more than any window. */
const text = 'x'.repeat(500);

/** In one commit, so that they arrive at one moment. */
async function publish(count: number): Promise<void> {
  const reading = { value: { $case: 'text' as const, value: text } };
  await publishAll(telemetry, [readingsRequest(Array(count).fill(reading))]);
}

function commit(consumer: string, nextOffset: number): Promise<bigint> {
  return new Promise((resolve, reject) => {
    const request = { stream: '', consumer, nextOffset: BigInt(nextOffset) };
    telemetry.commit(request, (error: ServiceError | null, response) =>
      error === null ? resolve(response.nextOffset) : reject(error),
    );
  });
}

/** Where a subscription that names the consumer begins. */
async function startOf(consumer: string, fields: Partial<SubscribeRequest> = {}): Promise<number> {
  const follower = follow({ consumer, maxBatch: 1, ...fields }).read();
  await follower.until(() => follower.count > 0);
  follower.call.cancel();
  return follower.offsets[0] as number;
}

function follow(fields: Partial<SubscribeRequest>): Follower {
  const follower = new Follower(telemetry, fields);
  onTestFinished(() => follower.call.cancel());
  return follower;
}

const offset = (value: number | bigint) => ({ $case: 'offset' as const, value: BigInt(value) });
const time = (value: bigint) => ({ $case: 'timeUs' as const, value });
const edge = (value: Edge) => ({ $case: 'edge' as const, value });

describe('a seek', () => {
  test('moves a consumer to an offset, back or forward, and it goes on from there', async () => {
    await commit('mover', 500);
    for (const to of [100, 7000, 0, 19_999]) {
      const { consumer, lowWatermark } = await admin.seek('mover', offset(to));
      expect(consumer).toMatchObject({
        stream: 'readings',
        consumer: 'mover',
        nextOffset: BigInt(to),
        lag: BigInt(READINGS - to),
      });
      expect(lowWatermark).toBe(0n);
      expect(await startOf('mover')).toBe(to);
    }
  });

  test('goes to the first reading received at a time or later', async () => {
    const all = readingsOf(await collectEvents(telemetry, { stopAtEnd: true }));
    const middle = all[READINGS / 2]!;
    const first = all.find(({ receivedAtUs }) => receivedAtUs >= middle.receivedAtUs)!;
    const { consumer } = await admin.seek('by-time', time(middle.receivedAtUs));
    expect(consumer?.nextOffset).toBe(first.offset);
    expect(await startOf('by-time')).toBe(Number(first.offset));
    const future = BigInt(Date.now() + 3_600_000) * 1000n;
    expect((await admin.seek('by-time', time(future))).consumer?.lag).toBe(0n);
    expect((await admin.seek('by-time', time(0n))).consumer?.nextOffset).toBe(0n);
  });

  test('goes to either end, and makes a consumer that there is not', async () => {
    const latest = await admin.seek('edge', edge(Edge.EDGE_LATEST));
    expect(latest.consumer).toMatchObject({ nextOffset: BigInt(READINGS), lag: 0n });
    expect(latest.consumer?.stall).toBeUndefined();
    const earliest = await admin.seek('edge', edge(Edge.EDGE_EARLIEST));
    expect(earliest.consumer).toMatchObject({ nextOffset: 0n, lag: BigInt(READINGS) });
    expect((await admin.consumer('edge')).nextOffset).toBe(0n);
  });

  test('is where commits go on from, and no step back of theirs', async () => {
    await commit('again', 5000);
    expect(await codeOf(commit('again', 4999))).toBe('COMMIT_BEHIND');
    await admin.seek('again', offset(10));
    expect(await commit('again', 11)).toBe(11n);
    expect(await codeOf(commit('again', 10))).toBe('COMMIT_BEHIND');
    expect(await codeOf(commit('again', READINGS + 1))).toBe('COMMIT_BEYOND_END');
    expect((await admin.reset('again')).consumer?.nextOffset).toBe(0n);
  });

  test('leaves a subscription that is open where it is', async () => {
    await commit('open', 0);
    const follower = follow({ consumer: 'open' });
    await expect.poll(async () => (await admin.consumer('open')).subscriptions).toBe(1);
    expect((await admin.seek('open', offset(3))).consumer?.subscriptions).toBe(1);
    follower.read();
    await follower.until(() => follower.count === READINGS);
    expect(follower.offsets[0]).toBe(0);
    expect(await commit('open', READINGS)).toBe(BigInt(READINGS));
  });

  test.each([
    ['beyond the end', 'a', offset(READINGS + 1), '', 'OFFSET_BEYOND_END'],
    ['beyond every end', 'a', offset(2n ** 64n - 1n), '', 'OFFSET_BEYOND_END'],
    ['before 1970', 'a', time(-1n), '', 'REQUEST_INVALID'],
    ['nowhere', 'a', undefined, '', 'REQUEST_INVALID'],
    ['to no edge', 'a', edge(Edge.EDGE_UNSPECIFIED), '', 'REQUEST_INVALID'],
    ['of a bad name', 'a b', offset(0), '', 'CONSUMER_NAME_INVALID'],
    ['of no name', '', offset(0), '', 'CONSUMER_NAME_INVALID'],
    ['in an unknown stream', 'a', offset(0), 'nowhere', 'STREAM_UNKNOWN'],
  ])('%s is refused', async (_where, name, target, stream, code) => {
    expect(await codeOf(admin.seek(name, target, stream))).toBe(code);
    const { consumers } = await admin.consumers();
    expect(consumers.filter(({ consumer }) => consumer === name)).toEqual([]);
  });

  test('of one consumer too many is refused, and a deleted one makes room', async () => {
    const { consumers } = await admin.consumers();
    for (let n = consumers.length; n < 20; n++) await admin.seek(`filler${n}`, offset(0));
    expect(await codeOf(admin.seek('one-more', offset(0)))).toBe('CONSUMER_LIMIT');
    expect(await codeOf(commit('one-more', 0))).toBe('CONSUMER_LIMIT');
    await admin.delete('filler19');
    expect((await admin.seek('one-more', offset(5))).consumer?.nextOffset).toBe(5n);
    for (let n = consumers.length; n < 19; n++) await admin.delete(`filler${n}`);
  });
});

describe('a reset and a deletion', () => {
  test('of a consumer that there is not are refused', async () => {
    for (const change of [
      (name: string) => admin.reset(name),
      (name: string) => admin.delete(name),
    ]) {
      expect(await codeOf(change('nobody'))).toBe('CONSUMER_UNKNOWN');
      expect(await codeOf(change('no body'))).toBe('CONSUMER_NAME_INVALID');
    }
    expect(await codeOf(admin.delete('nobody', 'nowhere'))).toBe('STREAM_UNKNOWN');
    expect(await codeOf(admin.reset('nobody', 'nowhere'))).toBe('STREAM_UNKNOWN');
  });

  test('deleted, a name starts anew where the request says', async () => {
    await commit('gone', 9000);
    const { consumer } = await admin.delete('gone');
    expect(consumer?.nextOffset).toBe(9000n);
    await expect(admin.consumer('gone')).rejects.toThrow('there is no consumer');
    expect(await codeOf(admin.delete('gone'))).toBe('CONSUMER_UNKNOWN');
    expect(await startOf('gone')).toBe(0);
    expect(await startOf('gone', { start: { $case: 'offset', value: 42n } })).toBe(42);
    expect(await commit('gone', 1)).toBe(1n);
  });

  test('holds after kill -9 as soon as it is confirmed, as does a seek', async () => {
    const own = makeFolder('consumers-killed');
    onTestFinished(() => removeFolder(own));
    let killed = await startGateway(own);
    let asked = new Admin(killed.addresses.grpc);
    const client = connectTelemetry(killed.addresses.grpc);
    const readings = Array.from({ length: 100 }, () => ({
      value: { $case: 'number' as const, value: 1 },
    }));
    await publishAll(client, [readingsRequest(readings)]);
    for (const name of ['back', 'reset', 'deleted']) await asked.seek(name, offset(90));
    await asked.delete('deleted');
    await asked.seek('deleted', offset(3));
    await Promise.all([
      asked.seek('back', offset(10)),
      asked.reset('reset'),
      asked.delete('deleted'),
      asked.seek('made', offset(50)),
    ]);
    await killed.kill();
    asked.close();
    killed = await startGateway(own);
    asked = new Admin(killed.addresses.grpc);
    const { consumers } = await asked.consumers();
    expect(consumers.map(({ consumer, nextOffset }) => [consumer, nextOffset])).toEqual([
      ['back', 10n],
      ['made', 50n],
      ['reset', 0n],
    ]);
    asked.close();
    client.close();
    await killed.kill();
  });
});

describe('what holds a consumer up', () => {
  test('nothing while it is connected; that it is not, since when', async () => {
    const before = BigInt(Date.now()) * 1000n;
    await commit('comes', 100);
    expect((await admin.consumer('comes')).stall?.reason).toBe('not_connected');
    const follower = follow({ consumer: 'comes' }).read();
    await follower.until(() => follower.count === READINGS - 100);
    const connected = await admin.consumer('comes');
    expect(connected.subscriptions).toBe(1);
    expect(connected.stall).toBeUndefined();
    follower.call.cancel();
    await expect.poll(async () => (await admin.consumer('comes')).subscriptions).toBe(0);
    const { stall } = await admin.consumer('comes');
    expect(stall?.reason).toBe('not_connected');
    expect(stall?.sinceUs).toBeGreaterThan(before);
    expect(stall?.sinceUs).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
  });

  test('a window that is full, since when, until the client reads on', async () => {
    const before = BigInt(Date.now()) * 1000n;
    await admin.seek('frozen', offset(0));
    const follower = follow({ consumer: 'frozen' }).read();
    // grpc-js holds a client back only once it has begun to read.
    follower.call.once('data', () => follower.call.pause());
    const stallOf = async () => (await admin.consumer('frozen')).stall;
    await expect
      .poll(async () => (await stallOf())?.reason, { timeout: 10_000 })
      .toBe('window_full');
    const first = await stallOf();
    expect(first?.sinceUs).toBeGreaterThanOrEqual(before);
    expect((await stallOf())?.sinceUs).toBe(first?.sinceUs);
    // Who answers pings is not taken for gone, however long he reads nothing.
    expect((await admin.consumer('frozen')).subscriptions).toBe(1);
    const text = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
    expect(text).toMatch(/^millpond_subscriptions_waiting 1$/m);
    follower.call.resume();
    await follower.until(() => follower.count === READINGS);
    await expect.poll(stallOf).toBeUndefined();
  });

  test('a client that is stopped without a goodbye is found, and no longer counts', async () => {
    await admin.seek('stopped', offset(0));
    const script = fileURLToPath(new URL('../support/silent-subscriber.mjs', import.meta.url));
    const child: ChildProcess = spawn(
      process.execPath,
      [script, gateway.addresses.grpc, 'stopped'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout!, 'data');
    expect((await admin.consumer('stopped')).subscriptions).toBe(1);
    child.kill('SIGSTOP');
    await expect
      .poll(async () => (await admin.consumer('stopped')).subscriptions, { timeout: 15_000 })
      .toBe(0);
    expect((await admin.consumer('stopped')).stall?.reason).toBe('not_connected');
  });
});

describe('the list', () => {
  test('has lag, the oldest unread reading and what is connected', async () => {
    const all = readingsOf(await collectEvents(telemetry, { stopAtEnd: true }));
    await admin.seek('listed', offset(1234));
    const listed = await admin.consumer('listed');
    expect(listed).toMatchObject({
      stream: 'readings',
      lag: BigInt(READINGS - 1234),
      subscriptions: 0,
      isGroup: false,
    });
    expect(listed.oldestUnreadAtUs).toBe(all[1234]?.receivedAtUs);
    // A consumer that stands still is looked up once; one that moved is looked up again.
    expect((await admin.consumer('listed')).oldestUnreadAtUs).toBe(all[1234]?.receivedAtUs);
    await commit('listed', 15_000);
    expect((await admin.consumer('listed')).oldestUnreadAtUs).toBe(all[15_000]?.receivedAtUs);
    await commit('listed', READINGS);
    expect((await admin.consumer('listed')).oldestUnreadAtUs).toBeUndefined();
    const { nowUs } = await admin.consumers();
    expect(nowUs).toBeGreaterThan(all.at(-1)?.receivedAtUs ?? 0n);
  });

  test('and the metrics say the same', async () => {
    await admin.seek('measured', offset(5));
    const text = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
    const labels = '\\{stream="readings",consumer="measured"\\}';
    expect(text).toMatch(new RegExp(`^millpond_consumer_lag_readings${labels} 19995$`, 'm'));
    expect(text).toMatch(new RegExp(`^millpond_consumer_oldest_unread_seconds${labels} \\d`, 'm'));
    expect(text).toMatch(new RegExp(`^millpond_consumer_readings_per_second${labels} 0$`, 'm'));
    expect(text).toMatch(/^millpond_consumers_connected \d+$/m);
  });
});
