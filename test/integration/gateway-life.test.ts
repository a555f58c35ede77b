// The gateway from its start to its end: what it refuses to start with, what it keeps when it is
// stopped in the middle of a load, who it lets go.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AdminServiceClient } from '../../src/generated/millpond/v1/admin_service.ts';
import { withDatabase } from '../support/duckdb-log.ts';
import { Follower } from '../support/follower.ts';
import {
  type GatewayProcess,
  makeFolder,
  portOf,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { collectEvents, connectTelemetry, readAll } from '../support/readings.ts';

function temporary(): string {
  const folder = makeFolder('life');
  onTestFinished(() => removeFolder(folder));
  return folder;
}

async function start(folder: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await startGateway(folder, env);
  onTestFinished(async () => {
    if (gateway.child.exitCode === null) await gateway.kill();
  });
  return gateway;
}

async function connectMqtt(gateway: GatewayProcess): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, { reconnectPeriod: 0 });
  onTestFinished(() => client.endAsync(true).catch(() => undefined));
  return client;
}

function telemetryOf(address: string) {
  const client = connectTelemetry(address);
  onTestFinished(() => client.close());
  return client;
}

async function subscribers(gateway: GatewayProcess): Promise<number> {
  const admin = new AdminServiceClient(gateway.addresses.grpc, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      admin.getStatus({}, (error, found) => (error ? reject(error) : resolve(found.subscribers)));
    });
  } finally {
    admin.close();
  }
}

/** Exit code and standard error of a gateway that does not start. */
async function failure(folder: string, env: Record<string, string> = {}) {
  const error = await startGateway(folder, env).then(
    async (gateway) => {
      await gateway.kill();
      throw new Error('it started');
    },
    (thrown: Error) => thrown,
  );
  const [, code, stderr] = /^the gateway ended with code (\d+):\n(.*)$/s.exec(error.message) ?? [];
  const last = stderr?.trim().split('\n').at(-1) ?? '';
  return { code: Number(code), last: JSON.parse(last) as Record<string, unknown> };
}

describe('it does not start, and says why,', () => {
  test.each(['MQTT', 'GRPC', 'HTTP'])('when its port for %s is taken', async (way) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => {
      taken.close();
    });
    const { port } = taken.address() as { port: number };
    const env = { [`MILLPOND_${way}_LISTEN`]: `127.0.0.1:${port}` };
    const { code, last } = await failure(temporary(), env);
    expect(code).toBe(1);
    expect(last).toMatchObject({
      level: 'fatal',
      code: 'PORT_IN_USE',
      msg: expect.stringContaining(`127.0.0.1:${port}`),
      remedy: expect.any(String),
    });
  });

  test('when another one uses its data directory, which goes on', async () => {
    const folder = temporary();
    const first = await start(folder);
    const { code, last } = await failure(folder);
    expect(code).toBe(1);
    expect(last).toMatchObject({
      code: 'DATA_DIR_IN_USE',
      msg: expect.stringContaining(String(first.child.pid)),
    });
    const mqtt = await connectMqtt(first);
    await mqtt.publishAsync('home/attic/temperature', '1', { qos: 1 });
    expect(await readAll(first.addresses.grpc)).toHaveLength(1);
    expect(await first.stop()).toBe(0);
  });

  test('when its data directory is a file', async () => {
    const place = join(temporary(), 'data');
    writeFileSync(place, '');
    const { code, last } = await failure(place);
    expect(code).toBe(1);
    expect(last).toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });
});

test('stopped in the middle of a load it ends with 0, and keeps all that it acknowledged', async () => {
  const folder = temporary();
  const gateway = await start(folder);
  const mqtt = await connectMqtt(gateway);
  mqtt.on('error', () => {});
  const acknowledged: number[] = [];
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    mqtt.once('close', () => {
      isClosed = true;
      resolve();
    });
  });
  let onEnough: () => void = () => {};
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve;
  });
  // A window that is always full, until the connection ends.
  let next = 0;
  const send = async (): Promise<void> => {
    while (!isClosed) {
      const value = next++;
      await mqtt.publishAsync('home/attic/power', String(value), { qos: 1 });
      acknowledged.push(value);
      if (acknowledged.length === 2000) onEnough();
    }
  };
  const senders = Array.from({ length: 64 }, () => send().catch(() => undefined));
  await enough;
  // 0 also says that it was in time: after 4.5 s it ends with 1.
  expect(await gateway.stop()).toBe(0);
  // What was not acknowledged when the connection ended never will be.
  await Promise.race([Promise.all(senders), closed]);

  const again = await start(folder);
  const readings = await readAll(again.addresses.grpc);
  expect(readings.map(({ offset }) => Number(offset))).toEqual(readings.map((_, index) => index));
  const stored = new Set(readings.map(({ value }) => value?.value));
  expect(acknowledged.length).toBeGreaterThanOrEqual(2000);
  expect(acknowledged.filter((value) => !stored.has(value))).toEqual([]);
  expect(await again.stop()).toBe(0);
});

