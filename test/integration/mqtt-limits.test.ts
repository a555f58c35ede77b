// Every limit over a real socket: what the client that goes beyond it sees, and what is counted.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { MillpondError } from '../../src/core/errors.ts';
import { createMqttSource } from '../../src/sources/mqtt/mqtt-source.ts';
import {
  bytes,
  connectPacket,
  packet,
  pingPacket,
  publishPacket,
  string,
  subscribePacket,
  type,
} from './mqtt-bytes.ts';
import { FakeIntake, startRig, testConfig } from './mqtt-rig.ts';

describe('a packet that is too large', () => {
  const packetBytesMax = 1024;
  const large = publishPacket({ topic: 'a', payload: 'x'.repeat(2000) });
  const large5 = publishPacket({ topic: 'a', payload: 'x'.repeat(2000), version: 5 });

  test('closes a 3.1.1 connection', async () => {
    const { raw, events, intake } = await startRig({ packetBytesMax });
    const publisher = await raw();
    publisher.send(connectPacket(), large);
    await publisher.closed;
    await events.refusal('packet_too_large');
    expect(intake.messages.all).toEqual([]);
  });

  test('disconnects MQTT 5 with 0x95', async () => {
    const { raw, events } = await startRig({ packetBytesMax });
    const publisher = await raw();
    publisher.send(connectPacket({ version: 5 }), large5);
    expect(await publisher.body(type.disconnect)).toMatch(/^95/);
    await events.refusal('packet_too_large');
  });

  test('is refused by its header, before the rest of it came', async () => {
    const { raw, events } = await startRig({ packetBytesMax });
    const publisher = await raw();
    publisher.send(connectPacket({ version: 5 }), bytes(0x30, 0xff, 0xff, 0x7f, 0x00));
    expect(await publisher.body(type.disconnect)).toMatch(/^95/);
    await events.refusal('packet_too_large');
  });

  test('is refused in CONNECT as well', async () => {
    const { raw, events } = await startRig({ packetBytesMax });
    const client = await raw();
    client.send(connectPacket({ clientId: 'x'.repeat(2000) }));
    await client.closed;
    await events.refusal('packet_too_large');
  });

  test('is one byte over the limit', async () => {
    const { raw } = await startRig({ packetBytesMax });
    const publisher = await raw();
    const fitting = publishPacket({ topic: 'a', payload: 'x'.repeat(1016), qos: 1 });
    expect(fitting.length).toBe(packetBytesMax);
    publisher.send(connectPacket(), fitting);
    await publisher.body(type.puback);
    publisher.send(publishPacket({ topic: 'a', payload: 'x'.repeat(1017), qos: 1 }));
    await publisher.closed;
  });
});

describe('a topic', () => {
  const limits = { topicBytesMax: 16, topicLevelsMax: 4 };

  test.each([
    ['too long', 'x'.repeat(17)],
    ['too long in bytes', 'ü'.repeat(9)],
    ['too deep', 'a/b/c/d/e'],
  ])('that is %s closes a 3.1.1 connection, and an MQTT 5 one with 0x90', async (why, topic) => {
    const { raw, events } = await startRig(limits);
    const publisher = await raw();
    publisher.send(connectPacket(), publishPacket({ topic }));
    await publisher.closed;
    expect((await events.refusal('topic_invalid')).detail).toContain(why.slice(0, 8));
    const publisher5 = await raw();
    publisher5.send(connectPacket({ version: 5 }), publishPacket({ topic, version: 5 }));
    expect(await publisher5.body(type.disconnect)).toBe('9000');
  });

  test('at the limit is taken', async () => {
    const { raw, intake } = await startRig(limits);
    const publisher = await raw();
    const topics = ['x'.repeat(16), 'ü'.repeat(8), 'a/b/c/d'];
    publisher.send(connectPacket(), ...topics.map((topic) => publishPacket({ topic })));
    await intake.messages.count(3);
    expect(intake.topics).toEqual(topics);
  });

  test('of as many levels as the option can allow is taken, and matched', async () => {
    const { client } = await startRig({ topicLevelsMax: 100 });
    const subscriber = await client();
    await subscriber.subscribeAsync('#');
    const topic = 'a/'.repeat(99);
    await subscriber.publishAsync(topic, '1', { qos: 1 });
    expect((await subscriber.received.first()).topic).toBe(topic);
  });

  test('filter beyond the limits closes the connection, MQTT 5 with 0x8F', async () => {
    const { raw } = await startRig(limits);
    const subscriber = await raw();
    const filter = packet(0x82, bytes(0, 1, 0), string('a/b/c/d/#'), bytes(0));
    subscriber.send(connectPacket({ version: 5 }), filter);
    expect(await subscriber.body(type.disconnect)).toBe('8f00');
  });
});

