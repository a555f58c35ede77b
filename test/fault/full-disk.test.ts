// A disk that is full or read-only: nothing is acknowledged that is not stored, what is stored stays
// readable, and everything goes on by itself when there is room again. On small disks in memory.
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkBooks } from '../support/check-books.ts';
import { type GatewayProcess, portOf, startGateway } from '../support/gateway.ts';
import { readAll } from '../support/readings.ts';
import { ResendingPublisher } from '../support/resending-publisher.ts';
import {
  canMount,
  canMountFailing,
  mountFailingDisk,
  mountSmallDisk,
  type SmallDisk,
} from '../support/small-disk.ts';

const DISK_MIB = 24;
const DEVICES = 4;
const WINDOW = 50;
/** Supervisors kill after some seconds. */
const STOP_MS_MAX = 5000;
const ANSWER_MS_MAX = 2000;

const env = {
  // Small, so that readers go to the disk, and the database file is written while there is load.
  MILLPOND_LOG_TAIL_BYTES_MAX: '64KiB',
  MILLPOND_LOG_CHECKPOINT_BYTES: '1MiB',
};

function disk(): SmallDisk {
  const mounted = mountSmallDisk(DISK_MIB);
  onTestFinished(() => mounted.unmount());
  return mounted;
}

async function start(dataDir: string): Promise<GatewayProcess> {
  const gateway = await startGateway(dataDir, env);
  onTestFinished(async () => {
    if (gateway.child.exitCode === null) await gateway.kill();
  });
  return gateway;
}

async function publishers(gateway: GatewayProcess): Promise<ResendingPublisher[]> {
  const all = Array.from(
    { length: DEVICES },
    (_, i) => new ResendingPublisher(`device${i}`, WINDOW),
  );
  onTestFinished(() => {
    for (const each of all) each.disconnect();
  });
  await Promise.all(all.map((each) => each.connect(portOf(gateway.addresses.mqtt))));
  return all;
}

function acknowledged(all: readonly ResendingPublisher[]): number {
  return all.reduce((sum, { acknowledged: { size } }) => sum + size, 0);
}

async function readiness(gateway: GatewayProcess): Promise<{ status: number; body: string }> {
  // A gateway that ends meanwhile may leave the request without an answer and without an error.
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(`http://${gateway.addresses.http}/readyz`, { signal });
  return { status: response.status, body: await response.text() };
}

