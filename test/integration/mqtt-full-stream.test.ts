// A full stream that refuses: who can be told of it is told, who cannot waits for an answer, and
// nobody else is held up.
import { describe, expect, test, vi } from 'vitest';
import {
  connectPacket,
  disconnectPacket,
  packet,
  pingPacket,
  publishPacket,
  string,
  type,
} from './mqtt-bytes.ts';
import { startRig } from './mqtt-rig.ts';

function types(packets: readonly { readonly type: number }[]): number[] {
  return packets.map((each) => each.type);
}

describe('an MQTT 5 client', () => {
  test.each([
    [1, type.puback],
    [2, type.pubrec],
  ] as const)('is told 0x97 at QoS %i, and stays connected', async (qos, answer) => {
    const { raw, client, intake, events } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('#');
    intake.fullTopics.add('full');
    const publisher = await raw();
    publisher.send(
      connectPacket({ version: 5 }),
      publishPacket({ topic: 'full', qos, messageId: 7, version: 5 }),
    );
    expect(await publisher.body(answer)).toBe('000797');
    expect(await events.refusal('stream_full')).toMatchObject({ clientId: 'raw' });

    // The exchange is over: the identifier is free, for another message as well as for this one.
    publisher.send(publishPacket({ topic: 'other', qos, messageId: 7, version: 5 }));
    const [, , stored] = await publisher.packets.count(3);
    expect(stored).toMatchObject({ type: answer });
    expect(stored?.body.toString('hex')).toMatch(/^0007(00)*$/);
    intake.fullTopics.clear();
    publisher.send(publishPacket({ topic: 'full', qos, messageId: 8, version: 5 }));
    await publisher.packets.count(4);
    await subscriber.received.count(2);
    // What was refused was not forwarded.
    expect(subscriber.received.all.map(({ topic }) => topic)).toEqual(['other', 'full']);
  });

  test('of a library gets the reason code, and may publish on', async () => {
    const { client, intake } = await startRig();
    intake.fullTopics.add('full');
    const publisher = await client({ protocolVersion: 5 });
    await expect(publisher.publishAsync('full', '1', { qos: 1 })).rejects.toMatchObject({
      code: 0x97,
    });
    await publisher.publishAsync('other', '2', { qos: 1 });
  });

  test('gets its answers in order, refusals among them', async () => {
    const { raw, intake } = await startRig();
    intake.fullTopics.add('full');
    const publisher = await raw();
    const ids = Array.from({ length: 20 }, (_, index) => index + 1);
    publisher.send(
      connectPacket({ version: 5 }),
      ...ids.map((messageId) =>
        publishPacket({ topic: messageId % 3 ? 'a' : 'full', qos: 1, messageId, version: 5 }),
      ),
    );
    const [, ...answers] = await publisher.packets.count(1 + ids.length);
    expect(answers.map(({ body }) => body.readUInt16BE(0))).toEqual(ids);
    const refused = answers.filter(({ body }) => body[2] === 0x97);
    expect(refused.map(({ body }) => body.readUInt16BE(0))).toEqual(
      ids.filter((id) => id % 3 === 0),
    );
  });
});

describe.each([3, 4] as const)('a client of MQTT version %i', (version) => {
  test.each([
    [1, type.puback],
    [2, type.pubrec],
  ] as const)('waits for its answer at QoS %i until there is room', async (qos, answer) => {
    const { raw, client, intake, events, source } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('full', { qos: 1 });
    intake.fullTopics.add('full');
    const publisher = await raw();
    publisher.send(
      connectPacket({ version }),
      publishPacket({ topic: 'full', payload: 'held', qos, messageId: 7 }),
    );
    await events.refusal('stream_full');
    // Offered again, and refused again; it counts against what may be in flight.
    await intake.messages.count(3);
    expect(types(publisher.packets.all)).toEqual([type.connack]);
    expect(source.status().inflightBytes).toBe(512 + 8);
    expect(subscriber.received.all).toEqual([]);

    intake.fullTopics.clear();
    expect(await publisher.body(answer)).toBe('0007');
    expect(await subscriber.received.first()).toMatchObject({ payload: 'held' });
    expect(new Set(intake.messages.all.map(({ receivedAtUs }) => receivedAtUs)).size).toBe(1);
    expect(source.status().inflightBytes).toBe(0);
    expect(events.refusals.all).toHaveLength(1);
  });
});

