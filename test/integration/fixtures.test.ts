// Real messages through the running gateway: published over MQTT, read back over gRPC.

import { credentials } from '@grpc/grpc-js';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdminServiceClient } from '../../src/generated/millpond/v1/admin_service.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import {
  type Answer,
  type Fixture,
  isSame,
  loadFixtures,
  pair,
  payloadOf,
  supportedFamilies,
} from '../support/fixtures.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';

const fixtures = loadFixtures().filter(
  ({ family, transport }) => transport === 'mqtt' && supportedFamilies.has(family),
);

function toAnswer({ device, channel, metric, value, measuredAtUs }: Reading): Answer {
  const plain = value?.$case === 'text' ? value.value : (value?.value ?? Number.NaN);
  return { device, channel, metric, value: plain, measuredAtUs: Number(measuredAtUs) };
}

describe.skipIf(fixtures.length === 0)('real messages through the gateway', () => {
  let folder: string;
  let gateway: GatewayProcess;
  let telemetry: TelemetryServiceClient;
  let admin: AdminServiceClient;

  beforeAll(async () => {
    folder = makeFolder('fixtures');
    gateway = await startGateway(folder);
    telemetry = connectTelemetry(gateway.addresses.grpc);
    admin = new AdminServiceClient(gateway.addresses.grpc, credentials.createInsecure());
  });

  afterAll(async () => {
    telemetry.close();
    admin.close();
    await gateway.stop();
    removeFolder(folder);
  });

  function totals(): Promise<{ end: bigint; deadLetters: bigint }> {
    return new Promise((resolve, reject) => {
      admin.getStatus({}, (error, status) => {
        if (error !== null) reject(error);
        else
          resolve({ end: status.streams[0]?.highWatermark ?? 0n, deadLetters: status.deadLetters });
      });
    });
  }

  /**
   * As often as the sample says, all at once. Whether the broker took it: a topic that the standard
   * forbids costs the connection.
   */
  async function publish({ topic = '', retain = false, ...fixture }: Fixture): Promise<boolean> {
    const payload = payloadOf(fixture as Fixture);
    const client = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, { reconnectPeriod: 0 });
    client.on('error', () => undefined);
    const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
    const times = Array.from({ length: fixture.repeat ?? 1 }, () =>
      client.publishAsync(topic, payload, { qos: 1, retain }),
    );
    const taken = Promise.all(times).then(
      () => true,
      () => false,
    );
    const isTaken = await Promise.race([taken, closed]);
    await client.endAsync(true);
    return isTaken;
  }

  test('are some of every family', () => {
    expect(new Set(fixtures.map(({ family }) => family))).toEqual(supportedFamilies);
  });

  test.each(fixtures)('$id: $expect', async (fixture) => {
    const before = await totals();
    const isTaken = await publish(fixture);
    const after = await totals();
    const events = await collectEvents(telemetry, {
      start: { $case: 'offset', value: before.end },
      stopAtEnd: true,
    });
    const answers = readingsOf(events).map(toAnswer);

    for (const forbidden of fixture.must_not ?? []) {
      expect(answers.filter((answer) => isSame(answer, forbidden))).toEqual([]);
    }
    if (fixture.uncertain) return;
    expect(isTaken).toBe(true);
    expect(pair(fixture, answers).every((found) => found !== undefined)).toBe(true);
    if (fixture.expect !== 'readings') expect(answers).toEqual([]);
    // What comes again within a moment is stored once.
    const stored = answers.map(({ device, channel, metric }) => [device, channel, metric].join());
    if (fixture.repeat !== undefined) expect(new Set(stored).size).toBe(stored.length);
    // tasmota-09 has one good and one impossible probe: the first is stored, the message kept.
    const hasBadPart = fixture.expect === 'dead_letter' || fixture.id === 'tasmota-09';
    expect(after.deadLetters - before.deadLetters).toBe(hasBadPart ? 1n : 0n);
  });
});
