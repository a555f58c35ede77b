// A QoS 1 device as careful ones are: it numbers its readings, keeps each until its PUBACK, and
// sends again, in order and marked DUP, what was not acknowledged when the connection was lost.
// It speaks MQTT 3.1.1 itself, so that what was acknowledged is known to the byte.

import { connect, type Socket } from 'node:net';

const CONNACK = 0x20;
const PUBACK = 0x40;

export class ResendingPublisher {
  readonly device: string;
  /** Values acknowledged at least once. */
  readonly acknowledged = new Set<number>();
  /** How often each value was sent. */
  readonly sends = new Map<number, number>();
  readonly #window: number;
  readonly #unacknowledged = new Map<number, number>();
  #socket: Socket | null = null;
  #nextValue = 0;
  #isFinishing = false;
  #received = Buffer.alloc(0);
  #onIdle: (() => void) | null = null;

  constructor(device: string, window: number) {
    this.device = device;
    this.#window = window;
  }

  /** Connects (again) and goes on. Resolves at CONNACK; rejects when the connection fails before. */
  connect(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#socket = socket;
      this.#received = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed before CONNACK')));
      socket.once('connect', () => socket.write(connectPacket(this.device)));
      socket.on('data', (data) => {
        this.#received = Buffer.concat([this.#received, data]);
        this.#take(resolve);
      });
    });
  }

  /** Publishes nothing new; resolves when everything sent is acknowledged. */
  finish(): Promise<void> {
    this.#isFinishing = true;
    if (this.#unacknowledged.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  disconnect(): void {
    this.#socket?.destroy();
  }

  // Every packet of interest has four bytes: type, 2, and a return code or a packet id.
  #take(connected: () => void): void {
    let at = 0;
    for (; at + 4 <= this.#received.length; at += 4) {
      const type = this.#received[at];
      if (type === CONNACK) {
        connected();
        for (const value of this.#unacknowledged.values()) this.#send(value, true);
      } else if (type === PUBACK) {
        const id = this.#received.readUInt16BE(at + 2);
        const value = this.#unacknowledged.get(id);
        if (value !== undefined) this.acknowledged.add(value);
        this.#unacknowledged.delete(id);
      } else {
        throw new Error(`unexpected packet type ${type}`);
      }
    }
    this.#received = this.#received.subarray(at);
    if (this.#isFinishing) {
      if (this.#unacknowledged.size === 0) this.#onIdle?.();
      return;
    }
    while (this.#unacknowledged.size < this.#window) this.#send(this.#nextValue++, false);
  }

  #send(value: number, isResend: boolean): void {
    const id = (value % 65_535) + 1;
    this.#unacknowledged.set(id, value);
    this.sends.set(value, (this.sends.get(value) ?? 0) + 1);
    const topic = Buffer.from(`sensors/${this.device}/json`);
    const payload = Buffer.from(`{"count":${value}}`);
    const body = Buffer.alloc(2 + topic.length + 2 + payload.length);
    body.writeUInt16BE(topic.length, 0);
    topic.copy(body, 2);
    body.writeUInt16BE(id, 2 + topic.length);
    payload.copy(body, 4 + topic.length);
    // PUBLISH, QoS 1, with DUP on a resend (MQTT 3.1.1, 3.3.1.1). Bodies here are below 128 bytes.
    this.#socket?.write(Buffer.concat([Buffer.from([isResend ? 0x3a : 0x32, body.length]), body]));
  }
}

function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const header = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, id.length]);
  return Buffer.concat([Buffer.from([0x10, header.length + id.length]), header, id]);
}