describe('a 3.1.1 client whose message waits', () => {
  async function waiting() {
    const rig = await startRig();
    rig.intake.fullTopics.add('full');
    const publisher = await rig.raw();
    publisher.send(
      connectPacket({ flags: 0 }),
      publishPacket({ topic: 'full', qos: 1, messageId: 1 }),
      publishPacket({ topic: 'other', qos: 1, messageId: 2 }),
    );
    await rig.events.refusal('stream_full');
    await rig.intake.messages.first(({ topic }) => topic === 'other');
    return { ...rig, publisher };
  }

  test('gets its acknowledgements in order', async () => {
    const { publisher, intake } = await waiting();
    // `other` is stored and not acknowledged: the message before it is not [MQTT-4.6.0-2].
    await intake.messages.count(4);
    expect(types(publisher.packets.all)).toEqual([type.connack]);
    intake.fullTopics.clear();
    const [, first, second] = await publisher.packets.count(3);
    expect([first, second].map((each) => each?.body.toString('hex'))).toEqual(['0001', '0002']);
  });

  test('is not read meanwhile, and is read on afterwards', async () => {
    const { publisher, intake, raw } = await waiting();
    publisher.send(publishPacket({ topic: 'later', qos: 1, messageId: 3 }), pingPacket);
    const other = await raw();
    other.send(connectPacket({ clientId: 'other' }), publishPacket({ topic: 'free', qos: 1 }));
    expect(await other.body(type.puback)).toBe('0001');
    await intake.messages.count(4);
    expect(intake.topics).not.toContain('later');
    intake.fullTopics.clear();
    await publisher.body(type.pingresp);
    expect(intake.topics).toContain('later');
  });

  test('leaves nothing behind when its connection is lost', async () => {
    const { publisher, source, events } = await waiting();
    publisher.destroy();
    await vi.waitFor(() => expect(source.status()).toMatchObject({ connections: 0 }));
    expect(source.status().inflightBytes).toBe(0);
    expect(events.failures).toEqual([]);
  });

  test('that closes its side is seen to the end of what it sent', async () => {
    const { publisher, source, events } = await waiting();
    publisher.send(publishPacket({ topic: 'full', qos: 1, messageId: 3 }), disconnectPacket);
    publisher.socket.end();
    await events.left.first();
    await publisher.closed;
    // The one that was stored is acknowledged, the others are not.
    expect(publisher.packets.all.slice(1).map(({ body }) => body.toString('hex'))).toEqual([
      '0002',
    ]);
    expect(source.status().inflightBytes).toBe(0);
  });

  test('sends it again when it is back, and it is stored then', async () => {
    const { publisher, intake, raw } = await waiting();
    intake.fullTopics.clear();
    publisher.destroy();
    const again = await raw();
    again.send(
      connectPacket({ flags: 0 }),
      publishPacket({ topic: 'full', qos: 1, messageId: 1, dup: true }),
    );
    expect(await again.body(type.puback)).toBe('0001');
  });

  test('is closed unanswered when the gateway stops, which does not wait for it', async () => {
    const rig = await startRig({}, { stopTimeoutMs: 1_000_000 });
    rig.intake.fullTopics.add('full');
    const publisher = await rig.raw();
    publisher.send(connectPacket(), publishPacket({ topic: 'full', qos: 2 }));
    await rig.events.refusal('stream_full');
    await rig.source.stop();
    await publisher.closed;
    expect(types(publisher.packets.all)).toEqual([type.connack]);
  });
});

test('what may be held is bounded; who does not fit is closed unanswered, and others go on', async () => {
  const { raw, intake, events, source } = await startRig({ inflightBytesMax: 65_536 });
  intake.fullTopics.add('full');
  const payload = 'x'.repeat(10_000);
  const publishers = await Promise.all(Array.from({ length: 5 }, () => raw()));
  for (const [index, publisher] of publishers.entries()) {
    publisher.send(
      connectPacket({ clientId: `c${index}` }),
      publishPacket({ topic: 'full', payload, qos: 1 }),
    );
  }
  // Half of what may be in flight holds three of them.
  await Promise.any(publishers.map(({ closed }) => closed));
  await events.left.count(2);
  expect(source.status().inflightBytes).toBe(3 * (10_000 + 4 + 512));
  const other = await raw();
  other.send(connectPacket({ clientId: 'other' }), publishPacket({ topic: 'free', qos: 1 }));
  expect(await other.body(type.puback)).toBe('0001');
});

describe('what is not answered', () => {
  test('is not refused: QoS 0 and wills go their way', async () => {
    const { raw, client, intake, events } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('full');
    intake.fullTopics.add('full');
    const publisher = await raw();
    const will = [string('full'), string('gone')];
    publisher.send(
      connectPacket({ flags: 0x0e, rest: will }),
      publishPacket({ topic: 'full', payload: 'qos 0' }),
    );
    await subscriber.received.count(1);
    publisher.destroy();
    await subscriber.received.count(2);
    expect(intake.messages.all).toMatchObject([
      { payload: 'qos 0', isRefusable: false },
      { payload: 'gone', isRefusable: false },
    ]);
    expect(events.refusals.all).toEqual([]);
  });
});

test('a retained message that is refused is not retained, one that waited is', async () => {
  const { raw, client, intake, events, source } = await startRig();
  intake.fullTopics.add('full');
  const retained = (version: 4 | 5) =>
    packet(
      0x33,
      string('full'),
      Buffer.from([0, 1]),
      version === 5 ? Buffer.from([0]) : Buffer.alloc(0),
      Buffer.from(`${version}`),
    );
  const five = await raw();
  five.send(connectPacket({ version: 5, clientId: 'five' }), retained(5));
  expect(await five.body(type.puback)).toBe('000197');
  expect(source.status().retained).toBe(0);
  const four = await raw();
  four.send(connectPacket({ clientId: 'four' }), retained(4));
  await events.refusals.first(({ clientId }) => clientId === 'four');
  intake.fullTopics.clear();
  expect(await four.body(type.puback)).toBe('0001');
  const subscriber = await client();
  await subscriber.subscribeAsync('full');
  expect(await subscriber.received.first()).toMatchObject({ payload: '4' });
});
