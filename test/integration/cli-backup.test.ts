// `millpond backup` against a real gateway: while it takes readings, cut short, refused, and what a
// gateway started on the copy serves.
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AdminServiceClient,
  type BackupResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';
import { CliRig, expectUnbroken, readingsOf as linesOf, publish, temperatures } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

function commit(grpc: string, consumer: string, nextOffset: bigint): Promise<void> {
  const client = connectTelemetry(grpc);
  return new Promise<void>((resolve, reject) => {
    client.commit({ stream: '', consumer, nextOffset }, (error) =>
      error === null ? resolve() : reject(error),
    );
  }).finally(() => client.close());
}

/** Publishes until there are so many sealed files; resolves with the number of readings. */
async function publishSealed(address: { grpc: string; mqtt: string }, count: number) {
  const admin = new AdminServiceClient(address.grpc, credentials.createInsecure());
  const segments = () =>
    new Promise<number>((resolve, reject) => {
      admin.getStatus({}, (error, status) =>
        error === null ? resolve(Number(status.streams[0]?.segments)) : reject(error),
      );
    });
  let sent = 0;
  while ((await segments()) < count) {
    await publish(address.mqtt, temperatures('attic', sent, 150));
    sent += 150;
  }
  admin.close();
  return sent;
}

async function readingLines(grpc: string) {
  const { out } = await rig.run(['tail', '--grpc', grpc, '--stop-at-end', '--json']);
  return linesOf(out);
}

test('a gateway started on the copy serves the same offsets, and goes on behind them', async () => {
  const { grpc, mqtt, child } = await rig.gateway(['serve'], { MILLPOND_LOG_SEAL_ROWS: '100' });
  const before = await publishSealed({ grpc, mqtt }, 3);
  await commit(grpc, 'mill', 123n);

  // It goes on meanwhile: every reading acknowledged before it began is in the copy.
  const client = await connectAsync(`mqtt://${mqtt}`);
  let sent = before;
  let isDone = false;
  const publishing = (async () => {
    while (!isDone) {
      await client.publishAsync('home/attic/temperature', String(sent), { qos: 1 });
      sent += 1;
    }
  })();
  const { code, out, err } = await rig.run(['backup', '--grpc', grpc, 'copies/first']);
  isDone = true;
  await publishing;
  await client.endAsync();
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^copying \d+ files?, /) });
  expect(out).toMatch(/^copies\/first: .*, the log as of \d{4}-/);
  expect(readdirSync(join(rig.folder, 'copies'))).toEqual(['first']);
  expect(existsSync(join(rig.folder, 'data/backup.tmp'))).toBe(false);
  expect(
    readdirSync(join(rig.folder, 'copies/first/streams/readings')).length,
  ).toBeGreaterThanOrEqual(3);
  const original = await readingLines(grpc);
  expectUnbroken(original, sent);
  child.kill('SIGTERM');
  await once(child, 'close');

  const copy = await rig.gateway(['serve'], { MILLPOND_DATA_DIR: 'copies/first' });
  const copied = await readingLines(copy.grpc);
  expect(copied.length).toBeGreaterThanOrEqual(before);
  expect(copied).toEqual(original.slice(0, copied.length));
  const status = JSON.parse((await rig.run(['status', '--grpc', copy.grpc, '--json'])).out);
  expect(status.consumers).toMatchObject([{ consumer: 'mill', nextOffset: '123' }]);
  await publish(copy.mqtt, temperatures('attic', copied.length, 1));
  expectUnbroken(await readingLines(copy.grpc), copied.length + 1);
});