async function metric(gateway: GatewayProcess, name: string): Promise<number> {
  const response = await fetch(`http://${gateway.addresses.http}/metrics`);
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Fills the disk under load and waits until the gateway says so. */
async function fillUnderLoad(gateway: GatewayProcess, full: SmallDisk, all: ResendingPublisher[]) {
  await expect.poll(() => acknowledged(all), { timeout: 20_000 }).toBeGreaterThan(5000);
  full.fill();
  await expect.poll(async () => (await readiness(gateway)).status, { timeout: 20_000 }).toBe(503);
}

/** SIGTERM; the exit code, and how long it took. */
async function stop(gateway: GatewayProcess): Promise<{ code: number | null; ms: number }> {
  const startedMs = performance.now();
  const code = await gateway.stop();
  return { code, ms: performance.now() - startedMs };
}

function offsetsOf(readings: readonly { offset: bigint }[]): number[] {
  return readings.map(({ offset }) => Number(offset));
}

function dense(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function linesOf(gateway: GatewayProcess): Record<string, unknown>[] {
  const lines = gateway.stderr().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.skipIf(!canMount)('a disk that fills up under load (needs to mount one)', () => {
  test('costs nothing that was acknowledged, and goes on by itself when there is room', async () => {
    const small = disk();
    const dataDir = join(small.path, 'data');
    const gateway = await start(dataDir);
    const all = await publishers(gateway);
    await fillUnderLoad(gateway, small, all);

    // Nothing more is acknowledged, and everybody who looks is told why.
    const stored = acknowledged(all);
    const { body } = await readiness(gateway);
    expect(body).toMatch(/No space left on device/);
    expect(await metric(gateway, 'millpond_log_ready')).toBe(0);
    expect(linesOf(gateway)).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'LOG_WRITE_FAILED' }),
    );
    // Past some more attempts, between which the database is closed and opened.
    const failures = await metric(gateway, 'millpond_commit_failures_total');
    for (
      let reads = 0;
      reads < 20 || (await metric(gateway, 'millpond_commit_failures_total')) < failures + 3;
      reads++
    ) {
      const readings = await readAll(gateway.addresses.grpc);
      expect(offsetsOf(readings)).toEqual(dense(readings.length));
      expect(readings.length).toBeGreaterThanOrEqual(stored);
    }
    expect(acknowledged(all)).toBe(stored);

    small.free();
    await expect.poll(async () => (await readiness(gateway)).status, { timeout: 20_000 }).toBe(200);
    expect(await metric(gateway, 'millpond_log_ready')).toBe(1);
    await expect.poll(() => acknowledged(all), { timeout: 20_000 }).toBeGreaterThan(stored);
    await Promise.all(all.map((each) => each.finish()));
    const readings = await readAll(gateway.addresses.grpc);
    expect(offsetsOf(readings)).toEqual(dense(readings.length));
    // No connection was lost, so nothing was sent twice, and nothing may be there twice.
    expect(readings).toHaveLength(acknowledged(all));
    for (const each of all) checkBooks(each, readings);
    expect((await stop(gateway)).code).toBe(0);

    const again = await start(dataDir);
    expect(await readAll(again.addresses.grpc)).toEqual(readings);
    expect((await stop(again)).code).toBe(0);
  });

  test('does not keep the gateway from stopping in time, and MQTT 5 clients are told', async () => {
    const small = disk();
    const dataDir = join(small.path, 'data');
    const gateway = await start(dataDir);
    const all = await publishers(gateway);
    const five = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, {
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    five.on('error', () => {});
    onTestFinished(() => five.endAsync(true).catch(() => undefined));
    await fillUnderLoad(gateway, small, all);
    const told = new Promise((resolve) => five.once('disconnect', resolve));
    let isAnswered = false;
    five.publish('home/attic/temperature', '21', { qos: 1 }, (error) => {
      isAnswered = error === undefined || error === null;
    });
    const { code, ms } = await stop(gateway);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS_MAX);
    expect(await told).toMatchObject({ reasonCode: 0x8b });
    expect(isAnswered).toBe(false);
    // What was read off the sockets; the rest of each window never left them.
    const line = linesOf(gateway).find(({ messages }) => messages !== undefined);
    expect(line).toMatchObject({ level: 'warn', code: 'LOG_WRITE_FAILED' });
    expect(line?.messages).toBeGreaterThanOrEqual(DEVICES);
    expect(line?.messages).toBeLessThanOrEqual(DEVICES * WINDOW + 1);

    small.free();
    const again = await start(dataDir);
    const readings = await readAll(again.addresses.grpc);
    expect(offsetsOf(readings)).toEqual(dense(readings.length));
    for (const each of all) checkBooks(each, readings);
    // The devices come back with what they still have.
    for (const each of all) each.disconnect();
    await Promise.all(all.map((each) => each.connect(portOf(again.addresses.mqtt))));
    await Promise.all(all.map((each) => each.finish()));
    const complete = await readAll(again.addresses.grpc);
    expect(offsetsOf(complete)).toEqual(dense(complete.length));
    for (const each of all) checkBooks(each, complete);
    expect((await stop(again)).code).toBe(0);
  });
});

describe.skipIf(!canMountFailing)(
  'a disk that becomes read-only under load (needs to mount one)',
  () => {
    // DuckDB ends the process (SIGABRT) when the commit under way had reached its write-ahead log: to
    // take it back it must truncate that file, and throws where nothing may throw. What is acknowledged
    // in the very moment is not asked for: one fdatasync in some forty that the kernel is in when it makes
    // ext4 read-only succeeds without having written (Linux 6.18, a loop of write and fdatasync alone).
    test('costs nothing that was acknowledged, whether the gateway lives on or DuckDB ends it', async () => {
      const failing = mountFailingDisk(48);
      onTestFinished(() => failing.unmount());
      const dataDir = join(failing.path, 'data');
      const gateway = await start(dataDir);
      const all = await publishers(gateway);
      await expect.poll(() => acknowledged(all), { timeout: 20_000 }).toBeGreaterThan(5000);
      const durable = all.map(({ device, acknowledged: values }) => ({
        device,
        values: [...values],
      }));
      failing.fail();
      const isEnded = () => gateway.child.signalCode === 'SIGABRT';
      const told = () => readiness(gateway).catch(() => ({ status: 0 }));
      await expect
        .poll(async () => isEnded() || (await told()).status === 503, { timeout: 20_000 })
        .toBe(true);
      if (!isEnded()) {
        const stored = acknowledged(all);
        expect(await metric(gateway, 'millpond_log_ready')).toBe(0);
        const { code, ms } = await stop(gateway);
        expect(code).toBe(0);
        expect(ms).toBeLessThan(STOP_MS_MAX);
        expect(acknowledged(all)).toBe(stored);
      }

      failing.repair();
      const again = await start(dataDir);
      for (const each of all) each.disconnect();
      await Promise.all(all.map((each) => each.connect(portOf(again.addresses.mqtt))));
      await Promise.all(all.map((each) => each.finish()));
      const readings = await readAll(again.addresses.grpc);
      expect(offsetsOf(readings)).toEqual(dense(readings.length));
      const stored = new Set(readings.map(({ device, value }) => `${device} ${value?.value}`));
      for (const { device, values } of durable) {
        expect(values.filter((value) => !stored.has(`${device} ${value}`))).toEqual([]);
      }
      expect((await stop(again)).code).toBe(0);
    });
  },
);
