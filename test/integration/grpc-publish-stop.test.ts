// Publish calls that a stop, a full queue, a newer call or the limit of producers comes in between, over
// the generated client: what was answered is stored, and what is sent again is stored once.
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import type { PublishRequest } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { publishAll, rawRequest } from '../support/publish.ts';
import { connectTelemetry, readAll } from '../support/readings.ts';

const patience = { timeout: 20_000 };

function setUp(environment: Record<string, string> = {}) {
  const folder = makeFolder('publish-stop');
  let gateway: GatewayProcess | null = null;
  onTestFinished(async () => {
    await gateway?.kill();
    removeFolder(folder);
  });
  return async () => {
    gateway = await startGateway(folder, environment);
    const client = connectTelemetry(gateway.addresses.grpc);
    onTestFinished(() => client.close());
    return { gateway, client };
  };
}

async function values({ addresses }: GatewayProcess): Promise<unknown[]> {
  return (await readAll(addresses.grpc)).map(({ value }) => value?.value);
}

async function metric({ addresses }: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`http://${addresses.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

const keyed = (sequence: number, producer = 'p', payload = String(sequence)) =>
  rawRequest('a/power', payload, { producer, sequence });

/** An open call, and how it ends. */
function open(client: ReturnType<typeof connectTelemetry>) {
  let write: (request: PublishRequest) => boolean = () => false;
  const ended = new Promise<{ code: number; reason: string }>((resolve, reject) => {
    const call = client.publish((error) => {
      if (error === null) reject(new Error('answered without an end'));
      else resolve({ code: error.code, reason: errorInfoOf(error).reason });
    });
    call.on('error', () => undefined);
    write = (request) => call.write(request);
  });
  return { ended, write };
}

test('a stop ends a call that is still sending; what is sent again is stored once', async () => {
  const start = setUp();
  const first = await start();
  const { write, ended } = open(first.client);
  for (let sequence = 1; sequence <= 50; sequence++) write(keyed(sequence));
  await expect.poll(() => values(first.gateway), patience).toHaveLength(50);
  // With an answer, what it says is stored.
  expect(await publishAll(first.client, [keyed(1, 'other', '-1')])).toBe(1);
  const stopped = first.gateway.stop();
  expect(await ended).toEqual({ code: status.UNAVAILABLE, reason: 'LOG_STOPPING' });
  expect(await stopped).toBe(0);

  const { gateway, client } = await start();
  const again = Array.from({ length: 60 }, (_, index) => keyed(index + 1));
  expect(await publishAll(client, again)).toBe(60);
  const stored = await values(gateway);
  expect(stored.filter((value) => value !== -1)).toEqual(again.map((_, index) => index + 1));
  expect(stored.filter((value) => value === -1)).toHaveLength(1);
});

test('a newer call of a producer ends the older one', async () => {
  const { gateway, client } = await setUp()();
  const { write, ended } = open(client);
  write(keyed(1));
  await expect.poll(() => values(gateway), patience).toEqual([1]);
  expect(await publishAll(client, [keyed(1), keyed(2)])).toBe(2);
  expect(await ended).toEqual({ code: status.ABORTED, reason: 'PRODUCER_REPLACED' });
  expect(await values(gateway)).toEqual([1, 2]);
});

test('beyond the limit the producer heard of longest ago is forgotten, also by a restart', async () => {
  const start = setUp({ MILLPOND_LOG_PRODUCERS_MAX: '2' });
  const first = await start();
  for (const producer of ['a', 'b', 'a', 'c']) {
    expect(await publishAll(first.client, [keyed(1, producer)])).toBe(1);
  }
  expect(await values(first.gateway)).toEqual([1, 1, 1]);
  expect(await metric(first.gateway, 'millpond_log_entries\\{kind="producers"\\}')).toBe(2);
  expect(await metric(first.gateway, 'millpond_producers_forgotten_total')).toBe(1);
  await first.gateway.kill();

  const { gateway, client } = await start();
  expect(await metric(gateway, 'millpond_log_entries\\{kind="producers"\\}')).toBe(2);
  for (const producer of ['a', 'c']) await publishAll(client, [keyed(1, producer)]);
  expect(await values(gateway)).toHaveLength(3);
  // Forgotten: it counts as new, and takes the place of the next.
  await publishAll(client, [keyed(1, 'b')]);
  expect(await values(gateway)).toHaveLength(4);
});

test('while the queue is full a call is not read, and all of it is stored in the end', async () => {
  // Commits that wait, and a queue that a quarter of the messages fills.
  const { gateway, client } = await setUp({
    MILLPOND_LOG_COMMIT_INTERVAL: '300ms',
    MILLPOND_LOG_QUEUE_BYTES_MAX: '4MiB',
  })();
  const payload = (value: number): string => `{"power":${value},"x":"${'x'.repeat(60_000)}"}`;
  const count = 300;
  let written = 0;
  let highest = 0;
  let isOver = false;
  const watched = (async () => {
    while (!isOver) highest = Math.max(highest, await metric(gateway, 'millpond_queue_bytes'));
  })();
  const accepted = await new Promise<number>((resolve, reject) => {
    const call = client.publish((error, response) =>
      error === null ? resolve(Number(response.accepted)) : reject(error),
    );
    const writeAll = async (): Promise<void> => {
      for (; written < count; written++) {
        const request = rawRequest('a/json', payload(written), {
          producer: 'p',
          sequence: written + 1,
        });
        if (!call.write(request)) await once(call, 'drain');
      }
      call.end();
    };
    writeAll().catch(reject);
  });
  isOver = true;
  await watched;
  expect(accepted).toBe(count);
  expect(await values(gateway)).toEqual(Array.from({ length: count }, (_, index) => index));
  // What was on its way when it became full may be over it.
  expect(highest).toBeGreaterThan(1024 * 1024);
  expect(highest).toBeLessThan(4 * 1024 * 1024 + 256 * 1024);
});
