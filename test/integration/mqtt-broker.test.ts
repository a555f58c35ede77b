// It stays an ordinary broker: the points that Paho's interoperability suite checks, and a few more.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MillpondError } from '../../src/core/errors.ts';
import { bytes, connectPacket, packet, publishPacket, string, type } from './mqtt-bytes.ts';
import { RawClient, startRig, type TestClient } from './mqtt-rig.ts';

const v5 = { protocolVersion: 5 } as const;

function payloads(client: TestClient): string[] {
  return client.received.all.map(({ payload }) => payload);
}

/** Ends the connection without DISCONNECT. */
function drop(client: TestClient): void {
  client.stream.destroy();
}

describe('retained messages', () => {
  test('come on SUBSCRIBE, marked, and only the last of each topic', async () => {
    const { client } = await startRig();
    const publisher = await client();
    for (const [topic, payload] of [
      ['a', 'old'],
      ['a', 'new'],
      ['b/c', 'deep'],
    ] as const) {
      await publisher.publishAsync(topic, payload, { qos: 1, retain: true });
    }
    const late = await client();
    await late.subscribeAsync('#', { qos: 1 });
    await late.received.count(2);
    expect(payloads(late).sort()).toEqual(['deep', 'new']);
    expect(late.received.all.every(({ packet: { retain } }) => retain)).toBe(true);
  });

  test('are cleared by an empty payload', async () => {
    const { client, source } = await startRig();
    const publisher = await client();
    await publisher.publishAsync('a', '1', { qos: 2, retain: true });
    await publisher.publishAsync('a', '', { qos: 1, retain: true });
    await publisher.publishAsync('b', '2', { qos: 0, retain: true });
    const late = await client();
    await late.subscribeAsync('+');
    await late.received.count(1);
    expect(payloads(late)).toEqual(['2']);
    expect(source.status().retained).toBe(1);
  });

  test('are delivered unmarked to who is subscribed, and in order with the others', async () => {
    const { raw, client } = await startRig();
    const subscriber = await client();
    await subscriber.subscribeAsync('a');
    const publisher = await raw();
    // One chunk: a retained message and a plain one must not overtake each other.
    publisher.send(
      connectPacket(),
      packet(0x31, string('a'), Buffer.from('1')),
      publishPacket({ topic: 'a', payload: '2' }),
      packet(0x31, string('a'), Buffer.from('3')),
      publishPacket({ topic: 'a', payload: '4' }),
    );
    await subscriber.received.count(4);
    expect(payloads(subscriber)).toEqual(['1', '2', '3', '4']);
    expect(subscriber.received.all.some(({ packet: { retain } }) => retain)).toBe(false);
  });

  test('keep to the retain handling and retain-as-published of MQTT 5', async () => {
    const { client } = await startRig();
    const publisher = await client(v5);
    await publisher.publishAsync('a', 'kept', { qos: 1, retain: true });
    const never = await client(v5);
    await never.subscribeAsync('a', { qos: 0, rh: 2, rap: true });
    const onceOnly = await client(v5);
    await onceOnly.subscribeAsync('a', { qos: 0, rh: 1 });
    await onceOnly.received.count(1);
    await onceOnly.subscribeAsync('a', { qos: 0, rh: 1 });
    await publisher.publishAsync('a', 'live', { qos: 1, retain: true });
    await never.received.count(1);
    await onceOnly.received.count(2);
    expect(payloads(never)).toEqual(['live']);
    expect(never.received.all[0]?.packet.retain).toBe(true);
    expect(payloads(onceOnly)).toEqual(['kept', 'live']);
  });
});

