// Killed while dead letters are decoded again: each of them is a letter or a reading, never both, and
// in the end all are readings once, in their order and with their times.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import {
  AdminServiceClient,
  type ReprocessDeadLettersResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, rawRequest } from '../support/publish.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { connectTelemetry, readAll } from '../support/readings.ts';

const LETTERS = 240;
const KILLS = 3;

function reprocess(
  client: AdminServiceClient,
  fromId: bigint,
): Promise<ReprocessDeadLettersResponse> {
  const request = { filter: undefined, fromId, limit: 9 };
  return new Promise((resolve, reject) => {
    client.reprocessDeadLetters(request, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

test(`letters become readings once through ${KILLS} kills`, async () => {
  const random = randomFrom(chooseSeed());
  const folder = makeFolder('reprocess');
  const profiles = join(folder, 'profiles');
  mkdirSync(profiles);
  const write = (how: string): void =>
    writeFileSync(
      join(profiles, 'mill.yaml'),
      `profile: mill\nmatch: ["mill/{device}"]\nformat: json\n${how}\nreadings: [{ at: v, metric: power }]\n`,
    );
  write('');
  let gateway: GatewayProcess | null = null;
  const start = async (): Promise<GatewayProcess> => {
    gateway = await startGateway(join(folder, 'data'), { MILLPOND_PROFILES: profiles });
    return gateway;
  };
  onTestFinished(async () => {
    await gateway?.kill();
    removeFolder(folder);
  });
  const { addresses } = await start();
  const telemetry = connectTelemetry(addresses.grpc);
  const requests = Array.from({ length: LETTERS }, (_, index) =>
    rawRequest(`mill/d${index % 3}`, `{"v":"${index}"}`),
  );
  expect(await publishAll(telemetry, requests)).toBe(LETTERS);
  telemetry.close();
  expect(await readAll(addresses.grpc)).toEqual([]);
  await gateway!.kill();

  write('coerce: true');
  for (let life = 0; life <= KILLS; life++) {
    const { grpc } = (await start()).addresses;
    const admin = new AdminServiceClient(grpc, credentials.createInsecure());
    const pages = life < KILLS ? 1 + Math.floor(random() * 6) : Number.POSITIVE_INFINITY;
    let next: bigint | undefined = 0n;
    for (let page = 0; page < pages && next !== undefined; page++) {
      next = (await reprocess(admin, next)).nextId;
    }
    if (life < KILLS) {
      // It dies somewhere in the next page.
      const inTheMiddle = reprocess(admin, next ?? 0n).catch(() => undefined);
      await gateway!.kill();
      await inTheMiddle;
    }
    admin.close();
  }
  const readings = await readAll(gateway!.addresses.grpc);
  const values = readings.map(({ value }) => (value?.$case === 'number' ? value.value : -1));
  expect(values).toEqual(Array.from({ length: LETTERS }, (_, index) => index));
  const times = readings.map(({ receivedAtUs }) => receivedAtUs);
  expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
  expect(times.at(-1)! < BigInt(Date.now()) * 1000n).toBe(true);
});
