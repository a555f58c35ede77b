// Followers over HTTP of a real gateway: each gets every reading once and in order, resumes where it
// was, is told what is gone, and harms nobody by not reading.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { exactGlob } from '../../src/core/glob.ts';
import { securityHeaders } from '../../src/delivery/http/security.ts';
import {
  type GatewayProcess,
  makeFolder,
  portOf,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { followLive, type LiveClient } from '../support/live-client.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';

interface Rig {
  readonly folder: string;
  gateway: GatewayProcess;
  mqtt: MqttClient;
  restart(): Promise<void>;
  /** One message with a reading `value` of each device. */
  publish(value: number | string, ...devices: readonly string[]): Promise<void>;
  /** One message with many readings, about 80 kB as events. Resolves with how many. */
  publishMany(): Promise<number>;
  follow(query?: string, lastEventId?: string): Promise<LiveClient>;
  metric(name: string): Promise<number>;
}

/** A gateway that keeps its address over a restart. */
async function startRig(env: Record<string, string> = {}, config = ''): Promise<Rig> {
  const folder = makeFolder('http-live');
  const file = join(folder, 'millpond.yaml');
  writeFileSync(file, config);
  const start = (more = {}): Promise<GatewayProcess> =>
    startGateway(join(folder, 'data'), { ...env, ...more }, ['--config', file]);
  const gateway = await start();
  const rig: Rig = {
    folder,
    gateway,
    mqtt: await connectAsync(`mqtt://${gateway.addresses.mqtt}`),
    async restart() {
      await rig.gateway.kill();
      await rig.mqtt.endAsync(true);
      rig.gateway = await start({ MILLPOND_HTTP_LISTEN: gateway.addresses.http });
      rig.mqtt = await connectAsync(`mqtt://${rig.gateway.addresses.mqtt}`);
    },
    async publish(value, ...devices) {
      const payload = JSON.stringify({ temperature: value });
      for (const device of devices) {
        await rig.mqtt.publishAsync(`sensors/${device}/json`, payload, { qos: 1 });
      }
    },
    async publishMany() {
      await rig.mqtt.publishAsync(`sensors/${'x'.repeat(100)}/json`, `{${many.join(',')}}`, {
        qos: 1,
      });
      return many.length;
    },
    follow: (query = '', lastEventId) =>
      followLive(
        rig.gateway.addresses.http,
        lastEventId === undefined ? { query } : { query, lastEventId },
      ),
    async metric(name) {
      const text = await (await fetch(`http://${rig.gateway.addresses.http}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
  };
  onTestFinished(async () => {
    await rig.mqtt.endAsync(true);
    await rig.gateway.kill();
    removeFolder(folder);
  });
  return rig;
}

const many = Array.from({ length: 200 }, (_, index) => `"count_${index}":${index}`);

function range(first: number, next: number): number[] {
  return Array.from({ length: next - first }, (_, index) => first + index);
}

test('begins at the end, gives every reading with its offset as id, and says how to come back', async () => {
  const rig = await startRig();
  await rig.publish(1, 'attic');
  const live = await rig.follow();
  expect(live.status).toBe(200);
  expect(live.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    ...securityHeaders,
  });
  await live.until(() => live.lastEventId === '0');
  expect(live.retryMs).toBeGreaterThan(0);
  await rig.publish(21.5, 'attic');
  await live.count(1);
  expect(live.events[0]).toMatchObject({ event: 'message', id: '1' });
  expect(live.readings[0]).toMatchObject({
    event: 'reading',
    stream: 'readings',
    offset: '1',
    device: 'attic',
    metric: 'temperature',
    value: 21.5,
    unit: 'Cel',
  });
});

test('resumes over a gateway that is killed and restarted without a gap and without a copy', async () => {
  const rig = await startRig();
  const clients = [await rig.follow(), await rig.follow('?device=attic')];
  await rig.publish(1, 'attic', 'cellar', 'attic');
  const [all, attic] = clients as [LiveClient, LiveClient];
  await all.count(3);
  await attic.count(2);
  await rig.restart();
  await Promise.all(clients.map((client) => client.ended));
  await rig.publish(2, 'attic', 'cellar', 'attic', 'attic');
  const again = [
    await rig.follow('', all.lastEventId),
    await rig.follow('?device=attic', attic.lastEventId),
  ] as const;
  await again[0].count(4);
  await again[1].count(3);
  await rig.publish(3, 'attic');
  await again[0].count(5);
  await again[1].count(4);
  expect([...all.offsets, ...again[0].offsets]).toEqual(range(0, 8));
  expect([...attic.offsets, ...again[1].offsets]).toEqual([0, 2, 3, 5, 6, 7]);
});

test('a follower that has seen nothing yet, of an empty log or of a filter, misses nothing either', async () => {
  const rig = await startRig({ MILLPOND_GRPC_PROGRESS_INTERVAL: '100ms' });
  const early = await rig.follow();
  await early.until(() => early.lastEventId === '-1');
  const none = await rig.follow('?device=nobody');
  await rig.restart();
  await rig.publish(1, 'attic', 'cellar');
  const late = await rig.follow('', early.lastEventId);
  await late.count(2);
  expect(late.offsets).toEqual([0, 1]);
  // Silence moves the place to resume from.
  const filtered = await rig.follow('?device=nobody', none.lastEventId);
  await filtered.until(() => filtered.lastEventId === '1');
  expect(filtered.events).toEqual([]);
});

test('lets through what the globs say, out of the stream asked for', async () => {
  const rig = await startRig({}, 'streams:\n  - name: power\n    match: { metrics: [power] }\n');
  const hall = await rig.follow('?device=hall-*&device=attic&metric=temp*');
  const power = await rig.follow('?stream=power');
  for (const device of ['hall-1', 'cellar', 'attic', 'hall-2']) {
    const payload = JSON.stringify({ temperature: 20, humidity: 40, power: 7 });
    await rig.mqtt.publishAsync(`sensors/${device}/json`, payload, { qos: 1 });
  }
  await hall.count(3);
  expect(hall.readings.map(({ device, metric }) => [device, metric])).toEqual([
    ['hall-1', 'temperature'],
    ['attic', 'temperature'],
    ['hall-2', 'temperature'],
  ]);
  await power.count(4);
  expect(power.offsets).toEqual([0, 1, 2, 3]);
  expect(power.readings.map(({ stream }) => stream)).toEqual(Array(4).fill('power'));
});

test('one device is followed alone, whatever signs its name has', async () => {
  const rig = await startRig();
  const name = 'a*b?c\\d';
  const ask = (device: string): Promise<LiveClient> =>
    rig.follow(`?${new URLSearchParams({ device })}`);
  const [alone, pattern] = [await ask(exactGlob(name)), await ask(name)];
  await rig.publish(1, 'axb-c\\d', name, 'a*bxc\\d', 'other', name);
  await alone.count(2);
  await pattern.count(4);
  expect(alone.readings.map(({ device }) => device)).toEqual([name, name]);
  expect(alone.offsets).toEqual([1, 4]);
});

test('the past can be asked for by the id before it', async () => {
  const rig = await startRig();
  await rig.publish(1, ...Array(50).fill('attic'));
  const client = await rig.follow('?lastEventId=9');
  await client.count(40);
  await rig.publish(2, 'attic');
  await client.count(41);
  expect(client.offsets).toEqual(range(10, 51));
  // What the browser sends by itself when it comes back counts for more than the address.
  const back = await rig.follow('?lastEventId=9', '48');
  await back.count(2);
  expect(back.offsets).toEqual([49, 50]);
});

test('names and texts that would break a line arrive whole', async () => {
  const rig = await startRig();
  const live = await rig.follow();
  const text = 'one\ntwo\r\nthree\u2028data: four\n\nid: 99\n\n<script>\u0085é';
  const telemetry = connectTelemetry(rig.gateway.addresses.grpc);
  const value = { $case: 'text', value: text } as const;
  await publishAll(telemetry, [readingsRequest([{ device: '<script>', metric: 'state', value }])]);
  telemetry.close();
  await live.count(1);
  expect(live.readings[0]).toMatchObject({ device: '<script>', value: text, offset: '0' });
  expect(live.lastEventId).toBe('0');
});

test('is told of readings that retention took while it was away', async () => {
  const config =
    'log:\n  sealRows: 1000\nstreams:\n  - name: readings\n    retention: { bytes: 64KiB }\n';
  const rig = await startRig({ MILLPOND_LOG_TAIL_BYTES_MAX: '64KiB' }, config);
  while ((await rig.metric('millpond_expired_segments_total')) === 0) {
    for (let message = 0; message < 10; message++) await rig.publishMany();
  }
  const client = await rig.follow('', '0');
  await client.count(1);
  const [event] = client.events;
  const gap = JSON.parse(event?.data ?? '');
  expect(gap).toEqual({
    event: 'gap',
    stream: 'readings',
    firstOffset: '1',
    nextOffset: expect.stringMatching(/^[1-9]\d+$/),
    reason: 'retention',
  });
  expect(event).toMatchObject({ event: 'gap', id: String(gap.nextOffset - 1) });
  // Retention may go on meanwhile: what follows is the first reading, or a gap up to it.
  let next = gap.nextOffset;
  for (const { event, data } of client.events.slice(1)) {
    const told = JSON.parse(data);
    expect(event === 'gap' ? told.firstOffset : told.offset).toBe(next);
    if (event !== 'gap') break;
    next = told.nextOffset;
  }
});

test('what it cannot follow is a problem', async () => {
  const rig = await startRig({ MILLPOND_HTTP_FOLLOWERS_MAX: '1' });
  await rig.publish(1, 'attic');
  const ask = async (query: string, headers = {}) => {
    const response = await fetch(`http://${rig.gateway.addresses.http}/api/v1/live${query}`, {
      headers,
    });
    const body = (await response.json()) as { code: string; errors?: { parameter: string }[] };
    return [response.status, body.code, body.errors?.map(({ parameter }) => parameter)];
  };
  expect(await ask('?stream=nowhere')).toEqual([404, 'STREAM_UNKNOWN', undefined]);
  expect(await ask('?lastEventId=1000')).toEqual([400, 'OFFSET_BEYOND_END', undefined]);
  expect(await ask('?lastEventId=x')).toEqual([400, 'REQUEST_INVALID', ['lastEventId']]);
  expect(await ask('', { 'last-event-id': '1e3' })).toEqual([
    400,
    'REQUEST_INVALID',
    ['last-event-id'],
  ]);
  expect(await ask('?devices=attic')).toEqual([400, 'REQUEST_INVALID', ['devices']]);
  expect(await ask(`?device=${'x'.repeat(257)}`)).toEqual([400, 'REQUEST_INVALID', ['device']]);
  const only = await rig.follow();
  expect(await ask('')).toEqual([429, 'LIVE_LIMIT', undefined]);
  expect(await rig.metric('millpond_live_followers')).toBe(1);
  only.close();
  await expect.poll(() => rig.metric('millpond_live_followers')).toBe(0);
  expect((await rig.follow()).status).toBe(200);
});

test('a hundred followers share what is read, and all get everything', async () => {
  const rig = await startRig();
  const clients = await Promise.all(range(0, 100).map(() => rig.follow()));
  expect(await rig.metric('millpond_live_followers')).toBe(100);
  const fields = range(0, 50).map((index) => `"count_${index}":${index}`);
  for (let message = 0; message < 20; message++) {
    await rig.mqtt.publishAsync('sensors/fleet/json', `{${fields.join(',')}}`, { qos: 1 });
  }
  await Promise.all(clients.map((client) => client.count(1000)));
  for (const client of clients) expect(client.offsets).toEqual(range(0, 1000));
  expect(await rig.metric('millpond_tail_feeds')).toBe(1);
  expect(await rig.metric('millpond_tail_followers')).toBe(100);
});

test('one that does not read is cut off, costs little until then, and harms nobody', {
  timeout: 60_000,
}, async () => {
  const rig = await startRig({ MILLPOND_HTTP_FOLLOWER_TIMEOUT: '500ms' });
  const resident = (): number => {
    const status = readFileSync(`/proc/${rig.gateway.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  const frozen = await frozenClient(rig.gateway.addresses.http);
  const reading = await rig.follow();
  await expect.poll(() => rig.metric('millpond_live_followers')).toBe(2);
  const before = resident();
  // More than any socket's buffers hold, and then some.
  let sent = 0;
  while ((await rig.metric('millpond_live_dropped_total')) === 0) {
    for (let message = 0; message < 10; message++) sent += await rig.publishMany();
    await reading.count(sent);
  }
  await expect.poll(() => rig.metric('millpond_live_followers')).toBe(1);
  expect(reading.offsets).toEqual(range(0, sent));
  expect(resident() - before).toBeLessThan(150e6);
  frozen.socket.resume();
  await frozen.closed;
  expect(frozen.bytes()).toBeLessThan(sent * 500);
});

test('one that takes its time is told that it is cut off, and goes on where it was', async () => {
  const rig = await startRig({ MILLPOND_HTTP_FOLLOWER_TIMEOUT: '50ms' });
  const slow = await rig.follow();
  slow.response.pause();
  let sent = 0;
  while ((await rig.metric('millpond_live_dropped_total')) === 0) sent += await rig.publishMany();
  slow.response.resume();
  await slow.ended;
  expect(slow.offsets.length).toBeLessThan(sent);
  const again = await rig.follow('', slow.lastEventId);
  await again.count(sent - slow.offsets.length);
  expect([...slow.offsets, ...again.offsets]).toEqual(range(0, sent));
});

test('a gateway that stops ends its followers cleanly', async () => {
  const rig = await startRig();
  const clients = await Promise.all(range(0, 5).map(() => rig.follow()));
  await rig.publish(1, 'attic');
  await Promise.all(clients.map((client) => client.count(1)));
  expect(await rig.gateway.stop()).toBe(0);
  expect(await Promise.all(clients.map((client) => client.ended))).toEqual(Array(5).fill(true));
});

/** A socket that asks and then takes nothing at all. */
async function frozenClient(http: string): Promise<{
  socket: Socket;
  closed: Promise<unknown>;
  bytes(): number;
}> {
  const socket = connect(portOf(http), '127.0.0.1');
  let bytes = 0;
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await once(socket, 'connect');
  socket.pause();
  socket.on('data', (data) => {
    bytes += data.length;
  });
  socket.pause();
  socket.write('GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { socket, closed, bytes: () => bytes };
}
