// A gateway that is started on a disk that takes nothing: it says so everywhere, waits, and goes on by
// itself when the disk is well. On a small disk in memory and on an ext4 in a file.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DiskReserve } from '../../src/log/disk-reserve.ts';
import { type GatewayProcess, type StartingGateway, spawnGateway } from '../support/gateway.ts';
import { healthOf } from '../support/grpc-health.ts';
import { readAll } from '../support/readings.ts';
import {
  canMount,
  canMountFailing,
  mountFailingDisk,
  mountSmallDisk,
  type SmallDisk,
} from '../support/small-disk.ts';

const WAITING = 'no readings are taken until the log is open';
/** Supervisors kill after some seconds. */
const STOP_MS_MAX = 5000;

const disks = [
  { kind: 'tmpfs', isThere: canMount, mountDisk: () => mountSmallDisk(24) },
  { kind: 'ext4', isThere: canMountFailing, mountDisk: () => mountFailingDisk(48) },
];

function use(mountDisk: () => SmallDisk): { disk: SmallDisk; dataDir: string } {
  const disk = mountDisk();
  onTestFinished(() => disk.unmount());
  return { disk, dataDir: join(disk.path, 'data') };
}

function start(dataDir: string): StartingGateway {
  const starting = spawnGateway(dataDir);
  onTestFinished(async () => {
    if (starting.child.exitCode === null) await starting.stop();
  });
  return starting;
}

async function get(http: unknown, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${http}${path}`);
  return { status: response.status, text: await response.text() };
}

async function publish(gateway: GatewayProcess, value: string): Promise<void> {
  const client = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
  await client.publishAsync('home/attic/temperature', value, { qos: 1 });
  await client.endAsync();
}

/** The values stored, in order. */
async function stored(gateway: GatewayProcess): Promise<unknown[]> {
  return (await readAll(gateway.addresses.grpc)).map(({ value }) => value?.value);
}

/** Runs a gateway that stores one reading, to its clean end. */
async function useOnce(dataDir: string): Promise<void> {
  const gateway = await start(dataDir).ready;
  await publish(gateway, '1');
  expect(await gateway.stop()).toBe(0);
}

/** Everything that tells somebody outside of the state, while the gateway waits. */
async function expectWaiting(starting: StartingGateway, state: string, why: RegExp) {
  const { http, grpc } = await starting.line(WAITING);
  expect(await starting.line(why)).toMatchObject({ level: 'error', disk: state });
  const ready = await get(http, '/readyz');
  expect(ready.status).toBe(503);
  expect(ready.text).toMatch(why);
  // A restart would not help.
  expect((await get(http, '/healthz')).status).toBe(200);
  const metrics = await get(http, '/metrics');
  expect(metrics.status).toBe(200);
  expect(metrics.text).toContain(`millpond_log_disk_state{state="${state}"} 1`);
  expect(metrics.text).toContain('millpond_log_disk_state{state="ok"} 0');
  expect(metrics.text).toMatch(/^# The metrics of the log are missing: /m);
  expect(await healthOf(String(grpc))).toBe('NOT_SERVING');
  await expect(readAll(String(grpc))).rejects.toMatchObject({
    details: expect.stringMatching(why),
  });
  return { http, grpc };
}

/** It has become ready by itself, on the addresses that it had before. */
async function expectReady(starting: StartingGateway, ways: { http: unknown; grpc: unknown }) {
  const gateway = await starting.ready;
  expect(gateway.addresses).toMatchObject(ways);
  expect(await get(ways.http, '/readyz')).toMatchObject({ status: 200 });
  expect(await healthOf(gateway.addresses.grpc)).toBe('SERVING');
  const { text } = await get(ways.http, '/metrics');
  expect(text).toContain('millpond_log_disk_state{state="ok"} 1');
  expect(text).toContain('millpond_log_ready 1');
  return gateway;
}

describe.each(disks)('on $kind (needs to mount one)', ({ isThere, mountDisk }) => {
  test.skipIf(!isThere).each(['new', 'used'])(
    'that is full, a gateway with a %s directory waits until there is room',
    async (what) => {
      const { disk, dataDir } = use(mountDisk);
      if (what === 'used') await useOnce(dataDir);
      disk.fill();
      const starting = start(dataDir);
      const ways = await expectWaiting(starting, 'full', /no space left on device/i);
      disk.free();
      const gateway = await expectReady(starting, ways);
      await publish(gateway, '2');
      expect(await stored(gateway)).toEqual(what === 'used' ? [1, 2] : [2]);
      expect(await gateway.stop()).toBe(0);
    },
  );

  test.skipIf(!isThere)('that is read-only, a gateway waits until it is not', async () => {
    const { disk, dataDir } = use(mountDisk);
    await useOnce(dataDir);
    disk.remount('ro');
    const starting = start(dataDir);
    const ways = await expectWaiting(starting, 'read_only', /read-only file system/i);
    disk.remount('rw');
    const gateway = await expectReady(starting, ways);
    await publish(gateway, '2');
    expect(await stored(gateway)).toEqual([1, 2]);
    expect(await gateway.stop()).toBe(0);
  });
});

describe.skipIf(!canMount)('while it waits for a full disk (needs to mount one)', () => {
  test('a gateway is stopped in time, and the next one starts when there is room', async () => {
    const { disk, dataDir } = use(() => mountSmallDisk(24));
    disk.fill();
    const starting = start(dataDir);
    await starting.line(WAITING);
    const startedMs = performance.now();
    expect(await starting.stop()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(STOP_MS_MAX);
    await starting.line('stopped');
    disk.free();
    await useOnce(dataDir);
  });

  test('the room that was held for it is given up, so that it need not wait', async () => {
    const { disk, dataDir } = use(() => mountSmallDisk(24));
    mkdirSync(dataDir);
    const reserve = new DiskReserve(dataDir, 8 * 1024 * 1024);
    expect(await reserve.make(0)).toBe(true);
    disk.fill();
    const gateway = await start(dataDir).ready;
    await publish(gateway, '1');
    expect(reserve.heldBytes).toBe(0);
    expect(await gateway.stop()).toBe(0);
  });
});