describe('a will', () => {
  const will = { topic: 'gone', payload: Buffer.from('me'), qos: 1, retain: true } as const;

  test('is published and stored when the connection breaks', async () => {
    const { client, intake, source } = await startRig();
    const watcher = await client();
    await watcher.subscribeAsync('gone');
    drop(await client({ will }));
    await watcher.received.first(({ payload }) => payload === 'me');
    expect(intake.messages.all).toMatchObject([{ topic: 'gone', payload: 'me', isRetained: true }]);
    expect(source.status().retained).toBe(1);
  });

  test('is published when the connection is cut for what its client sent', async () => {
    const { raw, client, intake } = await startRig();
    const watcher = await client();
    await watcher.subscribeAsync('gone', { qos: 1 });
    const guilty = await raw();
    const rest = [string('gone'), string('cut')];
    guilty.send(connectPacket({ flags: 0x0e, rest }), publishPacket({ topic: 'bad/#' }));
    expect((await watcher.received.first()).payload).toBe('cut');
    expect(intake.topics).toEqual(['gone']);
  });

  test('is forwarded though it could not be stored', async () => {
    const { client, intake, events } = await startRig();
    const watcher = await client();
    await watcher.subscribeAsync('gone');
    intake.settlesAtOnce = false;
    drop(await client({ will }));
    await intake.messages.count(1);
    intake.settle(new MillpondError('LOG_WRITE_FAILED', 'the disk is full'));
    await watcher.received.first();
    await events.refusal('not_stored');
  });

  test('is not published after DISCONNECT', async () => {
    const { client, intake, events } = await startRig();
    const willing = await client({ will });
    await willing.endAsync();
    await events.left.count(1);
    const other = await client();
    await other.publishAsync('later', '1', { qos: 1 });
    expect(intake.topics).toEqual(['later']);
  });

  test('is published after an MQTT 5 DISCONNECT that asks for it', async () => {
    const { client, intake } = await startRig();
    const willing = await client({ ...v5, will });
    await willing.endAsync(false, { reasonCode: 4 } as never);
    await intake.messages.count(1);
    expect(intake.topics).toEqual(['gone']);
  });

  test('of MQTT 5 waits for its delay, and is not published if the client is back in time', async () => {
    const { client, intake, events } = await startRig();
    const properties = { sessionExpiryInterval: 60 };
    const delayed = { ...will, properties: { willDelayInterval: 30 } };
    drop(await client({ ...v5, clientId: 'w', clean: false, properties, will: delayed }));
    await events.left.count(1);
    const back = await client({ ...v5, clientId: 'w', clean: false, properties });
    await back.publishAsync('later', '1', { qos: 1 });
    expect(intake.topics).toEqual(['later']);
  });

  test('is not published when the source stops', async () => {
    const { client, intake, source } = await startRig();
    await client({ will });
    await client({ ...v5, will });
    await source.stop();
    expect(intake.topics).toEqual([]);
  });
});

describe('subscriptions', () => {
  test('that overlap deliver a message once, at the highest QoS or below', async () => {
    const { client } = await startRig();
    const both = await client();
    await both.subscribeAsync({ 'a/#': { qos: 2 }, 'a/+': { qos: 1 } });
    await both.publishAsync('a/b', '1', { qos: 2 });
    await both.publishAsync('a/b', 'end', { qos: 2 });
    await both.received.first(({ payload }) => payload === 'end');
    expect(payloads(both)).toEqual(['1', 'end']);
  });

  test.each([
    [0, 2, 0],
    [1, 2, 1],
    [2, 1, 1],
    [2, 2, 2],
  ] as const)('of QoS %i get a message of QoS %i at QoS %i', async (granted, sent, got) => {
    const { client } = await startRig();
    const both = await client();
    await both.subscribeAsync('a', { qos: granted });
    await both.publishAsync('a', '1', { qos: sent });
    expect((await both.received.first()).packet.qos).toBe(got);
  });

  test('that begin with a wildcard do not match topics that begin with $', async () => {
    const { client } = await startRig();
    const both = await client();
    await both.publishAsync('$own/kept', '0', { qos: 1, retain: true });
    await both.subscribeAsync(['#', '+/b']);
    await both.publishAsync('$own/b', '1', { qos: 1 });
    await both.publishAsync('a/b', '2', { qos: 1 });
    await both.received.count(1);
    expect(payloads(both)).toEqual(['2']);
  });

  test('match empty levels, and a parent by its #', async () => {
    const { client } = await startRig();
    const both = await client();
    await both.subscribeAsync(['/+', 'sport/#', '+/+/x']);
    for (const topic of ['/finance', 'sport', 'sport/tennis', '//x', 'none']) {
      await both.publishAsync(topic, topic, { qos: 1 });
    }
    await both.received.count(4);
    expect(payloads(both)).toEqual(['/finance', 'sport', 'sport/tennis', '//x']);
  });

  test('end with UNSUBSCRIBE', async () => {
    const { client } = await startRig();
    const both = await client();
    await both.subscribeAsync(['a', 'b']);
    await both.unsubscribeAsync('a');
    await both.publishAsync('a', '1', { qos: 1 });
    await both.publishAsync('b', '2', { qos: 1 });
    await both.received.count(1);
    expect(payloads(both)).toEqual(['2']);
  });
});