test('nothing is written into a folder that has something in it', async () => {
  const { grpc } = await rig.gateway();
  mkdirSync(join(rig.folder, 'full'));
  writeFileSync(join(rig.folder, 'full/mine'), '');
  writeFileSync(join(rig.folder, 'file'), '');
  for (const name of ['full', 'file', 'file/below']) {
    const { code, err } = await rig.run(['backup', '--grpc', grpc, name]);
    expect({ name, code }).toEqual({ name, code: 1 });
    expect(err).toContain('code: BACKUP_TARGET_UNUSABLE');
  }
  expect(readdirSync(rig.folder).sort()).toEqual(['data', 'file', 'full']);

  mkdirSync(join(rig.folder, 'empty'));
  expect((await rig.run(['backup', '--grpc', grpc, 'empty'])).code).toBe(0);
  expect(readdirSync(join(rig.folder, 'empty'))).toContain('hot.duckdb');
});

test('without a gateway there is no copy', async () => {
  const { code, err } = await rig.run(['backup', '--grpc', '127.0.0.1:1', 'copy']);
  expect(code).toBe(69);
  expect(err).toContain('code: GATEWAY_UNREACHABLE');
  expect(readdirSync(rig.folder)).toEqual([]);
});

test('a leftover of a backup that was killed gives way to the next', async () => {
  const { grpc } = await rig.gateway();
  mkdirSync(join(rig.folder, '.copy.millpond-partial/streams'), { recursive: true });
  expect((await rig.run(['backup', '--grpc', grpc, 'copy'])).code).toBe(0);
  expect(readdirSync(rig.folder).sort()).toEqual(['copy', 'data']);
});

test('a client that goes sets the gateway free for the next; only one at a time', async () => {
  const { grpc, mqtt } = await rig.gateway();
  // More than the windows of HTTP/2 take, so that the gateway waits for its client.
  const noise = (index: number): string => `{"broken ${index} ${'x'.repeat(20_000)}`;
  const client = await connectAsync(`mqtt://${mqtt}`);
  await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      client.publishAsync('home/attic/json', noise(index) + Math.random(), { qos: 1 }),
    ),
  );
  await client.endAsync();
  const admin = new AdminServiceClient(grpc, credentials.createInsecure());
  const first = admin.backup({});
  first.on('error', () => undefined);
  const [plan] = (await once(first, 'data')) as [BackupResponse];
  expect(plan.part?.$case).toBe('plan');
  first.pause();

  const second = admin.backup({});
  const [refused] = await once(second, 'error');
  expect(errorInfoOf(refused).reason).toBe('BACKUP_RUNNING');
  const { code, err } = await rig.run(['backup', '--grpc', grpc, 'copy']);
  expect(code).toBe(1);
  expect(err).toContain('code: BACKUP_RUNNING');
  expect(existsSync(join(rig.folder, 'copy'))).toBe(false);

  // Readers and writers do not notice.
  await publish(mqtt, temperatures('attic', 0, 10));
  const telemetry = connectTelemetry(grpc);
  expect(readingsOf(await collectEvents(telemetry, { stopAtEnd: true })).length).toBe(10);
  telemetry.close();

  expect(statSync(join(rig.folder, 'data/backup.tmp')).isDirectory()).toBe(true);
  first.cancel();
  // The gateway hears of it in its own time.
  let last = { code: 1 as number | null, err: 'BACKUP_RUNNING' };
  while (last.err.includes('BACKUP_RUNNING')) {
    last = await rig.run(['backup', '--grpc', grpc, 'copy']);
  }
  expect(last.code).toBe(0);
  expect(existsSync(join(rig.folder, 'data/backup.tmp'))).toBe(false);
  admin.close();
});

test('a gateway that stops or dies leaves no copy behind, and starts clean again', async () => {
  const { grpc, mqtt, child } = await rig.gateway();
  await publish(mqtt, temperatures('attic', 0, 10));
  const admin = new AdminServiceClient(grpc, credentials.createInsecure());
  const call = admin.backup({});
  const failed = once(call, 'error');
  await once(call, 'data');
  child.kill('SIGKILL');
  await failed;
  await once(child, 'close');
  admin.close();
  mkdirSync(join(rig.folder, 'data/backup.tmp'), { recursive: true });

  const again = await rig.gateway();
  expect(existsSync(join(rig.folder, 'data/backup.tmp'))).toBe(false);
  expectUnbroken(await readingLines(again.grpc), 10);
});
