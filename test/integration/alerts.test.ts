// What somebody should look at, as a running gateway tells it over REST and in the terminal.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { get, type Json } from '../support/rest.ts';
import { CliRig, publish, temperatures } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

const gatewayOf = (rig: CliRig) => rig.gateway(['serve'], { MILLPOND_LOG_DEAD_LETTERS_MAX: '5' });

/** But for slow commits, which a busy machine may have. */
const steady = (alerts: readonly Json[]): Json[] =>
  alerts.filter(({ code }) => code !== 'commits_slow');

async function alertsOf(http: string): Promise<Json[]> {
  return steady((await get<{ alerts: Json[] }>(http, '/status')).alerts);
}

/** Five are kept, and the first two are recorded as a loss. */
const broken = Array.from({ length: 7 }, (_, index) => ['broken', `{bad ${index}`] as const);

test('what went wrong just before a restart is told after it', async () => {
  const first = await gatewayOf(rig);
  await publish(first.mqtt, broken.slice(0, 5));
  await publish(first.mqtt, broken.slice(5));
  const told = [
    {
      code: 'losses',
      severity: 'critical',
      message: 'Readings or messages were lost within the last hour: dead_letters_full.',
    },
    { code: 'dead_letters', severity: 'warning', message: expect.stringMatching(/^5 messages /) },
  ];
  expect(await alertsOf(first.http)).toMatchObject(told);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await gatewayOf(rig);
  expect(await alertsOf(second.http)).toMatchObject(told);

  // Thrown away by somebody: that is a loss, and no news.
  const purge = ['dead-letters', 'purge', '--all', '--grpc', second.grpc];
  expect((await rig.run(purge)).code).toBe(0);
  expect(await alertsOf(second.http)).toMatchObject(told.slice(0, 1));
});

const config = `
serial:
  - { path: /dev/serial/by-id/nowhere, name: meter, profile: sketch-lines }
streams:
  - { name: attic, match: { devices: [attic] }, retention: { age: 3.5h } }
`;

test('status shows what the alerts over REST say, with what to do about it', async () => {
  writeFileSync(join(rig.folder, 'millpond.yaml'), config);
  const { mqtt, grpc, http } = await rig.gateway();
  await publish(mqtt, [...temperatures('attic', 0, 3), ...broken.slice(0, 1)]);
  const seek = ['consumers', 'seek', 'slow', '--stream', 'attic', '--to', '0', '--grpc', grpc];
  expect((await rig.run(seek)).code).toBe(0);

  const alerts = await alertsOf(http);
  expect(alerts.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'consumer_loses_data attic/slow',
    'serial_port_closed meter',
    'dead_letters ',
  ]);
  const json = await rig.run(['status', '--json', '--grpc', grpc]);
  expect(steady(JSON.parse(json.out).alerts)).toEqual(alerts);

  const { code, out } = await rig.run(['status', '--grpc', grpc]);
  expect(code).toBe(0);
  for (const { subject, message, remedy } of alerts) {
    const name = subject === '' ? '' : ` ${subject}`;
    expect(out).toContain(`\nWARNING${name}: ${message}\n    ${remedy}\n`);
  }
  const loses = 'It is 3 readings behind, and begins to lose some in 3 hours.';
  expect(out.split('\n').slice(1, 3)).toEqual(['', `WARNING attic/slow: ${loses}`]);
});
