// MQTT over WebSocket: the same broker, the same promises and the same limits as over TCP, behind a
// handshake that lets only those in who should be.
import { once } from 'node:events';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { MillpondError } from '../../src/core/errors.ts';
import type { MqttSocketParts } from '../../src/delivery/http/mqtt/mqtt-sockets.ts';
import type { MqttConfig } from '../../src/sources/mqtt/mqtt-config.ts';
import { makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { ask, askRaw, startHttp } from '../support/http.ts';
import { followLive } from '../support/live-client.ts';
import { connectPacket, publishPacket, subscribePacket } from './mqtt-bytes.ts';
import { startRig, testConfig } from './mqtt-rig.ts';

/** What the system's socket buffers on both sides may hold at the most, with room to spare. */
const SYSTEM_BYTES = 16 * 1024 * 1024;

async function startSocketRig(config: Partial<MqttConfig> = {}) {
  const rig = await startRig(config);
  const mqtt: MqttSocketParts = {
    handle: (stream, address) => rig.source.handle(stream, address),
    refusal: () => null,
    refused: (reason, address, detail) =>
      rig.events.refused(reason, { clientId: '', address, version: 0 }, detail),
    frameBytesMax: config.packetBytesMax ?? testConfig.packetBytesMax,
  };
  const http = await startHttp({ mqtt });
  return { ...rig, http, overSocket: (options = {}) => connectMqtt(http, options) };
}

async function connectMqtt(http: string, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(`ws://${http}/mqtt`, { reconnectPeriod: 0, ...options });
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.end(true);
  });
  return client;
}

interface Opened {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly packets: Buffer[];
}

async function open(http: string, subprotocol = 'mqtt', headers = {}): Promise<Opened> {
  const socket = new WebSocket(`ws://${http}/mqtt`, subprotocol, { headers });
  onTestFinished(() => socket.terminate());
  socket.on('error', () => undefined);
  const packets: Buffer[] = [];
  socket.on('message', (bytes: Buffer) => packets.push(bytes));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await once(socket, 'open');
  return { socket, closed, packets };
}

/** The status and code with which the handshake was refused. */
async function refusalOf(http: string, path: string, subprotocols: string[], headers = {}) {
  const socket = new WebSocket(`ws://${http}${path}`, subprotocols, { headers });
  onTestFinished(() => socket.terminate());
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const problem = JSON.parse(Buffer.concat(chunks).toString());
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(problem.status).toBe(response.statusCode);
  return [problem.status, problem.code];
}

test('a publish at QoS 1 and 2 is acknowledged when it is durable, and not before', async () => {
  const { overSocket, intake } = await startSocketRig();
  intake.settlesAtOnce = false;
  const client = await overSocket({ clientId: 'browser' });
  let answered = 0;
  const publishing = [1, 2].map((qos) =>
    client.publishAsync('sensors/attic/json', `{"qos":${qos}}`, { qos: qos as 1 | 2 }).then(() => {
      answered += 1;
    }),
  );
  await intake.messages.count(2);
  // Enough turns for an answer that does not wait.
  const other = await overSocket();
  await other.subscribeAsync('elsewhere');
  expect(answered).toBe(0);
  expect(intake.messages.all[0]).toMatchObject({ topic: 'sensors/attic/json', source: 'mqtt' });
  intake.settlesAtOnce = true;
  intake.settle();
  await Promise.all(publishing);
  expect(answered).toBe(2);
});

test('subscribers over WebSocket and TCP hear one another', async () => {
  const { overSocket, client: overTcp } = await startSocketRig();
  const browser = await overSocket();
  const device = await overTcp();
  await browser.subscribeAsync('home/#');
  await device.subscribeAsync('home/#');
  const heard = new Promise((resolve) =>
    browser.on('message', (_topic, text) => resolve(`${text}`)),
  );
  await device.publishAsync('home/attic', '21.5', { qos: 1 });
  expect(await heard).toBe('21.5');
  await browser.publishAsync('home/cellar', '12', { qos: 1 });
  expect((await device.received.first(({ topic }) => topic === 'home/cellar')).payload).toBe('12');
});

