// Pins what the adapter relies on in aedes itself, so that another version is known by what it
// changes: the order of hook and acknowledgement, and the inside that the adapter reaches into.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import { expect, onTestFinished, test } from 'vitest';
import { connectPacket, pingPacket, publishPacket, type } from './mqtt-bytes.ts';
import { RawClient } from './mqtt-rig.ts';

type Decide = (error?: Error | null) => void;

async function bareBroker(options: AedesOptions = {}) {
  const decisions: Decide[] = [];
  const aedes = await Aedes.createBroker({
    authorizePublish: (_client, _packet, decide) => decisions.push(decide),
    ...options,
  });
  const server = createServer((socket) => void aedes.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  const client = new RawClient(socket);
  onTestFinished(() => {
    client.destroy();
    server.close();
    aedes.close();
  });
  return { aedes, client, decisions };
}

function publishes(count: number, version: 4 | 5 = 4): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      publishPacket({ topic: 'a', qos: 1, messageId: index + 1, version }),
    ),
  );
}

test('the hook is called for all packets of a chunk before any is decided', async () => {
  const { client, decisions } = await bareBroker();
  client.send(connectPacket());
  await client.body(type.connack);
  client.send(publishes(3), pingPacket);
  await client.body(type.pingresp);
  expect(decisions).toHaveLength(3);
  expect(client.packets.all.map((each) => each.type)).toEqual([type.connack, type.pingresp]);
});

test('a PUBACK goes out when its own decision is made, in the order of the decisions', async () => {
  const { client, decisions } = await bareBroker();
  client.send(connectPacket());
  await client.body(type.connack);
  client.send(publishes(3), pingPacket);
  await client.body(type.pingresp);
  for (const index of [1, 0, 2]) decisions[index]?.();
  await client.packets.count(5);
  const acknowledged = client.packets.all.filter((each) => each.type === type.puback);
  expect(acknowledged.map(({ body }) => body.readUInt16BE(0))).toEqual([2, 1, 3]);
});

test('an error closes a 3.1.1 connection, and is a PUBACK with 0x87 in MQTT 5', async () => {
  const first = await bareBroker();
  first.client.send(connectPacket());
  await first.client.body(type.connack);
  first.client.send(publishes(1), pingPacket);
  await first.client.body(type.pingresp);
  first.decisions[0]?.(new Error('no'));
  await first.client.closed;
  expect(first.client.packets.all.map((each) => each.type)).not.toContain(type.puback);

  const second = await bareBroker();
  second.client.send(connectPacket({ version: 5 }));
  await second.client.body(type.connack);
  second.client.send(publishes(1, 5), pingPacket);
  await second.client.body(type.pingresp);
  second.decisions[0]?.(new Error('no'));
  expect(await second.client.body(type.puback)).toMatch(/^000187/);
});

test('a packet that is marked as not authorized is neither answered nor forwarded', async () => {
  const forwarded: string[] = [];
  const { aedes, client } = await bareBroker({
    authorizePublish: (_client, packet, decide) => {
      if (packet.topic === 'a') Object.assign(packet, { _notAuthorized: true });
      decide(null);
    },
  });
  aedes.on('publish', ({ topic }) => {
    if (!topic.startsWith('$SYS')) forwarded.push(topic);
  });
  client.send(connectPacket());
  await client.body(type.connack);
  client.send(publishes(2), publishPacket({ topic: 'b', qos: 1, messageId: 9 }));
  expect(await client.body(type.puback)).toBe('0009');
  expect(forwarded).toEqual(['b']);
});

test('a second copy of a QoS 2 message comes to the hook as well', async () => {
  const { client, decisions } = await bareBroker();
  client.send(connectPacket());
  await client.body(type.connack);
  const publish = publishPacket({ topic: 'a', qos: 2, messageId: 1 });
  client.send(publish, publish, pingPacket);
  await client.body(type.pingresp);
  expect(decisions).toHaveLength(2);
});

test('a will comes to the hook without a command, an identifier or DUP', async () => {
  const wills: object[] = [];
  const { client } = await bareBroker({
    authorizePublish: (_client, packet, decide) => {
      wills.push({ ...packet });
      decide(null);
    },
  });
  const rest = [Buffer.from([0, 1, 0x77]), Buffer.from([0, 1, 0x78])];
  client.send(connectPacket({ flags: 0x0e, rest }));
  await client.body(type.connack);
  client.destroy();
  await expect.poll(() => wills.length).toBe(1);
  expect(wills[0]).toMatchObject({ topic: 'w', qos: 1, retain: false });
  for (const field of ['cmd', 'messageId', 'dup']) expect(wills[0]).not.toHaveProperty(field);
});

test('the inside that the adapter reaches into is there', async () => {
  const { aedes, client } = await bareBroker();
  const ready = once(aedes, 'clientReady');
  client.send(connectPacket());
  const [inside] = await ready;
  const parser = inside._parser;
  const methods = ['parse', '_parseNum', '_parseString', '_parseMessageId', '_parseProperties'];
  const packets = ['_parseConnect', '_parsePublish', '_parseSubscribe', '_parseUnsubscribe'];
  for (const name of [...methods, ...packets, '_emitError']) {
    expect(parser[name], name).toBeTypeOf('function');
  }
  expect(parser).toMatchObject({ _pos: 0, error: null, packet: { length: -1 } });
  expect(parser._list.slice).toBeTypeOf('function');
  expect(inside._keepaliveTimer.refresh).toBeTypeOf('function');
  expect(inside.deliver0).toBeTypeOf('function');
  expect(inside.deliverQoS).toBeTypeOf('function');
  expect(inside).toMatchObject({ subscriptions: {}, _cleanStart: true, clean: true, version: 4 });
  expect(Reflect.get(aedes, 'clients')).toHaveProperty('raw', inside);
  expect(Reflect.get(aedes, 'clearSessionExpiry')).toBeTypeOf('function');
});
