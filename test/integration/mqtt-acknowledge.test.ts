// The promise of the source: an acknowledgement means that the message was settled.
import { describe, expect, test } from 'vitest';
import { MillpondError } from '../../src/core/errors.ts';
import { bytes, connectPacket, packet, pingPacket, publishPacket, type } from './mqtt-bytes.ts';
import { startRig } from './mqtt-rig.ts';

const full = new MillpondError('LOG_WRITE_FAILED', 'the disk is full');

describe('a PUBLISH is acknowledged', () => {
  test.each([
    [3, 0],
    [3, 1],
    [3, 2],
    [4, 0],
    [4, 1],
    [4, 2],
    [5, 0],
    [5, 1],
    [5, 2],
  ] as const)('in MQTT version %i at QoS %i', async (version, qos) => {
    const { client, intake } = await startRig();
    const options = { protocolVersion: version, protocolId: version === 3 ? 'MQIsdp' : 'MQTT' };
    const publisher = await client(options as never);
    await publisher.publishAsync('boiler/temperature', '71.5', { qos });
    await intake.messages.count(1);
    expect(intake.messages.all).toEqual([
      {
        source: 'mqtt',
        topic: 'boiler/temperature',
        payload: '71.5',
        receivedAtUs: expect.any(Number),
        isRetained: false,
        isRedelivered: false,
        isRefusable: qos > 0,
      },
    ]);
  });

  test.each([
    [1, type.puback, '0007'],
    [2, type.pubrec, '0007'],
  ] as const)('at QoS %i only after it was settled', async (qos, answer, body) => {
    const { raw, intake } = await startRig();
    intake.settlesAtOnce = false;
    const publisher = await raw();
    publisher.send(connectPacket(), publishPacket({ topic: 'a', qos, messageId: 7 }), pingPacket);
    await intake.messages.count(1);
    // The answer to PINGREQ, sent behind, is there: the one to PUBLISH would be too.
    await publisher.body(type.pingresp);
    expect(publisher.packets.all.map((each) => each.type)).not.toContain(answer);
    intake.settle();
    expect(await publisher.body(answer)).toBe(body);
  });

  test('in the order of arrival', async () => {
    const { raw, intake } = await startRig();
    intake.settlesAtOnce = false;
    const publisher = await raw();
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    publisher.send(
      connectPacket(),
      ...ids.map((messageId) =>
        publishPacket({ topic: 'a', payload: `${messageId}`, qos: 1, messageId }),
      ),
    );
    await intake.messages.count(ids.length);
    expect(intake.payloads).toEqual(ids.map(String));
    while (publisher.packets.all.length < 1 + ids.length) {
      intake.settle(null, 7);
      await publisher.packets.count(Math.min(1 + ids.length, publisher.packets.all.length + 7));
    }
    const acknowledged = publisher.packets.all.filter((each) => each.type === type.puback);
    expect(acknowledged.map(({ body }) => body.readUInt16BE(0))).toEqual(ids);
  });

  test('with its retain and duplicate flags kept', async () => {
    const { raw, intake } = await startRig();
    const publisher = await raw();
    const retained = packet(0x33, bytes(0, 1), Buffer.from('r'), bytes(0, 1), Buffer.from('1'));
    publisher.send(
      connectPacket(),
      retained,
      publishPacket({ topic: 'd', qos: 1, dup: true, messageId: 2 }),
    );
    const [first, second] = await intake.messages.count(2);
    expect(first).toMatchObject({ topic: 'r', isRetained: true, isRedelivered: false });
    expect(second).toMatchObject({ topic: 'd', isRetained: false, isRedelivered: true });
  });
});

