// Memory is bounded whatever clients send and however slowly they read. The sizes are far above
// what the limits allow, so that a source which only seems to hold back would be found out.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  connectPacket,
  packet,
  publishPacket,
  string,
  subscribePacket,
  type,
} from './mqtt-bytes.ts';
import { startRig } from './mqtt-rig.ts';

/** What the system's socket buffers on both sides may hold at the most, with room to spare. */
const systemBytes = 16 * 1024 * 1024;

/**
 * Writes until the socket takes no more, or so many bytes are written. That it takes no more can
 * only be told by waiting for a while.
 */
async function writeUntilHeld(socket: Socket, chunk: Buffer, bytesMax: number): Promise<number> {
  let written = 0;
  while (written < bytesMax) {
    written += chunk.length;
    if (socket.write(chunk)) continue;
    const isFree = await Promise.race([
      once(socket, 'drain').then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 300, false)),
    ]);
    if (!isFree) return written;
  }
  return written;
}

describe('a firehose into an intake that never settles', () => {
  const payload = 'x'.repeat(1000);
  const message = publishPacket({ topic: 'firehose', payload });

  test('is held in large chunks', async () => {
    const inflightBytesMax = 1024 * 1024;
    const { raw, source, intake } = await startRig({ inflightBytesMax });
    intake.settlesAtOnce = false;
    const publisher = await raw();
    publisher.send(connectPacket());
    await publisher.body(type.connack);
    const chunk = Buffer.concat(Array.from({ length: 1000 }, () => message));
    const written = await writeUntilHeld(publisher.socket, chunk, 64 * 1024 * 1024);
    expect(written).toBeLessThan(systemBytes);
    // One read of a socket may go beyond the limit.
    expect(source.status().inflightBytes).toBeLessThan(inflightBytesMax + 256 * 1024);
  });

  test('is held in packets that come one by one, over many connections', async () => {
    const inflightBytesMax = 256 * 1024;
    const { raw, source, intake } = await startRig({ inflightBytesMax });
    intake.settlesAtOnce = false;
    const publishers = await Promise.all(Array.from({ length: 8 }, () => raw()));
    for (const [index, publisher] of publishers.entries()) {
      publisher.send(connectPacket({ clientId: `c${index}` }));
      await publisher.body(type.connack);
      publisher.socket.setNoDelay(true);
    }
    const tiny = publishPacket({ topic: 't', payload: '1' });
    for (let round = 0; round < 2000; round++) {
      for (const publisher of publishers) publisher.send(tiny);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.race([
      intake.messages.count(2000),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    expect(source.status().inflightBytes).toBeLessThan(inflightBytesMax + 128 * 1024);
    // Everything comes through once the intake settles.
    intake.settlesAtOnce = true;
    intake.settle();
    await intake.messages.count(8 * 2000);
    expect(intake.messages.all).toHaveLength(8 * 2000);
  });

  test('leaves room for another client', async () => {
    const { raw, client, intake } = await startRig({ inflightBytesMax: 1024 * 1024 });
    intake.settlesAtOnce = false;
    const publisher = await raw();
    publisher.send(connectPacket());
    await publisher.body(type.connack);
    const chunk = Buffer.concat(Array.from({ length: 1000 }, () => message));
    await writeUntilHeld(publisher.socket, chunk, 64 * 1024 * 1024);
    const other = await client();
    void other.publishAsync('other', '1', { qos: 1 }).catch(() => {});
    await intake.messages.first(({ topic }) => topic === 'other');
  });
});

test('sockets are not read while the intake is full, and are again once it drained', async () => {
  const { raw, intake } = await startRig();
  const publisher = await raw();
  publisher.send(connectPacket());
  await publisher.body(type.connack);
  intake.isFull = true;
  publisher.send(publishPacket({ topic: 'a', qos: 1 }));
  // A second client's CONNECT is answered meanwhile: the event loop went round.
  const other = await raw();
  other.send(connectPacket({ clientId: 'other' }));
  await other.body(type.connack);
  expect(intake.messages.all).toEqual([]);
  intake.drain();
  expect(await publisher.body(type.puback)).toBe('0001');
});

test('what comes behind CONNECT without waiting for its answer is all taken', async () => {
  const { raw, intake } = await startRig();
  const publisher = await raw();
  const count = 500;
  const messages = Array.from({ length: count }, (_, index) =>
    publishPacket({ topic: 'early', payload: `${index}` }),
  );
  publisher.send(connectPacket(), ...messages);
  publisher.socket.end();
  await intake.messages.count(count);
  expect(intake.payloads).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
});

test('a packet may come byte by byte', async () => {
  const { raw, intake } = await startRig();
  const publisher = await raw();
  publisher.socket.setNoDelay(true);
  for (const byte of Buffer.concat([connectPacket(), publishPacket({ topic: 'slow', qos: 1 })])) {
    publisher.send(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await publisher.body(type.puback);
  expect(intake.topics).toEqual(['slow']);
});

describe('a subscriber that never reads', () => {
  const payload = 'x'.repeat(100_000);

  test('at QoS 0 loses messages, is cut in time, and slows nobody else', async () => {
    const { raw, client, events } = await startRig({ drainTimeoutMs: 1000 });
    const frozen = await raw();
    frozen.send(connectPacket({ clientId: 'frozen' }), subscribePacket('#'));
    await frozen.body(type.suback);
    frozen.socket.pause();
    const reader = await client({ clientId: 'reader' });
    await reader.subscribeAsync('#');
    const publisher = await client({ clientId: 'publisher' });
    const count = 300;
    for (let index = 0; index < count; index++) {
      await publisher.publishAsync('big', payload, { qos: 1 });
    }
    await reader.received.count(count);
    expect((await events.refusal('subscriber_slow')).clientId).toBe('frozen');
    expect((await events.refusal('drain_timeout')).clientId).toBe('frozen');
    expect(await events.left.first()).toBe('frozen');
  });

  test('at QoS 1 is cut as soon as too much waits for it', async () => {
    const { raw, client, events } = await startRig();
    const frozen = await raw();
    frozen.send(connectPacket({ clientId: 'frozen' }), subscribePacket('#', 1));
    await frozen.body(type.suback);
    frozen.socket.pause();
    const publisher = await client({ clientId: 'publisher' });
    while (events.left.all.length === 0) await publisher.publishAsync('big', payload, { qos: 1 });
    expect((await events.refusal('outgoing_full')).clientId).toBe('frozen');
  });

  test('gets all retained messages when it reads again', async () => {
    const { raw, client } = await startRig({ retainedMax: 1000 });
    const publisher = await client();
    for (let index = 0; index < 300; index++) {
      await publisher.publishAsync(`r/${index}`, payload, { qos: 0, retain: true });
    }
    const slow = await raw();
    slow.send(connectPacket({ clientId: 'slow' }), subscribePacket('r/#'));
    await slow.body(type.suback);
    slow.socket.pause();
    await publisher.publishAsync('x', '1', { qos: 1 });
    slow.socket.resume();
    await slow.packets.count(302);
  });
});

test('what waits for a session that is away is bounded, and counted when it is dropped', async () => {
  const { client, events } = await startRig();
  const kept = await client({ clientId: 'kept', clean: false });
  await kept.subscribeAsync('q', { qos: 1 });
  await kept.endAsync();
  await events.left.count(1);
  const publisher = await client();
  for (let index = 0; index < 1100; index++) {
    void publisher.publishAsync('q', `${index}`, { qos: 1 }).catch(() => {});
  }
  await publisher.publishAsync('q', 'last', { qos: 1 });
  await events.refusals.count(101);
  expect(events.refusals.all.every(({ reason }) => reason === 'session_queue_full')).toBe(true);
  const back = await client({ clientId: 'kept', clean: false });
  await back.received.count(1000);
  expect(back.received.all.map(({ payload }) => payload)).toEqual(
    Array.from({ length: 1000 }, (_, index) => `${index}`),
  );
});

test('QoS 2 identifiers without PUBREL are bounded', async () => {
  const { raw, events } = await startRig();
  const publisher = await raw();
  const messages = Array.from({ length: 1025 }, (_, index) =>
    packet(
      0x34,
      string('a'),
      Buffer.from([(index + 1) >> 8, (index + 1) & 0xff]),
      Buffer.from('1'),
    ),
  );
  publisher.send(connectPacket(), ...messages);
  await publisher.closed;
  await events.refusal('received_max');
});
