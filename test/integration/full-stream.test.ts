// A stream that refuses, from end to end: the gateway as a process, filled by its publishers, emptied
// by the consumer that it keeps its readings for.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { collectEvents, connectTelemetry, readingsOf } from '../support/readings.ts';
import { CliRig } from './cli-rig.ts';

const config = `
streams:
  - name: tight
    match: { topics: [tight/#] }
    retention: { bytes: 64KiB, hardBytes: 64KiB, protect: [reader] }
    onFull: refuse
`;

/** Values published one after the other, up to the first that is refused. */
async function fill(client: MqttClient, stored: Set<number>): Promise<number> {
  for (let first = 0; ; first += 500) {
    const values = Array.from({ length: 500 }, (_, index) => first + index);
    const refused = await Promise.all(
      values.map((value) =>
        client.publishAsync('tight/a/power', String(value), { qos: 1 }).then(
          () => {
            stored.add(value);
            return null;
          },
          (error: { code?: number }) => error.code ?? null,
        ),
      ),
    );
    const code = refused.find((each) => each !== null);
    if (code !== undefined && code !== null) return code;
  }
}

async function valuesOf(client: TelemetryServiceClient, stream: string) {
  const readings = readingsOf(await collectEvents(client, { stream, stopAtEnd: true }));
  return readings.map(({ offset, value }) => ({
    offset: Number(offset),
    value: value?.$case === 'number' ? value.value : Number.NaN,
  }));
}

test('it holds its publishers back, loses nothing of theirs, and takes more once it was read', async () => {
  const rig = new CliRig();
  onTestFinished(() => rig.close());
  writeFileSync(join(rig.folder, 'millpond.yaml'), config);
  const gateway = await rig.gateway();
  const telemetry = connectTelemetry(gateway.grpc);
  onTestFinished(() => telemetry.close());
  const connect = async (protocolVersion: 4 | 5) => {
    const client = await connectAsync(`mqtt://${gateway.mqtt}`, { protocolVersion });
    onTestFinished(() => void client.end(true));
    return client;
  };

  // MQTT 5 is told, and what it was not told of is stored.
  const five = await connect(5);
  const stored = new Set<number>();
  expect(await fill(five, stored)).toBe(0x97);
  const before = await valuesOf(telemetry, 'tight');
  expect(before.map(({ offset }) => offset)).toEqual([...before.keys()]);
  expect(new Set(before.map(({ value }) => value))).toEqual(stored);

  // Another stream takes its readings, and QoS 0 is a loss that is counted.
  await five.publishAsync('free/a/power', '7', { qos: 1 });
  expect(await valuesOf(telemetry, 'readings')).toMatchObject([{ value: 7 }]);
  await five.publishAsync('tight/a/power', '1', { qos: 0 });
  await five.publishAsync('free/a/power', '8', { qos: 1 });

  // 3.1.1 waits, and has its acknowledgement once the consumer has read.
  const four = await connect(4);
  let isAcknowledged = false;
  const waiting = four.publishAsync('tight/b/power', '-1', { qos: 1 }).then(() => {
    isAcknowledged = true;
  });
  await five.publishAsync('free/a/power', '9', { qos: 1 });
  expect(isAcknowledged).toBe(false);
  expect(await valuesOf(telemetry, 'tight')).toHaveLength(before.length);

  await new Promise<void>((resolve, reject) => {
    const nextOffset = BigInt(before.length);
    telemetry.commit({ stream: 'tight', consumer: 'reader', nextOffset }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  await waiting;
  const after = await valuesOf(telemetry, 'tight');
  expect(after.at(-1)).toEqual({ offset: before.length, value: -1 });
  await five.publishAsync('tight/a/power', '5', { qos: 1 });
});