describe('a message that could not be stored', () => {
  test('is not acknowledged: a 3.1.1 connection is closed, and the client sends it again', async () => {
    const { raw, intake, events } = await startRig();
    intake.settlesAtOnce = false;
    const first = await raw();
    first.send(connectPacket({ flags: 0 }), publishPacket({ topic: 'a', qos: 1, messageId: 9 }));
    await intake.messages.count(1);
    intake.settle(full);
    await first.closed;
    expect(first.packets.all.map((each) => each.type)).toEqual([type.connack]);
    expect((await events.refusal('not_stored')).detail).toBe('the disk is full');

    intake.settlesAtOnce = true;
    const second = await raw();
    const again = publishPacket({ topic: 'a', qos: 1, messageId: 9, dup: true });
    second.send(connectPacket({ flags: 0 }), again);
    expect(await second.body(type.puback)).toBe('0009');
    expect(intake.messages.all[1]).toMatchObject({ topic: 'a', isRedelivered: true });
  });

  test('disconnects an MQTT 5 client with 0x89 and no PUBACK', async () => {
    const { raw, intake } = await startRig();
    intake.settlesAtOnce = false;
    const publisher = await raw();
    publisher.send(
      connectPacket({ version: 5 }),
      publishPacket({ topic: 'a', qos: 1, version: 5 }),
    );
    await intake.messages.count(1);
    intake.settle(full);
    expect(await publisher.body(type.disconnect)).toBe('8900');
    await publisher.closed;
    expect(publisher.packets.all.map((each) => each.type)).not.toContain(type.puback);
  });

  test('closes only the connection of its publisher', async () => {
    const { client, raw, intake } = await startRig();
    intake.settlesAtOnce = false;
    const failing = await raw();
    failing.send(connectPacket({ clientId: 'failing' }), publishPacket({ topic: 'a', qos: 1 }));
    await intake.messages.count(1);
    const other = await client();
    const acknowledged = other.publishAsync('b', '2', { qos: 1 });
    await intake.messages.count(2);
    intake.settle(full, 1);
    intake.settle(null, 1);
    await acknowledged;
    await failing.closed;
  });

  test('is still forwarded at QoS 0, where there is nothing to withhold', async () => {
    const { client, intake, events } = await startRig();
    intake.settlesAtOnce = false;
    const both = await client();
    await both.subscribeAsync('a');
    await both.publishAsync('a', '1');
    await intake.messages.count(1);
    intake.settle(full);
    await both.received.count(1);
    await events.refusal('not_stored');
    expect(both.connected).toBe(true);
  });
});

describe('a QoS 2 message', () => {
  const publish = publishPacket({ topic: 'once', qos: 2, messageId: 5 });
  const again = publishPacket({ topic: 'once', qos: 2, messageId: 5, dup: true });
  const release = bytes(0x62, 0x02, 0x00, 0x05);

  test('is stored once though sent twice before PUBREL', async () => {
    const { raw, client, intake } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('once', { qos: 2 });
    const publisher = await raw();
    publisher.send(connectPacket(), publish);
    await publisher.body(type.pubrec);
    publisher.send(again);
    await publisher.packets.count(3);
    publisher.send(release);
    expect(await publisher.body(type.pubcomp)).toMatch(/^0005/);
    expect(intake.topics).toEqual(['once']);
    expect(subscriber.received.all).toHaveLength(1);
  });

  test('is stored once though sent again before the first copy was settled', async () => {
    const { raw, client, intake } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('once', { qos: 2 });
    intake.settlesAtOnce = false;
    const first = await raw();
    first.send(connectPacket({ flags: 0 }), publish);
    await intake.messages.count(1);
    const second = await raw();
    second.send(connectPacket({ flags: 0 }), again, pingPacket);
    await second.body(type.pingresp);
    intake.settle();
    expect(await second.body(type.pubrec)).toBe('0005');
    second.send(release);
    await second.body(type.pubcomp);
    expect(intake.topics).toEqual(['once']);
    expect((await subscriber.received.count(1)).length).toBe(1);
  });

  test('is a new one after PUBREL', async () => {
    const { raw, intake } = await startRig();
    const publisher = await raw();
    publisher.send(connectPacket(), publish);
    await publisher.body(type.pubrec);
    publisher.send(release);
    await publisher.body(type.pubcomp);
    publisher.send(publish);
    await intake.messages.count(2);
  });

  test('is a new one in a clean session, whatever the last one left open', async () => {
    const { raw, intake, events } = await startRig();
    const first = await raw();
    first.send(connectPacket(), publish);
    await first.body(type.pubrec);
    first.destroy();
    await events.left.count(1);
    const second = await raw();
    second.send(connectPacket(), publish);
    await second.body(type.pubrec);
    expect(intake.topics).toEqual(['once', 'once']);
  });

  test('that failed is stored when it comes again', async () => {
    const { raw, intake } = await startRig();
    intake.settlesAtOnce = false;
    const first = await raw();
    first.send(connectPacket({ flags: 0 }), publish);
    await intake.messages.count(1);
    intake.settle(full);
    await first.closed;
    intake.settlesAtOnce = true;
    const second = await raw();
    second.send(connectPacket({ flags: 0 }), again);
    expect(await second.body(type.pubrec)).toBe('0005');
    expect(intake.topics).toEqual(['once', 'once']);
  });
});