describe('one connection too many', () => {
  test('is told so in CONNACK: 0x03 in 3.1.1, 0x97 in MQTT 5', async () => {
    const { raw, client, events, source } = await startRig({ connectionsMax: 1 });
    const first = await client();
    const second = await raw();
    second.send(connectPacket({ clientId: 'second' }));
    expect(await second.body(type.connack)).toBe('0003');
    await second.closed;
    const third = await raw();
    third.send(connectPacket({ version: 5, clientId: 'third' }));
    expect(await third.body(type.connack)).toBe('009700');
    await third.closed;
    expect((await events.refusal('connections_max')).clientId).toBe('second');
    await first.publishAsync('a', '1', { qos: 1 });
    expect(source.status().connections).toBe(1);
  });

  test('may take over the connection of its own client id', async () => {
    const { client } = await startRig({ connectionsMax: 1 });
    const first = await client({ clientId: 'same', protocolVersion: 5 });
    const told = new Promise((resolve) => first.once('disconnect', resolve));
    const second = await client({ clientId: 'same', protocolVersion: 5 });
    // [MQTT-3.1.4-3]: session taken over.
    expect(await told).toMatchObject({ reasonCode: 0x8e });
    await second.publishAsync('a', '1', { qos: 1 });
  });

  test('of very many is closed without an answer', async () => {
    const { raw, events } = await startRig({ connectionsMax: 1 });
    const open = await Promise.all(Array.from({ length: 18 }, () => raw()));
    await Promise.race(open.map((each) => each.closed));
    expect((await events.refusal('connections_max')).detail).toBe('not answered');
  });
});

test('a client id that is too long is refused: 0x02 in 3.1.1, 0x85 in MQTT 5', async () => {
  const { raw, events } = await startRig({ clientIdBytesMax: 24 });
  for (const [version, answer] of [
    [3, '0002'],
    [4, '0002'],
    [5, '008500'],
  ] as const) {
    const client = await raw();
    client.send(connectPacket({ version, clientId: 'ü'.repeat(13) }));
    expect(await client.body(type.connack)).toBe(answer);
    await client.closed;
  }
  await events.refusal('client_id_invalid');
});

test('a subscription too many is refused in SUBACK, and the others stay', async () => {
  const { client, raw, events } = await startRig({ subscriptionsMax: 2 });
  const subscriber = await client({ clean: false, clientId: 'kept' });
  await subscriber.subscribeAsync(['a', 'b']);
  await subscriber.subscribeAsync('a', { qos: 1 });
  const third = await raw();
  third.send(
    connectPacket(),
    ...['a', 'b', 'c'].map((filter, id) => subscribePacket(filter, 0, id + 1)),
  );
  await third.packets.count(4);
  const answers = third.packets.all.slice(1).map(({ body }) => body.toString('hex'));
  expect(answers.sort()).toEqual(['000100', '000200', '000380']);
  await events.refusal('subscriptions_max');
  await subscriber.unsubscribeAsync('b');
  await subscriber.subscribeAsync('c');
  await subscriber.publishAsync('c', '1');
  await subscriber.received.count(1);
});

test('more filters in one SUBSCRIBE than a client may have close the connection', async () => {
  const { raw, events } = await startRig({ subscriptionsMax: 2 });
  const subscriber = await raw();
  const filters = ['a', 'b', 'c'].flatMap((filter) => [string(filter), bytes(0)]);
  subscriber.send(connectPacket(), packet(0x82, bytes(0, 1), ...filters));
  await subscriber.closed;
  await events.refusal('subscriptions_max');
});

