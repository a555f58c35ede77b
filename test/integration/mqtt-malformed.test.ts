// What no client may send: refused with a reason, its connection closed, and nobody else harmed.
import { describe, expect, test } from 'vitest';
import {
  bytes,
  connectPacket,
  disconnectPacket,
  packet,
  pingPacket,
  publishPacket,
  string,
  subscribePacket,
  type,
} from './mqtt-bytes.ts';
import { startRig } from './mqtt-rig.ts';

/** CONNECT with a will: its topic, its payload, its QoS. */
function willConnect(topic: string | Uint8Array, version: 4 | 5 = 4, qos = 0): Buffer {
  const properties = version === 5 ? [bytes(0)] : [];
  return connectPacket({
    version,
    flags: 0x06 | (qos << 3),
    rest: [...properties, string(topic), string('gone')],
  });
}

const broken: Record<string, Uint8Array> = {
  'a NUL': bytes(0x61, 0x00),
  'a control character': bytes(0x61, 0x07),
  'a delete character': bytes(0x61, 0x7f),
  'a C1 control character': bytes(0xc2, 0x85),
  'a non-character': bytes(0xef, 0xbf, 0xbf),
  'a non-character of the Arabic block': bytes(0xef, 0xb7, 0x90),
  'a surrogate': bytes(0xed, 0xa0, 0x80),
  'an overlong slash': bytes(0xc0, 0xaf),
  'a sequence cut short': bytes(0xf0, 0x9f, 0x98),
};

describe('a string with', () => {
  test.each(Object.entries(broken))('%s in it is refused as a topic', async (_name, topic) => {
    const { raw, events, intake } = await startRig();
    const publisher = await raw();
    publisher.send(connectPacket(), publishPacket({ topic, qos: 1 }));
    await publisher.closed;
    await events.refusal('string_invalid');
    expect(intake.messages.all).toEqual([]);
  });

  test.each(Object.entries(broken))('%s in it is told so in MQTT 5', async (_name, topic) => {
    const { raw } = await startRig();
    const publisher = await raw();
    publisher.send(connectPacket({ version: 5 }), publishPacket({ topic, version: 5 }));
    expect(await publisher.body(type.disconnect)).toBe('8100');
    await publisher.closed;
  });

  test('a broken byte in it is refused as client id, user name, filter and will topic', async () => {
    const { raw, events } = await startRig();
    const bad = bytes(0xff);
    const packets = [
      [connectPacket({ clientId: bad })],
      [connectPacket({ flags: 0x82, rest: [string(bad)] })],
      [willConnect(bad)],
      [connectPacket(), subscribePacket(bad)],
    ];
    for (const sent of packets) {
      const client = await raw();
      client.send(...sent);
      await client.closed;
    }
    expect(events.refusals.all.map(({ reason }) => reason)).toEqual(
      packets.map(() => 'string_invalid'),
    );
  });

  test('a genuine U+FFFD, a byte order mark and an emoji in it is taken as it is', async () => {
    const { raw, intake } = await startRig();
    const topic = '\ufeffa\ufffd/😀/Küche';
    const publisher = await raw();
    publisher.send(connectPacket(), publishPacket({ topic, qos: 1 }));
    await publisher.body(type.puback);
    expect(intake.topics).toEqual([topic]);
  });
});

