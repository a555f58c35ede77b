// Many followers of a real gateway, each on a connection of its own: they share what is read and
// encoded, those that freeze hold nobody up, and each gets everything in the end.
import { type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type SubscribeRequest,
  type SubscribeResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { subscribeRequest } from '../support/readings.ts';

const FOLLOWERS = 50;
const READINGS_A_MESSAGE = 100;
/** Several times what a client's windows and the feed's newest results hold. */
const MESSAGES = 150;
const READINGS = MESSAGES * READINGS_A_MESSAGE;

let folder = '';
let gateway: GatewayProcess;
let mqtt: MqttClient;
const watchers: Watcher[] = [];

/** Checks offsets as they come; keeping fifty times all readings would be too much. */
class Watcher {
  count = 0;
  ending: ServiceError | null = null;
  readonly call: ClientReadableStream<SubscribeResponse>;
  readonly #client: TelemetryServiceClient;
  /** Every so many-th reading is its own. */
  readonly #step: number;
  #next = 0;
  #fault: Error | null = null;
  #changed: () => void = () => undefined;

  constructor(fields: Partial<SubscribeRequest>, { step = 1 } = {}) {
    this.#step = step;
    this.#client = new TelemetryServiceClient(
      gateway.addresses.grpc,
      credentials.createInsecure(),
      // A connection of its own.
      { 'grpc.use_local_subchannel_pool': 1 },
    );
    this.call = this.#client.subscribe(subscribeRequest(fields));
    this.call.on('error', (error: ServiceError) => {
      this.ending = error;
      this.#changed();
    });
    watchers.push(this);
  }

  read(): this {
    this.call.on('data', (event: SubscribeResponse) => this.#take(event));
    return this;
  }

  /** Reads one event and then nothing. A client that has never read buffers without end. */
  freeze(): this {
    this.read().call.once('data', () => this.call.pause());
    return this;
  }

  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      if (this.#fault !== null) throw this.#fault;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.call.cancel();
    this.#client.close();
  }

  #take({ event }: SubscribeResponse): void {
    if (event?.$case === 'gap') this.#fault = new Error(`a gap at ${event.value.firstOffset}`);
    if (event?.$case !== 'batch') return;
    for (const { offset } of event.value.readings) {
      if (Number(offset) !== this.#next) {
        this.#fault ??= new Error(`offset ${offset} where ${this.#next} was due`);
      }
      this.#next += this.#step;
      this.count += 1;
    }
    this.#changed();
  }
}

beforeAll(async () => {
  folder = makeFolder('followers');
  gateway = await startGateway(folder, { MILLPOND_GRPC_BATCH_BYTES_MAX: '64KiB' });
  mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
});

afterAll(async () => {
  for (const watcher of watchers) watcher.close();
  await mqtt?.endAsync(true);
  await gateway?.kill();
  removeFolder(folder);
});

async function publish(): Promise<void> {
  const fields = Array.from({ length: READINGS_A_MESSAGE }, (_, i) => `"count_${i}":${i}`);
  const payload = `{${fields.join(',')}}`;
  for (let message = 0; message < MESSAGES; message++) {
    await mqtt.publishAsync('sensors/fleet/json', payload, { qos: 1 });
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

test('of fifty followers some freeze: the others get everything meanwhile, and then they do', async () => {
  // Small messages: a frozen client buffers sixteen of them.
  const all = (): Watcher => new Watcher({ maxBatch: READINGS_A_MESSAGE });
  const frozen = Array.from({ length: 15 }, () => all().freeze());
  const reading = Array.from({ length: 25 }, () => all().read());
  const filtered = Array.from({ length: 10 }, () =>
    new Watcher({ metrics: ['count_0'] }, { step: READINGS_A_MESSAGE }).read(),
  );
  await expect.poll(() => metric('millpond_tail_followers')).toBe(FOLLOWERS);
  expect(await metric('millpond_tail_feeds')).toBe(2);

  await publish();
  await Promise.all(reading.map((each) => each.until(() => each.count === READINGS)));
  await Promise.all(filtered.map((each) => each.until(() => each.count === MESSAGES)));
  expect(await metric('millpond_tail_followers')).toBeLessThan(FOLLOWERS);
  expect(await metric('millpond_read_ahead_bytes')).toBeLessThan(3 * 1024 * 1024);

  expect(Math.max(...frozen.map(({ count }) => count))).toBeLessThan(READINGS);
  for (const { call } of frozen) call.resume();
  await Promise.all(frozen.map((each) => each.until(() => each.count === READINGS)));
  await expect.poll(() => metric('millpond_tail_followers')).toBe(FOLLOWERS);
  expect(await metric('millpond_tail_feeds')).toBe(2);
});

test('all of them are told when the gateway stops', async () => {
  expect(watchers).toHaveLength(FOLLOWERS);
  expect(await gateway.stop()).toBe(0);
  for (const watcher of watchers) {
    await watcher.until(() => watcher.ending !== null);
    expect(watcher.ending?.code).toBe(status.UNAVAILABLE);
    expect(watcher.ending && errorInfoOf(watcher.ending).reason).toBe('LOG_STOPPING');
    expect(watcher.count).toBeGreaterThan(0);
  }
});
