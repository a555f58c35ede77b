// What the tests of the MQTT source share: an intake that settles when told, events that can be
// waited for, and a raw client that sends bytes no library would.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { IClientOptions, MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';
import type { Intake, Settled } from '../../src/core/contracts.ts';
import { MillpondError } from '../../src/core/errors.ts';
import type { RawMessage } from '../../src/core/raw-message.ts';
import type { MqttConfig } from '../../src/sources/mqtt/mqtt-config.ts';
import type { MqttEvents, MqttPeer, MqttRefusal } from '../../src/sources/mqtt/mqtt-events.ts';
import type { MqttSource, MqttSourceParts } from '../../src/sources/mqtt/mqtt-source.ts';
import { createMqttSource } from '../../src/sources/mqtt/mqtt-source.ts';

/** Values that come one by one, and can be waited for. */
export class Arrivals<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  add(value: T): void {
    this.all.push(value);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves with the first value that fits, one of the past included. */
  async first(fits: (value: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const found = this.all.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async count(least: number): Promise<T[]> {
    while (this.all.length < least) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.all;
  }
}

export interface Taken extends Omit<RawMessage, 'payload'> {
  readonly payload: string;
}

/** As the log refuses what a full stream does not take. */
const streamFull = new MillpondError('STREAM_FULL', 'the stream is full');

/** Records what it accepts; settles at once, or when told. */
export class FakeIntake implements Intake {
  readonly messages = new Arrivals<Taken>();
  settlesAtOnce = true;
  /** Topics whose stream is full. */
  readonly fullTopics = new Set<string>();
  isFull = false;
  readonly #unsettled: Settled[] = [];
  #resume: (() => void)[] = [];

  get topics(): string[] {
    return this.messages.all.map(({ topic }) => topic);
  }

  get payloads(): string[] {
    return this.messages.all.map(({ payload }) => payload);
  }

  accept(message: RawMessage, settled: Settled): void {
    const isRefused = message.isRefusable === true && this.fullTopics.has(message.topic);
    this.#unsettled.push((error) => settled(error ?? (isRefused ? streamFull : null)));
    this.messages.add({ ...message, payload: Buffer.from(message.payload).toString() });
    if (this.settlesAtOnce) setImmediate(() => this.settle());
  }

  /** Settles the oldest `count` messages, all by default. */
  settle(error: MillpondError | null = null, count = this.#unsettled.length): void {
    for (const settled of this.#unsettled.splice(0, count)) settled(error);
  }

  onceDrained(resume: () => void): void {
    if (this.isFull) this.#resume.push(resume);
    else resume();
  }

  drain(): void {
    this.isFull = false;
    for (const resume of this.#resume.splice(0)) resume();
  }
}

export interface Refused {
  readonly reason: MqttRefusal;
  readonly clientId: string;
  readonly detail: string;
}

export class RecordedEvents implements MqttEvents {
  readonly refusals = new Arrivals<Refused>();
  readonly left = new Arrivals<string>();
  readonly failures: Error[] = [];
  receivedBytes = 0;
  deliveredBytes = 0;

  connected(): void {}
  disconnected(peer: MqttPeer): void {
    this.left.add(peer.clientId);
  }
  refused(reason: MqttRefusal, peer: MqttPeer, detail: string): void {
    this.refusals.add({ reason, clientId: peer.clientId, detail });
  }
  failed(error: Error): void {
    this.failures.push(error);
  }
  messageReceived(bytes: number): void {
    this.receivedBytes += bytes;
  }
  messageDelivered(bytes: number): void {
    this.deliveredBytes += bytes;
  }

  refusal(reason: MqttRefusal): Promise<Refused> {
    return this.refusals.first((refused) => refused.reason === reason);
  }
}

export const testConfig: MqttConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  packetBytesMax: 262_144,
  topicBytesMax: 1024,
  topicLevelsMax: 32,
  connectionsMax: 100,
  inflightBytesMax: 8_388_608,
  clientIdBytesMax: 256,
  connectTimeoutMs: 10_000,
  drainTimeoutMs: 30_000,
  sessionsMax: 100,
  retainedMax: 100,
  subscriptionsMax: 100,
  sessionExpiryMsMax: 86_400_000,
};

export interface Rig {
  readonly source: MqttSource;
  readonly intake: FakeIntake;
  readonly events: RecordedEvents;
  readonly address: string;
  /** A client of the mqtt library, ended with the test. */
  client(options?: IClientOptions): Promise<TestClient>;
  /** A bare socket, destroyed with the test. */
  raw(): Promise<RawClient>;
}

export interface TestClient extends MqttClient {
  readonly received: Arrivals<Received>;
}

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly packet: import('mqtt').IPublishPacket;
}

export async function startRig(
  config: Partial<MqttConfig> = {},
  parts: Partial<MqttSourceParts> = {},
): Promise<Rig> {
  const intake = new FakeIntake();
  const events = new RecordedEvents();
  const source = createMqttSource({
    intake,
    events,
    config: { ...testConfig, ...config },
    stopTimeoutMs: 1000,
    ...parts,
  });
  const address = await source.start();
  onTestFinished(async () => {
    intake.settlesAtOnce = true;
    intake.settle();
    await source.stop();
  });
  return {
    source,
    intake,
    events,
    address,
    async client(options = {}) {
      const client = await connectAsync(`mqtt://${address}`, {
        reconnectPeriod: 0,
        ...options,
      });
      onTestFinished(() => {
        client.end(true);
      });
      client.on('error', () => {});
      const received = new Arrivals<Received>();
      client.on('message', (topic, payload, packet) =>
        received.add({ topic, payload: payload.toString(), packet }),
      );
      return Object.assign(client, { received });
    },
    async raw() {
      const [host, port] = address.split(':') as [string, string];
      const socket = connect({ host, port: Number(port) });
      await once(socket, 'connect');
      const raw = new RawClient(socket);
      onTestFinished(() => raw.destroy());
      return raw;
    },
  };
}

/** Sends any bytes, and takes packets apart no further than type and body. */
export class RawClient {
  readonly socket: Socket;
  readonly packets = new Arrivals<{ readonly type: number; readonly body: Buffer }>();
  readonly closed: Promise<void>;
  #rest = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#take(chunk));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  send(...bytes: Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** The body of the next packet of a type that comes, or came, in hex. */
  async body(type: number): Promise<string> {
    return (await this.packets.first((packet) => packet.type === type)).body.toString('hex');
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const { length, bytes } = readLength(this.#rest);
      if (bytes === 0 || this.#rest.length < 1 + bytes + length) return;
      const body = Buffer.from(this.#rest.subarray(1 + bytes, 1 + bytes + length));
      const type = (this.#rest[0] as number) >> 4;
      this.#rest = this.#rest.subarray(1 + bytes + length);
      this.packets.add({ type, body });
    }
  }
}

function readLength(bytes: Buffer): { length: number; bytes: number } {
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) return { length, bytes: index };
  }
  return { length: 0, bytes: 0 };
}