test('a retained message too many is stored and forwarded, and not retained', async () => {
  const { client, intake, events, source } = await startRig({ retainedMax: 1 });
  const both = await client();
  await both.subscribeAsync('+');
  await both.publishAsync('a', '1', { qos: 1, retain: true });
  await both.publishAsync('b', '2', { qos: 1, retain: true });
  await both.publishAsync('a', '3', { qos: 1, retain: true });
  await both.received.count(3);
  expect((await events.refusal('retained_max')).detail).toBe('b');
  expect(intake.topics).toEqual(['a', 'b', 'a']);
  expect(source.status().retained).toBe(1);
  const late = await client();
  await late.subscribeAsync('+');
  const retained = await late.received.first();
  expect(retained).toMatchObject({ topic: 'a', payload: '3' });
});

test('of the sessions whose clients are away the oldest goes when there is one too many', async () => {
  const { client, raw, events, source } = await startRig({ sessionsMax: 2 });
  for (const clientId of ['a', 'b', 'c']) {
    const kept = await client({ clientId, clean: false });
    await kept.subscribeAsync('x', { qos: 1 });
    await kept.endAsync();
    await events.left.first((id) => id === clientId);
  }
  expect((await events.refusal('session_dropped')).clientId).toBe('a');
  expect(source.status().sessions).toBe(2);
  const present: string[] = [];
  for (const clientId of ['c', 'b', 'a']) {
    const back = await raw();
    back.send(connectPacket({ clientId, flags: 0 }));
    present.push(await back.body(type.connack));
  }
  expect(present).toEqual(['0100', '0100', '0000']);
});

test('a connection without CONNECT is closed in time', async () => {
  const { raw, events } = await startRig({ connectTimeoutMs: 50 });
  const silent = await raw();
  await silent.closed;
  await events.refusal('connect_timeout');
});

test('a client that is silent for one and a half keep-alives is cut, and its will published', async () => {
  const { raw, client, events } = await startRig();
  const watcher = await client();
  await watcher.subscribeAsync('gone');
  const silent = await raw();
  const rest = [string('gone'), string('silent')];
  silent.send(connectPacket({ keepalive: 1, flags: 0x06, rest }));
  await silent.closed;
  await events.refusal('keepalive_timeout');
  expect(await watcher.received.first()).toMatchObject({ topic: 'gone', payload: 'silent' });
});

test('a client that is held by back-pressure is not taken for silent', async () => {
  const { raw, intake, events } = await startRig();
  intake.settlesAtOnce = false;
  const publisher = await raw();
  publisher.send(connectPacket({ keepalive: 1 }), publishPacket({ topic: 'a', qos: 1 }));
  await intake.messages.count(1);
  intake.isFull = true;
  publisher.send(publishPacket({ topic: 'b', qos: 1, messageId: 2 }), pingPacket);
  // Longer than one and a half keep-alives: another client's is measured against the same clock.
  const silent = await raw();
  silent.send(connectPacket({ clientId: 'silent', keepalive: 2 }));
  await silent.closed;
  expect((await events.refusal('keepalive_timeout')).clientId).toBe('silent');
  intake.settle();
  intake.settlesAtOnce = true;
  intake.drain();
  expect(await publisher.body(type.puback)).toBe('0001');
  await publisher.body(type.pingresp);
});

describe('start', () => {
  const source = (host: string, port: number) =>
    createMqttSource({
      intake: new FakeIntake(),
      config: { ...testConfig, listen: { host, port } },
    });

  test('resolves with the real address, also of IPv6', async () => {
    const { address } = await startRig();
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  });

  test('says that a port is taken, and can be stopped all the same', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const second = source('127.0.0.1', port);
    const error = await second.start().catch((thrown: MillpondError) => thrown);
    expect(error).toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`mqtt.listen: 127.0.0.1:${port}`),
    });
    await second.stop();
    holder.close();
  });

  test('says that an address is not of this machine', async () => {
    const error = await source('192.0.2.1', 0)
      .start()
      .catch((thrown: MillpondError) => thrown);
    expect(error).toMatchObject({
      code: 'ADDRESS_UNUSABLE',
      message: expect.stringContaining('mqtt.listen'),
    });
  });
});
