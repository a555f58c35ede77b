// `millpond demo`: real MQTT connections, real faults in the log, and a clean end.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig, type ReadingLine, readingsOf } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

test('all makes and their faults are to be seen with tail, and Ctrl-C ends it with 0', async () => {
  const demo = await rig.gateway(['demo', '--rate', '300', '--seed', '7']);
  await demo.until('err', 'Ctrl-C ends it.');
  expect(demo.told.err).toMatch(new RegExp(`^  Dashboard  http://${demo.http}$`, 'm'));
  expect(demo.told.err).toMatch(new RegExp(`^  MQTT       ${demo.mqtt}$`, 'm'));
  expect(demo.told.err).toContain(`main.js tail --grpc ${demo.grpc}`);
  expect(demo.told.err).toContain(join(rig.folder, 'demo-data'));

  const tail = rig.start(['tail', '--grpc', demo.grpc, '--from', 'earliest', '--json']);
  await tail.until('out', '"quality":"clockSuspect"');
  await tail.until('out', '"quality":"redelivered"');
  const seen = (): ReadingLine[] => readingsOf(tail.told.out.replace(/[^\n]*$/, ''));
  await expect.poll(() => new Set(seen().map(({ device }) => device)).size).toBe(12);
  await expect
    .poll(async () => JSON.parse((await rig.run(['status', '--grpc', demo.grpc, '--json'])).out), {
      timeout: 20_000,
    })
    .toMatchObject({ ready: true, devices: 12, deadLetters: expect.toSatisfy((n) => n > 0) });

  demo.child.kill('SIGINT');
  expect(await demo.ended).toBe(0);
  const values = seen().filter(({ metric }) => metric === 'temperature');
  expect(values.every(({ value }) => value > 0 && value < 40)).toBe(true);
  expect(demo.told.err).not.toContain('cannot connect');
});

test('invented readings never go into the data directory of a config file', async () => {
  writeFileSync(join(rig.folder, 'millpond.yaml'), 'dataDir: ./real\n');
  const demo = await rig.gateway(['demo', '--devices', '1']);
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(0);
  expect(existsSync(join(rig.folder, 'real'))).toBe(false);
  expect(existsSync(join(rig.folder, 'demo-data'))).toBe(true);
});

test('SIGHUP makes it read its profiles again, and it goes on', async () => {
  const demo = await rig.gateway(['demo', '--devices', '1']);
  demo.child.kill('SIGHUP');
  await demo.until('err', 'profiles reloaded');
  expect((await rig.run(['status', '--grpc', demo.grpc])).code).toBe(0);
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(0);
});

test('a port that is taken is told as for serve', async () => {
  const { grpc, mqtt } = await rig.gateway();
  const demo = rig.start(['demo'], {
    MILLPOND_MQTT_LISTEN: mqtt,
    MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
    MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
  });
  expect(await demo.ended).toBe(1);
  expect(demo.told.err).toContain('PORT_IN_USE');
  expect(demo.told.err).toContain(mqtt);
  expect(grpc).not.toBe('');
});

test.each([
  ['--rate', '0'],
  ['--devices', '1.5'],
  ['--seed', 'x'],
])('%s %s is an error of usage', async (...args) => {
  const { code, err } = await rig.run(['demo', ...args]);
  expect(code).toBe(2);
  expect(err).toContain('code: USAGE');
});
