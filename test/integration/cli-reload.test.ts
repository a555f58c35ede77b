// `millpond reload` and SIGHUP: profiles are taken anew while the gateway runs, as a whole or not at all.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliRig, publish, type RunningGateway, readingsOf } from './cli-rig.ts';

const rig = new CliRig();
const folder = join(rig.folder, 'profiles');
let gateway: RunningGateway;
let sent = 0;

beforeAll(async () => {
  mkdirSync(folder);
  write('one');
  gateway = await rig.gateway(['serve'], { MILLPOND_PROFILES: folder });
});
afterAll(() => rig.close());

function write(metric: string, rest = ''): void {
  const reading = `readings: [{ at: v, metric: ${metric} }]`;
  const yaml = `profile: mill\nmatch: ["mill/{device}"]\nformat: json\n${reading}\n${rest}`;
  writeFileSync(join(folder, 'mill.yaml'), yaml);
}

/** What the next message's value is called. */
async function metricNow(): Promise<string | undefined> {
  await publish(gateway.mqtt, [['mill/a', `{"v":${sent}}`]]);
  const { out } = await rig.run([
    'tail',
    '--grpc',
    gateway.grpc,
    '--from',
    String(sent),
    '--stop-at-end',
    '--json',
  ]);
  sent += 1;
  return readingsOf(out)[0]?.metric;
}

const reload = () => rig.run(['reload', '--grpc', gateway.grpc]);

test('a changed profile counts for what comes after the reload', async () => {
  expect(await metricNow()).toBe('one');
  write('two');
  expect(await metricNow()).toBe('one');
  const { code, out } = await reload();
  expect(code).toBe(0);
  expect(out).toMatch(/^\d+ profiles are in use\n$/);
  expect(await metricNow()).toBe('two');
});

test('a broken one is refused with its place, and the old one goes on', async () => {
  write('three', 'formt: json\n');
  const { code, err } = await reload();
  expect(code).not.toBe(0);
  expect(err).toContain('PROFILE_INVALID');
  expect(err).toContain('mill.yaml:5:1: formt: there is no such field; did you mean format?');
  expect(await metricNow()).toBe('two');
});

test('SIGHUP does the same, and the log says what came of it', async () => {
  gateway.child.kill('SIGHUP');
  await gateway.until('err', 'The profiles stay as they were');
  expect(await metricNow()).toBe('two');
  write('three');
  const told = gateway.told.err.length;
  gateway.child.kill('SIGHUP');
  await gateway.until('err', new RegExp(`^[^]{${told},}profiles reloaded`));
  expect(await metricNow()).toBe('three');
});
