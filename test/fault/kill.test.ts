// The promise of the whole: what was acknowledged is there after a SIGKILL at any moment, in each
// device's order, and nothing is there twice but what a device sent twice.

import { afterEach, expect, test } from 'vitest';
import { checkBooks } from '../support/check-books.ts';
import {
  type GatewayProcess,
  makeFolder,
  portOf,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { readAll } from '../support/readings.ts';
import { ResendingPublisher } from '../support/resending-publisher.ts';

const KILLS = Number(process.env.TEST_KILLS ?? 20);
const DEVICES = 10;
const WINDOW = 50;
/** The longest a gateway lives between two kills; short enough for the kill to hit its start, too. */
const LIFE_MS_MAX = 400;

let folder = '';
let gateway: GatewayProcess | null = null;

afterEach(async () => {
  await gateway?.kill();
  removeFolder(folder);
});

test(`keeps every acknowledged reading through ${KILLS} kills under load`, {
  timeout: 120_000 + KILLS * 10_000,
}, async () => {
  const random = randomFrom(chooseSeed());
  folder = makeFolder('kill');
  const publishers = Array.from(
    { length: DEVICES },
    (_, index) => new ResendingPublisher(`device${index}`, WINDOW),
  );
  for (let kill = 0; kill < KILLS; kill++) {
    gateway = await startGateway(folder);
    const port = portOf(gateway.addresses.mqtt);
    // One killed before its CONNACK resends in its next life, as the rest do.
    const connecting = publishers.map((publisher) =>
      publisher.connect(port).catch(() => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS_MAX));
    await gateway.kill();
    await Promise.all(connecting);
    for (const publisher of publishers) publisher.disconnect();
  }

  gateway = await startGateway(folder);
  const port = portOf(gateway.addresses.mqtt);
  await Promise.all(publishers.map((publisher) => publisher.connect(port)));
  await Promise.all(publishers.map((publisher) => publisher.finish()));
  const readings = await readAll(gateway.addresses.grpc);

  expect(readings.map(({ offset }) => Number(offset))).toEqual(readings.map((_, index) => index));
  for (const publisher of publishers) checkBooks(publisher, readings);
  const acknowledged = publishers.reduce((sum, { acknowledged: { size } }) => sum + size, 0);
  expect(acknowledged).toBeGreaterThan(KILLS * DEVICES);
  console.log(`${acknowledged} acknowledged, ${readings.length} stored`);
});