test('packets may be cut over frames, and several may share one', async () => {
  const { http, intake } = await startSocketRig();
  const { socket, packets } = await open(http, 'mqttv3.1');
  expect(socket.protocol).toBe('mqttv3.1');
  for (const byte of connectPacket()) socket.send(Buffer.of(byte));
  await expect.poll(() => packets.length).toBe(1);
  const message = publishPacket({ topic: 'a', payload: '1' });
  socket.send(Buffer.concat([message, message, message.subarray(0, 3)]));
  socket.send(message.subarray(3));
  await intake.messages.count(3);
  expect(intake.payloads).toEqual(['1', '1', '1']);
});

test('whoever names no subprotocol of MQTT, comes from another site or asks elsewhere is refused', async () => {
  const { http } = await startSocketRig();
  const wrong = [400, 'REQUEST_INVALID'];
  expect(await refusalOf(http, '/mqtt', [])).toEqual(wrong);
  expect(await refusalOf(http, '/mqtt', ['chat'])).toEqual(wrong);
  expect(await refusalOf(http, '/', ['mqtt'])).toEqual([404, 'PATH_UNKNOWN']);
  const stranger = { origin: 'http://stranger.example' };
  expect(await refusalOf(http, '/mqtt', ['mqtt'], stranger)).toEqual([403, 'ORIGIN_REFUSED']);
  const rebound = { host: 'stranger.example' };
  expect(await refusalOf(http, '/mqtt', ['mqtt'], rebound)).toEqual([403, 'HOST_REFUSED']);
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt';
  const old = `GET /mqtt HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\nSec-WebSocket-Version: 7\r\n\r\n`;
  expect(await askRaw(http, old)).toMatch(/^HTTP\/1.1 400 /);
  const { socket } = await open(http, 'mqtt', { origin: `http://${http}` });
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test('is refused with the reason while the log is being opened', async () => {
  const refusal = new MillpondError('LOG_OPENING', 'the log is being opened');
  const http = await startHttp({
    mqtt: {
      handle: () => expect.unreachable(),
      refusal: () => refusal,
      refused: () => undefined,
      frameBytesMax: 1024,
    },
  });
  expect(await refusalOf(http, '/mqtt', ['mqtt'])).toEqual([503, 'LOG_OPENING']);
});

test('a text frame and a frame larger than a packet may be are cut and counted', async () => {
  const { http, events } = await startSocketRig({ packetBytesMax: 1024 });
  const text = await open(http);
  text.socket.send('hello');
  expect(await text.closed).toBe(1003);
  await events.refusal('malformed');
  const large = await open(http);
  large.socket.send(connectPacket());
  large.socket.send(Buffer.alloc(2000));
  expect(await large.closed).toBe(1009);
  await events.refusal('packet_too_large');
  // In fragments that are small each.
  const fragments = await open(http);
  for (let part = 0; part < 40; part++) fragments.socket.send(Buffer.alloc(100), { fin: false });
  expect(await fragments.closed).toBe(1009);
});

test('what is no MQTT ends, and so does who says nothing', async () => {
  const { http, events, source } = await startSocketRig({ connectTimeoutMs: 100 });
  const wrong = await open(http);
  wrong.socket.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await wrong.closed;
  await events.refusal('malformed');
  const silent = await open(http);
  await silent.closed;
  await events.refusal('connect_timeout');
  await expect.poll(() => source.status().connections).toBe(0);
});

test('a client that vanishes is found out by its keep-alive', async () => {
  const { http, events } = await startSocketRig();
  const gone = await open(http);
  gone.socket.send(connectPacket({ keepalive: 1 }));
  await expect.poll(() => gone.packets.length).toBe(1);
  gone.socket.pause();
  await events.refusal('keepalive_timeout');
});

test('connections over WebSocket and TCP share one limit', async () => {
  const { overSocket, client, source } = await startSocketRig({ connectionsMax: 2 });
  const first = await overSocket();
  await client();
  await expect(overSocket()).rejects.toThrow(/Server unavailable|3/i);
  await expect(client()).rejects.toThrow();
  await first.endAsync();
  await expect.poll(() => source.status().connections).toBe(1);
  await overSocket();
});

test('many more than allowed are not even heard', async () => {
  const { http, events, source } = await startSocketRig({ connectionsMax: 2 });
  const sockets = await Promise.all(Array.from({ length: 30 }, () => open(http)));
  expect(source.status().connections).toBeLessThanOrEqual(2 + 16);
  await Promise.any(sockets.map(({ closed }) => closed));
  expect(await events.refusal('connections_max')).toMatchObject({ detail: 'not answered' });
});

test('is not read while the intake has no room, and a subscriber that does not read is bounded', {
  timeout: 60_000,
}, async () => {
  const inflightBytesMax = 256 * 1024;
  const { http, source, intake, client } = await startSocketRig({ inflightBytesMax });
  intake.settlesAtOnce = false;
  const publisher = await open(http);
  publisher.socket.send(connectPacket({ clientId: 'p' }));
  await expect.poll(() => publisher.packets.length).toBe(1);
  const payload = 'x'.repeat(1000);
  const frame = Buffer.concat(
    Array.from({ length: 100 }, () => publishPacket({ topic: 't', payload })),
  );
  const total = 64 * 1024 * 1024;
  for (let sent = 0; sent < total; sent += frame.length) publisher.socket.send(frame);
  await expect.poll(() => source.status().inflightBytes).toBeGreaterThan(inflightBytesMax / 8);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(source.status().inflightBytes).toBeLessThan(inflightBytesMax + 256 * 1024);
  expect(publisher.socket.bufferedAmount).toBeGreaterThan(total - SYSTEM_BYTES);
  publisher.socket.terminate();
  intake.settlesAtOnce = true;
  intake.settle();

  const lazy = await open(http);
  lazy.socket.send(connectPacket({ clientId: 'lazy' }));
  lazy.socket.send(subscribePacket('flood'));
  await expect.poll(() => lazy.packets.length).toBe(2);
  lazy.socket.pause();
  const flooder = await client();
  const reader = await client();
  await reader.subscribeAsync('flood');
  const large = Buffer.alloc(100_000, 'y');
  for (let message = 0; message < 200; message++) await flooder.publishAsync('flood', large);
  // It is last that the others wait for: whoever reads gets all of them all the same.
  await reader.received.count(200);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(200e6);
});

test('a request that offers another protocol is answered as if it had not', async () => {
  const http = await startHttp();
  const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMA' };
  const answer = await ask(http, '/healthz', { headers: offer });
  expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
  const body = await askRaw(
    http,
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}',
  );
  expect(body).toMatch(/^HTTP\/1.1 400 /);
});

test('what a browser publishes to a gateway is stored', async () => {
  const folder = makeFolder('mqtt-websocket');
  const gateway = await startGateway(folder);
  onTestFinished(async () => {
    await gateway.kill();
    removeFolder(folder);
  });
  const { http } = gateway.addresses;
  const live = await followLive(http);
  const client = await connectMqtt(http, { protocolVersion: 5 });
  await client.publishAsync('sensors/attic/json', '{"temperature":21.5}', { qos: 1 });
  await live.count(1);
  expect(live.readings[0]).toMatchObject({ device: 'attic', value: 21.5 });
  const told = new Promise((resolve) => client.on('disconnect', resolve));
  expect(await gateway.stop()).toBe(0);
  expect(await told).toMatchObject({ reasonCode: 0x8b });
});