test('after a restart offsets and consumers go on where they were', async () => {
  const folder = temporary();
  for (let round = 0; round < 3; round++) {
    const gateway = await start(folder);
    const telemetry = telemetryOf(gateway.addresses.grpc);
    const mqtt = await connectMqtt(gateway);
    for (const value of [0, 1]) {
      await mqtt.publishAsync('home/attic/power', `${2 * round + value}`, { qos: 1 });
    }
    const events = await collectEvents(telemetry, { consumer: 'resumes', stopAtEnd: true });
    const found = events.flatMap(({ event }) =>
      event?.$case === 'batch' ? event.value.readings : [],
    );
    // Only what the last round had not committed.
    expect(found.map(({ offset, value }) => [Number(offset), value?.value])).toEqual(
      [0, 1].map((each) => [2 * round + each, 2 * round + each]),
    );
    const nextOffset = BigInt(2 * round + 2);
    await new Promise<void>((resolve, reject) => {
      telemetry.commit({ stream: '', consumer: 'resumes', nextOffset }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    await mqtt.endAsync();
    // Both ways to end keep what was answered.
    if (round === 1) await gateway.kill();
    else expect(await gateway.stop()).toBe(0);
  }
});

test('readings that went while it was stopped are a gap to their consumers', async () => {
  const folder = temporary();
  const gateway = await start(folder);
  const mqtt = await connectMqtt(gateway);
  for (let value = 0; value < 20; value++) {
    await mqtt.publishAsync('home/attic/power', `${value}`, { qos: 1 });
  }
  expect(await gateway.stop()).toBe(0);
  await withDatabase(
    folder,
    'delete from hot_0_0 where "offset" >= 5 and "offset" < 8',
    `insert into losses values ('readings', 5, 7, 3, 'retention', '', timestamp '2024-01-01')`,
  );
  const again = await start(folder);
  const events = await collectEvents(telemetryOf(again.addresses.grpc), { stopAtEnd: true });
  const told = events.map(({ event }) => {
    if (event?.$case !== 'batch') return event;
    return event.value.readings.map(({ offset }) => Number(offset));
  });
  expect(told).toEqual([
    [0, 1, 2, 3, 4],
    { $case: 'gap', value: { firstOffset: 5n, nextOffset: 8n, reason: 'retention' } },
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  ]);
  expect(await again.stop()).toBe(0);
});

test('its subscribers are told that it stops, and one that does not read does not hold it up', async () => {
  const gateway = await start(temporary());
  const telemetry = telemetryOf(gateway.addresses.grpc);
  const mqtt = await connectMqtt(gateway);
  await mqtt.publishAsync('home/attic/power', '1', { qos: 1 });
  const reading = new Follower(telemetry).read();
  const stalled = new Follower(telemetryOf(gateway.addresses.grpc));
  await reading.until(() => reading.count === 1);
  await expect.poll(() => subscribers(gateway)).toBe(2);
  expect(await gateway.stop()).toBe(0);
  const { error } = await reading.ended();
  expect(error?.code).toBe(status.UNAVAILABLE);
  expect(error && errorInfoOf(error).reason).toBe('LOG_STOPPING');
  stalled.call.cancel();
});

test('as many subscriptions as there may be do not hold up the other calls of their connection', async () => {
  const gateway = await start(temporary(), { MILLPOND_GRPC_SUBSCRIBERS_MAX: '2' });
  const telemetry = telemetryOf(gateway.addresses.grpc);
  const open = [new Follower(telemetry).read(), new Follower(telemetry).read()];
  await expect.poll(() => subscribers(gateway)).toBe(2);
  const { error } = await new Follower(telemetry).ended();
  expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(error && errorInfoOf(error).reason).toBe('SUBSCRIBER_LIMIT');
  await new Promise<void>((resolve, reject) => {
    telemetry.commit({ stream: '', consumer: 'c', nextOffset: 0n }, (failed) =>
      failed ? reject(failed) : resolve(),
    );
  });
  expect(open.map(({ ending }) => ending)).toEqual([null, null]);
  for (const { call } of open) call.cancel();
  expect(await gateway.stop()).toBe(0);
});

describe('a client that vanishes is let go', () => {
  /** Forwards to the gateway until told not to. */
  async function proxyTo(port: number): Promise<{ address: string; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server: Server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        socket.on('error', () => {});
        sockets.push(socket);
      }
      near.pipe(far);
      far.pipe(near);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { address: `127.0.0.1:${(server.address() as { port: number }).port}`, sockets };
  }

  test.each(['with its connection', 'without a word'])('%s', async (how) => {
    const gateway = await start(temporary(), {
      MILLPOND_GRPC_KEEPALIVE_TIME: '1s',
      MILLPOND_GRPC_KEEPALIVE_TIMEOUT: '1s',
    });
    const { address, sockets } = await proxyTo(portOf(gateway.addresses.grpc));
    const follower = new Follower(telemetryOf(address)).read();
    await expect.poll(() => subscribers(gateway)).toBe(1);
    const [near, far] = sockets;
    if (how === 'without a word') {
      // Both connections stay open, and nothing passes: neither a byte nor an end.
      near?.unpipe();
      far?.unpipe();
      far?.pause();
    } else {
      far?.destroy();
    }
    await expect.poll(() => subscribers(gateway), { timeout: 10_000 }).toBe(0);
    follower.call.cancel();
    expect(await gateway.stop()).toBe(0);
  });
});