describe('a connection is closed by', () => {
  const cases: Record<string, readonly Uint8Array[]> = {
    'a first packet that is not CONNECT': [pingPacket],
    'bytes of another protocol': [Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    'a second CONNECT': [connectPacket(), connectPacket()],
    'an unknown protocol name': [packet(0x10, string('MQTX'), bytes(4, 2, 0, 60), string('x'))],
    'an unknown protocol version': [packet(0x10, string('MQTT'), bytes(9, 2, 0, 60), string('x'))],
    'a reserved CONNECT flag': [connectPacket({ flags: 0x03 })],
    'a CONNECT that is cut short': [packet(0x10, string('MQTT'), bytes(4, 2, 0))],
    'a CONNECT with bytes behind it': [connectPacket({ rest: [bytes(1, 2, 3)] })],
    'a client id longer than its packet': [
      packet(0x10, string('MQTT'), bytes(4, 2, 0, 60), bytes(0, 9, 0x61)),
    ],
    'a password without user name': [connectPacket({ flags: 0x42, rest: [string('secret')] })],
    'a length of five bytes': [connectPacket(), bytes(0x30, 0xff, 0xff, 0xff, 0xff, 0x01)],
    'a length of five bytes in CONNECT': [bytes(0x10, 0xff, 0xff, 0xff, 0xff, 0x01)],
    'QoS 3': [connectPacket(), packet(0x36, string('a'), bytes(0, 1))],
    'a will of QoS 3': [willConnect('w', 4, 3)],
    'reserved flags of PUBREL': [connectPacket(), bytes(0x60, 0x02, 0x00, 0x01)],
    'a packet identifier of 0': [
      connectPacket(),
      publishPacket({ topic: 'a', qos: 1, messageId: 0 }),
    ],
    'a missing packet identifier': [connectPacket(), packet(0x32, string('a')), pingPacket],
    'a topic longer than its packet': [
      connectPacket(),
      packet(0x30, bytes(0, 9, 0x61)),
      pingPacket,
    ],
    'SUBSCRIBE without a filter': [connectPacket(), packet(0x82, bytes(0, 1))],
    'UNSUBSCRIBE without a filter': [connectPacket(), packet(0xa2, bytes(0, 1))],
    'SUBSCRIBE with QoS 3': [connectPacket(), subscribePacket('a', 3)],
    'a packet of type 0': [connectPacket(), bytes(0x00, 0x00)],
    'properties longer than their packet': [
      connectPacket({ version: 5 }),
      packet(0x30, string('a'), bytes(0x20)),
      Buffer.alloc(64, 0x01),
    ],
    'an unknown property': [
      connectPacket({ version: 5 }),
      packet(0x30, string('a'), bytes(0x02, 0x7f, 0x01)),
    ],
    'a property that comes twice': [
      connectPacket({
        version: 5,
        properties: bytes(0x0a, 0x11, 0, 0, 0, 5, 0x11, 0, 0, 0, 6),
      }),
    ],
  };

  test.each(Object.entries(cases))('%s', async (_name, sent) => {
    const { raw, client, events } = await startRig();
    const guilty = await raw();
    guilty.send(...sent);
    await guilty.closed;
    expect((await events.refusals.first()).reason).toBe('malformed');
    expect(events.failures).toEqual([]);
    // The source serves others as before.
    const other = await client();
    await other.publishAsync('a', '1', { qos: 1 });
  });

  test('every cut of a good conversation, without harm', async () => {
    const { raw, client, source } = await startRig();
    const properties = bytes(0x05, 0x11, 0, 0, 0, 5);
    const good = Buffer.concat([
      connectPacket({ version: 5, properties }),
      subscribePacket('a/#'),
      publishPacket({ topic: 'a/b', qos: 2, version: 5 }),
      disconnectPacket,
    ]);
    for (let length = 1; length < good.length; length++) {
      const cut = await raw();
      cut.send(good.subarray(0, length));
      cut.socket.end();
      await cut.closed;
    }
    const other = await client();
    await other.publishAsync('a', '1', { qos: 1 });
    expect(source.status().inflightBytes).toBe(0);
  });

  test('every flipped bit of a good conversation, without harm', async () => {
    const { raw, client, events } = await startRig();
    const good = Buffer.concat([
      connectPacket({ version: 5, flags: 0x06, rest: [bytes(0), string('will'), string('gone')] }),
      packet(0x82, bytes(0, 1, 0), string('a/#'), bytes(1)),
      publishPacket({ topic: 'a/b', qos: 1, version: 5 }),
      disconnectPacket,
    ]);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = Buffer.from(good);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const sender = await raw();
      sender.send(flipped);
      sender.socket.end();
      await sender.closed;
    }
    const other = await client();
    await other.publishAsync('a', '1', { qos: 1 });
    expect(events.failures).toEqual([]);
  });
});

