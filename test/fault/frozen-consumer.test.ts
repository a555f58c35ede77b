// One slow consumer slows nobody else: through a million readings one subscriber stops reading after
// its first batch, two others get everything meanwhile, the gateway's memory stays bounded, and then the frozen
// one gets all of them too.

import { readFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import type { SubscribeResponse } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { connectTelemetry, subscribeRequest } from '../support/readings.ts';

const READINGS = 1_000_000;
/** Many in a message, so that the load is the readings' and not the protocol's. */
const READINGS_A_MESSAGE = 200;
const WINDOW = 50;
/** Three times what the gateway takes under the load of the memory benchmark. */
const RESIDENT_BYTES_MAX = 750e6;

/** Takes note of offsets alone: three times a million readings would be too many to keep. */
class Watcher {
  next = 0n;
  readonly #call;
  #waiting: (() => void) | null = null;

  constructor(address: string) {
    const client = connectTelemetry(address);
    this.#call = client.subscribe(subscribeRequest({ start: { $case: 'offset', value: 0n } }));
    this.#call.on('error', () => client.close());
    onTestFinished(() => this.#call.cancel());
  }

  read(): this {
    this.#call.on('data', ({ event }: SubscribeResponse) => {
      if (event?.$case === 'gap') throw new Error(`a gap at ${event.value.firstOffset}`);
      if (event?.$case !== 'batch') return;
      for (const { offset } of event.value.readings) {
        if (offset !== this.next) throw new Error(`offset ${offset} where ${this.next} was due`);
        this.next += 1n;
      }
      if (this.next >= READINGS) this.#waiting?.();
    });
    return this;
  }

  /** Reads one event and then nothing. A client that has never read buffers without end. */
  freeze(): this {
    this.read();
    this.#call.once('data', () => this.#call.pause());
    return this;
  }

  thaw(): this {
    this.#call.resume();
    return this;
  }

  async untilAll(): Promise<void> {
    if (this.next >= READINGS) return;
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
  }
}

async function publishAll(address: string): Promise<void> {
  const client = await connectAsync(`mqtt://${address}`, { protocolVersion: 4 });
  let next = 0;
  async function publishOnes(): Promise<void> {
    while (next < READINGS / READINGS_A_MESSAGE) {
      const message = next++;
      const fields = Array.from(
        { length: READINGS_A_MESSAGE },
        (_, i) => `"count_${i}":${message}`,
      );
      await client.publishAsync('sensors/load/json', `{${fields.join(',')}}`, { qos: 1 });
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, publishOnes));
  await client.endAsync();
}

test('a subscriber that reads nothing of a million readings slows nobody', {
  timeout: 180_000,
}, async () => {
  const folder = makeFolder('frozen');
  const gateway = await startGateway(folder);
  onTestFinished(async () => {
    await gateway.kill();
    removeFolder(folder);
  });
  const { mqtt, grpc } = gateway.addresses;
  const frozen = new Watcher(grpc).freeze();
  const readers = [new Watcher(grpc).read(), new Watcher(grpc).read()];

  await publishAll(mqtt);
  await Promise.all(readers.map((reader) => reader.untilAll()));
  // What the client's windows and buffers hold.
  expect(frozen.next).toBeLessThan(READINGS / 10);
  const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
  expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1000).toBeLessThan(RESIDENT_BYTES_MAX);

  await frozen.thaw().untilAll();
  expect(frozen.next).toBe(BigInt(READINGS));
});
