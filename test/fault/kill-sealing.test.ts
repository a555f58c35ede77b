// The same promise while rows are sealed, segments registered and the oldest dropped: after a SIGKILL
// at any of those moments the offsets go on without a hole, what is kept is whole, and what was
// dropped before a consumer had read it is on record to the offset.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { AdminServiceClient, type Loss } from '../../src/generated/millpond/v1/admin_service.ts';
import type { SubscribeResponse } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { checkBooks } from '../support/check-books.ts';
import {
  type GatewayProcess,
  makeFolder,
  portOf,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';
import { ResendingPublisher } from '../support/resending-publisher.ts';

const KILLS = Number(process.env.TEST_KILLS ?? 8);
const DEVICES = 5;
const WINDOW = 200;
/** Acknowledged in one life at most: enough for some seals. */
const LIFE_READINGS_MAX = 4000;

const CONFIG = `
log:
  sealRows: 1000
streams:
  - name: readings
    retention: { bytes: 64KiB }
`;

let folder = '';
let gateway: GatewayProcess | null = null;

afterEach(async () => {
  await gateway?.kill();
  removeFolder(folder);
});

test(`keeps its books through ${KILLS} kills while it seals and drops`, {
  timeout: 60_000 + KILLS * 10_000,
}, async () => {
  const random = randomFrom(chooseSeed());
  folder = makeFolder('kill-sealing');
  const data = join(folder, 'data');
  const config = join(folder, 'millpond.yaml');
  writeFileSync(config, CONFIG);
  const start = (): Promise<GatewayProcess> => startGateway(data, {}, ['--config', config]);
  const publishers = Array.from(
    { length: DEVICES },
    (_, index) => new ResendingPublisher(`device${index}`, WINDOW),
  );
  for (let kill = 0; kill < KILLS; kill++) {
    gateway = await start();
    if (kill === 0) await commitAtStart(gateway);
    const port = portOf(gateway.addresses.mqtt);
    const connecting = publishers.map((publisher) =>
      publisher.connect(port).catch(() => undefined),
    );
    const until = acknowledged(publishers) + random() * LIFE_READINGS_MAX;
    while (acknowledged(publishers) < until) await nextTurn();
    await gateway.kill();
    await Promise.all(connecting);
    for (const publisher of publishers) publisher.disconnect();
  }

  gateway = await start();
  const port = portOf(gateway.addresses.mqtt);
  await Promise.all(publishers.map((publisher) => publisher.connect(port)));
  await Promise.all(publishers.map((publisher) => publisher.finish()));
  // Sealing and dropping go on for a while: what is read is what is on record once they rest.
  const running = gateway;
  let events: SubscribeResponse[] = [];
  let losses: Loss[] = [];
  await expect
    .poll(async () => {
      events = await readFromStart(running);
      losses = await lossesOf(running);
      return { low: lowOf(events), lost: Number(losses[0]?.nextOffset) };
    })
    .toSatisfy(({ low, lost }) => low === lost);
  const low = lowOf(events);
  const readings = readingsOf(events);
  expect(readings.map(({ offset }) => Number(offset))).toEqual(
    readings.map((_, index) => low + index),
  );
  for (const publisher of publishers) checkBooks(publisher, readings, true);

  // It did seal, and did drop.
  expect(low).toBeGreaterThan(0);
  expect(events[0]?.event).toEqual({
    $case: 'gap',
    value: { firstOffset: 0n, nextOffset: BigInt(low), reason: 'retention_bytes' },
  });
  expect(losses).toHaveLength(1);
  expect(losses[0]).toMatchObject({ reason: 'retention_bytes', firstOffset: 0n });
  expect(Number(losses[0]?.count)).toBe(low);
  const files = readdirSync(join(data, 'streams', 'readings'));
  expect(files.filter((name) => !name.endsWith('.parquet'))).toEqual([]);
  expect(readdirSync(data)).not.toContain('quarantine');
  console.log(`${low} dropped, ${readings.length} kept, ${files.length} segments`);
});

function acknowledged(publishers: readonly ResendingPublisher[]): number {
  return publishers.reduce((sum, publisher) => sum + publisher.acknowledged.size, 0);
}

async function readFromStart({ addresses }: GatewayProcess): Promise<SubscribeResponse[]> {
  const telemetry = connectTelemetry(addresses.grpc);
  try {
    const start = { $case: 'offset', value: 0n } as const;
    return await collectEvents(telemetry, { start, stopAtEnd: true });
  } finally {
    telemetry.close();
  }
}

/** The first offset that is kept. */
function lowOf(events: readonly SubscribeResponse[]): number {
  return Number(readingsOf(events)[0]?.offset);
}

/** A consumer that has read nothing yet: whatever goes is its loss. */
async function commitAtStart({ addresses }: GatewayProcess): Promise<void> {
  const telemetry = connectTelemetry(addresses.grpc);
  await new Promise<void>((resolve, reject) => {
    telemetry.commit({ stream: '', consumer: 'slow', nextOffset: 0n }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  telemetry.close();
}

async function lossesOf({ addresses }: GatewayProcess): Promise<Loss[]> {
  const admin = new AdminServiceClient(addresses.grpc, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      admin.listLosses({ stream: '', pageSize: 0, pageToken: '' }, (error, response) =>
        error === null ? resolve(response.losses) : reject(error),
      );
    });
  } finally {
    admin.close();
  }
}