describe('a persistent session', () => {
  test('is present when the client is back, with what came meanwhile, in order', async () => {
    const { client, events } = await startRig();
    const away = await client({ clientId: 'kept', clean: false });
    await away.subscribeAsync('q/#', { qos: 2 });
    await away.endAsync();
    await events.left.count(1);
    const publisher = await client();
    for (const [index, qos] of ([1, 1, 0, 1] as const).entries()) {
      await publisher.publishAsync('q/x', `${index}`, { qos });
    }
    const back = await client({ clientId: 'kept', clean: false });
    await back.received.count(3);
    expect(payloads(back)).toEqual(['0', '1', '3']);
    await publisher.publishAsync('q/y', 'live', { qos: 1 });
    await back.received.count(4);
  });

  test('gets no more than the QoS it was granted', async () => {
    const { client, events } = await startRig();
    const away = await client({ clientId: 'kept', clean: false });
    await away.subscribeAsync('q', { qos: 1 });
    await away.endAsync();
    await events.left.count(1);
    const publisher = await client();
    await publisher.publishAsync('q', '1', { qos: 2 });
    const back = await client({ clientId: 'kept', clean: false });
    expect((await back.received.first()).packet.qos).toBe(1);
  });

  test('gets again, marked as duplicate, what it did not acknowledge', async () => {
    const { raw, client, events } = await startRig();
    const deaf = await raw();
    const subscribe = packet(0x82, bytes(0, 1), string('q'), bytes(1));
    deaf.send(connectPacket({ clientId: 'deaf', flags: 0 }), subscribe);
    await deaf.body(type.suback);
    const publisher = await client();
    await publisher.publishAsync('q', '1', { qos: 1 });
    await deaf.body(type.publish);
    deaf.destroy();
    await events.left.first((id) => id === 'deaf');
    const back = await client({ clientId: 'deaf', clean: false });
    expect((await back.received.first()).packet).toMatchObject({ dup: true, qos: 1 });
  });

  test('does not get again what it acknowledged, kept retain flags included', async () => {
    const { client, events } = await startRig();
    const options = { ...v5, clientId: 'kept', clean: false } as const;
    const properties = { sessionExpiryInterval: 60 };
    const kept = await client({ ...options, properties });
    await kept.subscribeAsync({ 'a/#': { qos: 1, rap: true }, 'a/+': { qos: 1, rap: true } });
    const publisher = await client();
    for (const payload of ['1', '2', '3']) {
      await publisher.publishAsync('a/b', payload, { qos: 1, retain: true });
    }
    await kept.received.count(3);
    expect(kept.received.all.every(({ packet: { retain } }) => retain)).toBe(true);
    await kept.endAsync();
    await events.left.first((id) => id === 'kept');
    const back = await client({ ...options, properties });
    await publisher.publishAsync('a/b', '4', { qos: 1 });
    await back.received.count(1);
    expect(payloads(back)).toEqual(['4']);
  });

  test('is present even without a subscription, and gone after a clean one', async () => {
    const { raw, events } = await startRig();
    const answers: string[] = [];
    for (const flags of [0x00, 0x00, 0x02, 0x00]) {
      const client = await raw();
      client.send(connectPacket({ clientId: 'kept', flags }));
      answers.push(await client.body(type.connack));
      client.destroy();
      await events.left.count(answers.length);
    }
    expect(answers).toEqual(['0000', '0100', '0000', '0000']);
  });

  test('of MQTT 5 ends after its expiry, which is shortened to the limit', async () => {
    const { client, events, source } = await startRig({ sessionExpiryMsMax: 1000 });
    const properties = { sessionExpiryInterval: 3600 };
    const first = await client({ ...v5, clientId: 'brief', clean: false, properties });
    await first.subscribeAsync('q', { qos: 1 });
    await first.endAsync();
    await events.left.count(1);
    expect(source.status().sessions).toBe(1);
    await vi.waitFor(() => expect(source.status().sessions).toBe(0), { timeout: 5000 });
  });
});

