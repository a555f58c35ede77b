// What somebody should look at, as a running gateway tells it over REST.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { get, type Json } from '../support/rest.ts';
import { CliRig, publish } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

const gatewayOf = (rig: CliRig) => rig.gateway(['serve'], { MILLPOND_LOG_DEAD_LETTERS_MAX: '5' });

async function alertsOf(http: string): Promise<Json[]> {
  return (await get<{ alerts: Json[] }>(http, '/status')).alerts;
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
