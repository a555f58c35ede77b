// The source keeps the contract of every source, and stops without losing what it acknowledged.
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { createMqttSource } from '../../src/sources/mqtt/mqtt-source.ts';
import { describeSource } from '../contract/source.ts';
import { connectPacket, publishPacket, type } from './mqtt-bytes.ts';
import { startRig, testConfig } from './mqtt-rig.ts';

describeSource({
  name: 'mqtt',
  sourceName: 'mqtt',
  create: (intake) => createMqttSource({ intake, config: testConfig }),
  async connect(address) {
    const client = await connectAsync(`mqtt://${address}`, { reconnectPeriod: 0 }, false);
    client.on('error', () => {});
    const closed = new Promise<never>((_, reject) => {
      client.once('close', () => reject(new Error('the connection was closed')));
    });
    closed.catch(() => {});
    return {
      async send(topic, payload) {
        await Promise.race([client.publishAsync(topic, payload, { qos: 1 }), closed]);
      },
      async close() {
        client.end(true);
      },
    };
  },
});

describe('stopping', () => {
  test('tells MQTT 5 clients with 0x8B, and closes the others', async () => {
    const { client, raw, source } = await startRig();
    const five = await client({ protocolVersion: 5 });
    const told = new Promise((resolve) => five.once('disconnect', resolve));
    const four = await raw();
    four.send(connectPacket());
    await four.body(type.connack);
    await source.stop();
    expect(await told).toMatchObject({ reasonCode: 0x8b });
    await four.closed;
    expect(source.status().connections).toBe(0);
  });

  test.each([1, 2] as const)('sends the answers at QoS %i to what was accepted', async (qos) => {
    const { raw, source, intake } = await startRig();
    intake.settlesAtOnce = false;
    const publisher = await raw();
    const count = 100;
    const messages = Array.from({ length: count }, (_, index) =>
      publishPacket({ topic: 'a', qos, messageId: index + 1 }),
    );
    publisher.send(connectPacket(), ...messages);
    await intake.messages.count(count);
    const stopped = source.stop();
    // Comes too late: it is neither taken nor answered.
    publisher.send(publishPacket({ topic: 'late', qos, messageId: 1000 }));
    intake.settle();
    await stopped;
    await publisher.closed;
    const answers = publisher.packets.all.slice(1).map(({ body }) => body.readUInt16BE(0));
    expect(answers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(intake.topics).not.toContain('late');
  });

  test('does not wait beyond its timeout for what is never settled', async () => {
    const { raw, source, intake } = await startRig({}, { stopTimeoutMs: 100 });
    intake.settlesAtOnce = false;
    const publisher = await raw();
    publisher.send(connectPacket(), publishPacket({ topic: 'a', qos: 1 }));
    await intake.messages.count(1);
    await source.stop();
    await publisher.closed;
    expect(publisher.packets.all.map((each) => each.type)).toEqual([type.connack]);
  });

  test('is not held up by a subscriber that does not read', async () => {
    const { raw, client, source } = await startRig();
    const frozen = await raw();
    const subscribe = Buffer.from([0x82, 6, 0, 1, 0, 1, 0x23, 0]);
    frozen.send(connectPacket({ clientId: 'frozen' }), subscribe);
    await frozen.body(type.suback);
    frozen.socket.pause();
    const publisher = await client();
    for (let index = 0; index < 100; index++) {
      await publisher.publishAsync('big', 'x'.repeat(100_000), { qos: 0 });
    }
    await source.stop();
  });

  test('closes a connection that has not sent its CONNECT', async () => {
    const { raw, source } = await startRig();
    const silent = await raw();
    await source.stop();
    await silent.closed;
  });
});