describe('MQTT 5', () => {
  test('properties of a message are passed through', async () => {
    const { client } = await startRig();
    const both = await client(v5);
    await both.subscribeAsync('a', { qos: 1 });
    const properties = {
      userProperties: { site: 'north', line: ['1', '2'] },
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: Buffer.from('id'),
      payloadFormatIndicator: true,
    };
    await both.publishAsync('a', '{}', { qos: 1, properties });
    const got = (await both.received.first()).packet.properties;
    expect(got).toMatchObject({ ...properties, userProperties: { site: 'north' } });
    expect(got?.userProperties?.line).toEqual(['1', '2']);
  });

  test('a message that expired while its reader was away is not delivered', async () => {
    const { client, events } = await startRig();
    const properties = { sessionExpiryInterval: 60 };
    const away = await client({ ...v5, clientId: 'kept', clean: false, properties });
    await away.subscribeAsync('q', { qos: 1 });
    await away.endAsync();
    await events.left.count(1);
    const publisher = await client(v5);
    const brief = { messageExpiryInterval: 1 };
    await publisher.publishAsync('q', 'brief', { qos: 1, properties: brief });
    await publisher.publishAsync('q', 'lasting', { qos: 1 });
    // Only the clock goes on: timers and sockets are the real ones.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1100 });
    onTestFinished(() => void vi.useRealTimers());
    const back = await client({ ...v5, clientId: 'kept', clean: false, properties });
    await back.received.count(1);
    expect(payloads(back)).toEqual(['lasting']);
  });

  test('a topic alias stands for its topic, in the log as well', async () => {
    const { raw, intake } = await startRig();
    const publisher = await raw();
    const alias = bytes(0x03, 0x23, 0x00, 0x01);
    publisher.send(
      connectPacket({ version: 5 }),
      packet(0x30, string('long/topic'), alias, Buffer.from('1')),
      packet(0x30, string(''), alias, Buffer.from('2')),
    );
    await intake.messages.count(2);
    expect(intake.topics).toEqual(['long/topic', 'long/topic']);
  });

  test('a topic alias beyond the advertised maximum disconnects with 0x94', async () => {
    const { raw } = await startRig();
    const publisher = await raw();
    const alias = bytes(0x03, 0x23, 0x00, 0x21);
    publisher.send(connectPacket({ version: 5 }), packet(0x30, string('a'), alias));
    expect(await publisher.body(type.disconnect)).toMatch(/^94/);
  });

  test('a client is told the limits in CONNACK', async () => {
    const { raw } = await startRig({ packetBytesMax: 4096 });
    const client = await raw();
    client.send(connectPacket({ version: 5, clientId: '' }));
    const connack = await client.body(type.connack);
    expect(connack).toContain('2a00'); // Shared Subscription Available: no.
    expect(connack).toContain('220020'); // Topic Alias Maximum: 32.
    expect(connack).toContain('2700001000'); // Maximum Packet Size: 4096.
    expect(connack).toContain('210400'); // Receive Maximum: 1024.
  });

  test('no-local keeps a client from hearing itself, and identifiers are echoed', async () => {
    const { client } = await startRig();
    const own = await client({ ...v5, clientId: 'own' });
    await own.subscribeAsync('a', {
      qos: 1,
      nl: true,
      properties: { subscriptionIdentifier: 7 },
    });
    await own.publishAsync('a', 'own', { qos: 1 });
    const other = await client({ ...v5, clientId: 'other' });
    await other.publishAsync('a', 'other', { qos: 1 });
    const got = await own.received.first();
    expect(got.payload).toBe('other');
    expect(got.packet.properties?.subscriptionIdentifier).toBe(7);
  });

  test('a shared subscription is refused with 0x9E', async () => {
    const { raw } = await startRig();
    const client = await raw();
    const subscribe = packet(0x82, bytes(0, 1, 0), string('$share/g/a'), bytes(0));
    client.send(connectPacket({ version: 5 }), subscribe);
    expect(await client.body(type.suback)).toBe('0001009e');
  });
});

test('a stream that came by another way is served like a socket', async () => {
  const { source, intake } = await startRig();
  const [theirs, ours] = duplexPair();
  source.handle(ours, 'a pipe');
  const other = new RawClient(theirs as Socket);
  other.send(connectPacket(), publishPacket({ topic: 'piped', qos: 1 }));
  expect(await other.body(type.puback)).toBe('0001');
  expect(intake.topics).toEqual(['piped']);
  const closed = once(ours, 'close');
  await source.stop();
  await closed;
});

const hasMosquitto = existsSync('/usr/bin/mosquitto_pub') && existsSync('/usr/bin/mosquitto_sub');

test.runIf(hasMosquitto)('mosquitto’s clients publish and subscribe', async () => {
  const run = promisify(execFile);
  const { address, client, intake } = await startRig();
  const port = address.split(':')[1] as string;
  const relay = await client();
  await relay.subscribeAsync('from/mosquitto', { qos: 2 });
  for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
    for (const qos of ['0', '1', '2']) {
      const args = ['-p', port, '-V', version, '-q', qos, '-t', 'from/mosquitto', '-m', version];
      await run('mosquitto_pub', args);
    }
  }
  await relay.received.count(9);
  expect(intake.topics).toEqual(Array.from({ length: 9 }, () => 'from/mosquitto'));
  await relay.publishAsync('to/mosquitto', 'kept', { qos: 1, retain: true });
  const { stdout } = await run('mosquitto_sub', ['-p', port, '-t', 'to/#', '-q', '1', '-C', '1']);
  expect(stdout).toBe('kept\n');
});
