// A Sparkplug node that goes on with its aliases after a restart of the gateway: it is asked for its birth
// over MQTT, understood from then on, and what came before becomes readings by one command.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { readSparkplugPayload } from '../../src/decode/builtin/sparkplug-payload.ts';
import { CliRig, type RunningGateway } from './cli-rig.ts';

const rigs: CliRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

function makeRig(): CliRig {
  const rig = new CliRig();
  rigs.push(rig);
  return rig;
}

function payloadOf(seq: number, name: string | null, value: number): Buffer {
  const writer = new BinaryWriter();
  writer.uint32(18).fork();
  if (name !== null) writer.uint32(10).string(name);
  writer.uint32(16).uint64(1).uint32(32).uint32(10).uint32(105).double(value).join();
  writer.uint32(24).uint64(seq);
  return Buffer.from(writer.finish());
}

/** A node that is connected, and the commands that it gets, in order. */
async function connectNode(gateway: RunningGateway) {
  const client = await connectAsync(`mqtt://${gateway.mqtt}`, { reconnectPeriod: 0 });
  const commands: { topic: string; payload: Buffer; isRetained: boolean }[] = [];
  let arrived = (): void => undefined;
  client.on('message', (topic, payload, { retain }) => {
    commands.push({ topic, payload, isRetained: retain });
    arrived();
  });
  await client.subscribeAsync(['spBv1.0/G1/NCMD/E1', 'mark']);
  const command = async (count: number) => {
    while (commands.length < count) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
    return commands[count - 1]!;
  };
  return { client, command, commands };
}

const send = (client: MqttClient, type: string, payload: Buffer) =>
  client.publishAsync(`spBv1.0/G1/${type}/E1`, payload, { qos: 1 });

async function valuesIn(rig: CliRig, gateway: RunningGateway): Promise<unknown[]> {
  const args = ['tail', '--from', 'earliest', '--stop-at-end', '--json', '--grpc', gateway.grpc];
  const { out } = await rig.run(args);
  const lines = out.split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { value: unknown }).value);
}

test('is asked for its birth, and nothing that it sent is lost', async () => {
  const rig = makeRig();
  const first = await rig.gateway(['serve']);
  const before = await connectNode(first);
  await send(before.client, 'NBIRTH', payloadOf(0, 'temperature', 20));
  await send(before.client, 'NDATA', payloadOf(1, null, 21));
  await before.client.endAsync();
  expect(before.commands).toEqual([]);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);

  const gateway = await rig.gateway(['serve']);
  const { client, command, commands } = await connectNode(gateway);
  await send(client, 'NDATA', payloadOf(2, null, 22));
  const { topic, payload, isRetained } = await command(1);
  expect([topic, isRetained]).toEqual(['spBv1.0/G1/NCMD/E1', false]);
  const { metrics, seq, timestampMs } = readSparkplugPayload(payload);
  expect(metrics).toMatchObject([{ name: 'Node Control/Rebirth', form: 'boolean', number: 1 }]);
  expect(seq).toBeUndefined();
  expect(Math.abs(Number(timestampMs) - Date.now())).toBeLessThan(3_600_000);

  await send(client, 'NBIRTH', payloadOf(0, 'temperature', 23));
  await send(client, 'NDATA', payloadOf(1, null, 24));
  // What the gateway publishes is no reading, and the node is asked once.
  expect(commands.length).toBe(1);
  expect(await valuesIn(rig, gateway)).toEqual([20, 21, 23, 24]);
  const args = ['dead-letters', 'reprocess', '--reason', 'alias_unknown', '--grpc', gateway.grpc];
  expect((await rig.run(args)).code).toBe(0);
  expect(await valuesIn(rig, gateway)).toEqual([20, 21, 23, 24, 22]);
  // The count of messages went on from the birth, not from the old message.
  await send(client, 'NDATA', payloadOf(2, null, 25));
  const metricsPage = await (await fetch(`http://${gateway.http}/metrics`)).text();
  expect(metricsPage).toMatch(/^millpond_sparkplug_rebirths_total 1$/m);
  expect(metricsPage).toMatch(/^millpond_dropped_values_total\{reason="sequence_gap"\} 0$/m);
  await client.endAsync();
});

test('is asked for nothing where the config says so', async () => {
  const rig = makeRig();
  const gateway = await rig.gateway(['serve'], { MILLPOND_MQTT_SPARKPLUG_REBIRTH: 'false' });
  const { client, command } = await connectNode(gateway);
  await send(client, 'NDATA', payloadOf(0, null, 22));
  // A command would have been published before the acknowledgement.
  await client.publishAsync('mark', '1', { qos: 1 });
  expect((await command(1)).topic).toBe('mark');
  await client.endAsync();
});