describe('names that every object has are ordinary', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  test.each(names)('%s as client id, filter and topic', async (name) => {
    const { client } = await startRig();
    for (const clean of [true, false, false]) {
      const both = await client({ clientId: name, clean });
      await both.subscribeAsync([...names], { qos: 1 });
      await both.publishAsync(name, 'x', { qos: 1, retain: true });
      await both.received.count(1);
      await both.unsubscribeAsync(name);
      await both.endAsync();
    }
  });

  test('__proto__ as client id and topic', async () => {
    const { client, intake } = await startRig();
    for (const clean of [true, false, false]) {
      const both = await client({ clientId: '__proto__', clean });
      await both.subscribeAsync('#', { qos: 1 });
      await both.publishAsync('__proto__', 'x', { qos: 2, retain: true });
      await both.received.count(1);
      await both.endAsync();
    }
    expect(intake.topics).toEqual(['__proto__', '__proto__', '__proto__']);
  });

  test('__proto__ as a filter is refused: the broker could not keep it', async () => {
    const { raw, events } = await startRig();
    const subscriber = await raw();
    const filters = ['__proto__', 'a'].flatMap((filter) => [string(filter), bytes(1)]);
    subscriber.send(connectPacket({ flags: 0 }), packet(0x82, bytes(0, 1), ...filters));
    await subscriber.closed;
    await events.refusal('filter_invalid');
  });
});

describe('a topic filter', () => {
  test.each(['a#', '#/a', 'a/#/b', 'a+', '+a/b', 'a/b+', '+b', ''])(
    'that is not well formed is refused: %j',
    async (filter) => {
      const { raw, events } = await startRig();
      const subscriber = await raw();
      subscriber.send(connectPacket(), subscribePacket(filter));
      await subscriber.closed;
      await events.refusal('filter_invalid');
    },
  );

  test('as a topic name is refused, with 0x90 in MQTT 5', async () => {
    const { raw, events } = await startRig();
    for (const topic of ['a/+', '#', '']) {
      const publisher = await raw();
      publisher.send(connectPacket({ version: 5 }), publishPacket({ topic, version: 5 }));
      expect(await publisher.body(type.disconnect)).toBe('9000');
    }
    await events.refusal('topic_invalid');
  });

  test.each(['', 'a/#', '+', '$SYS/x'])('as the topic of a will is refused: %j', async (topic) => {
    const { raw, events } = await startRig();
    const client = await raw();
    client.send(willConnect(topic));
    await client.closed;
    await events.refusal('will_invalid');
  });
});

describe('$SYS is the broker’s own', () => {
  test('a 3.1.1 client that publishes there is acknowledged, and the message dropped', async () => {
    const { raw, client, intake, events } = await startRig();
    const watcher = await client();
    await watcher.subscribeAsync('$SYS/uptime');
    const publisher = await raw();
    publisher.send(
      connectPacket(),
      publishPacket({ topic: '$SYS/uptime' }),
      publishPacket({ topic: '$SYS/uptime', qos: 1, messageId: 3 }),
      publishPacket({ topic: '$SYS/uptime', qos: 2, messageId: 4 }),
    );
    expect(await publisher.body(type.puback)).toBe('0003');
    expect(await publisher.body(type.pubrec)).toBe('0004');
    publisher.send(bytes(0x62, 2, 0, 4));
    expect(await publisher.body(type.pubcomp)).toMatch(/^0004/);
    await events.refusal('reserved_topic');
    expect(intake.messages.all).toEqual([]);
    expect(watcher.received.all).toEqual([]);
  });

  test('an MQTT 5 client gets 0x87 and stays connected', async () => {
    const { raw, intake } = await startRig();
    const publisher = await raw();
    publisher.send(
      connectPacket({ version: 5 }),
      publishPacket({ topic: '$SYS/uptime', qos: 1, version: 5 }),
    );
    expect((await publisher.body(type.puback)).slice(0, 6)).toBe('000187');
    publisher.send(pingPacket);
    await publisher.body(type.pingresp);
    expect(intake.messages.all).toEqual([]);
  });
});
