// Publishing over gRPC as a producer meets it: a real process, the generated client, kill -9.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { publishAll, rawRequest, readingsRequest } from '../support/publish.ts';
import { collectEvents, connectTelemetry, readAll, readingsOf } from '../support/readings.ts';
import { CliRig } from './cli-rig.ts';

let folder = '';
let gateway: GatewayProcess;
let client: TelemetryServiceClient;

beforeEach(async () => {
  folder = makeFolder('publish');
  await start();
});

afterEach(async () => {
  client?.close();
  await gateway?.kill();
  removeFolder(folder);
});

async function start(): Promise<void> {
  client?.close();
  gateway = await startGateway(folder);
  client = connectTelemetry(gateway.addresses.grpc);
}

const number = (value: number) => ({ $case: 'number' as const, value });

async function metrics(): Promise<string> {
  return (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
}

function commit(telemetry: TelemetryServiceClient, nextOffset: number): Promise<void> {
  const request = { stream: 'tight', consumer: 'reader', nextOffset: BigInt(nextOffset) };
  return new Promise((resolve, reject) => {
    telemetry.commit(request, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function values(): Promise<number[]> {
  const readings = await readAll(gateway.addresses.grpc);
  return readings.map(({ value }) => (value?.$case === 'number' ? value.value : Number.NaN));
}

async function refusal(call: Promise<unknown>): Promise<{ code: number; reason: string }> {
  const error = await call.then(
    () => {
      throw new Error('not refused');
    },
    (thrown: ServiceError) => thrown,
  );
  return { code: error.code, reason: errorInfoOf(error).reason };
}

/** Sequences [first, next) of one producer, each with its number as the value. */
function keyed(first: number, next: number, producer = 'p') {
  return Array.from({ length: next - first }, (_, index) =>
    rawRequest('tight/a/power', String(first + index), { producer, sequence: first + index }),
  );
}

function range(first: number, next: number): number[] {
  return Array.from({ length: next - first }, (_, index) => first + index);
}

test('stores readings as they are and raw messages as decoded, in order, before it answers', async () => {
  const measuredAtUs = BigInt(Date.now()) * 1000n;
  const accepted = await publishAll(client, [
    readingsRequest([
      { device: 'pump', metric: 'Flow', unit: 'm3/h', value: number(1), measuredAtUs },
      { device: 'pump', metric: 'mode', channel: 'b', value: { $case: 'text', value: 'auto' } },
    ]),
    rawRequest('sensors/attic/temperature', '21.5'),
    rawRequest('sensors/attic/json', '{"temp":12.'),
  ]);
  expect(accepted).toBe(3);
  const readings = await readAll(gateway.addresses.grpc);
  expect(readings).toMatchObject([
    { device: 'pump', metric: 'Flow', unit: 'm3/h', value: number(1), measuredAtUs, quality: 1 },
    { device: 'pump', metric: 'mode', channel: 'b', value: { value: 'auto' } },
    { device: 'attic', metric: 'temperature', value: number(21.5) },
  ]);
  expect(new Set(readings.map(({ source }) => source))).toEqual(new Set(['grpc']));
  expect(await publishAll(client, [])).toBe(0);
});

test('refuses what is wrong, and what is too large, and goes on', async () => {
  const nan = readingsRequest([{ value: number(Number.NaN) }]);
  expect(await refusal(publishAll(client, [nan]))).toEqual({
    code: status.INVALID_ARGUMENT,
    reason: 'REQUEST_INVALID',
  });
  const huge = rawRequest('a/power', '1'.repeat(2 * 1024 * 1024));
  await expect(publishAll(client, [huge])).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
  const large = rawRequest('a/json', `{"power":7,"x":"${'x'.repeat(900 * 1024)}"}`);
  expect(await publishAll(client, [large, rawRequest('a/power', '8')])).toBe(2);
  expect((await values()).at(-1)).toBe(8);
});

test('takes a thousand calls at once, and a client that goes in the middle of one', async () => {
  const gone = client.publish(() => undefined);
  gone.on('error', () => undefined);
  const stored = new Promise((resolve) => gone.write(rawRequest('a/power', '-1'), resolve));
  await stored;
  gone.cancel();
  const calls = range(0, 1000).map((value) =>
    publishAll(client, [rawRequest('b/power', String(value))]),
  );
  expect(await Promise.all(calls)).toEqual(calls.map(() => 1));
  const got = (await values()).filter((value) => value >= 0).sort((a, b) => a - b);
  expect(got).toEqual(range(0, 1000));
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/^millpond_publishers 0$/m);
});

test('what is sent again with the same keys after a kill -9 is stored once', async () => {
  const messages = 4000;
  for (const killAt of [1, 700, 1900, 3500]) {
    const call = client.publish(() => undefined);
    call.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      for (const [index, request] of keyed(1, messages).entries()) {
        call.write(request, index === killAt ? () => resolve() : undefined);
      }
    });
    await gateway.kill();
    await start();
  }
  expect(await publishAll(client, keyed(1, messages))).toBe(messages - 1);
  expect(await values()).toEqual(range(1, messages));
  expect(await gateway.stop()).toBe(0);
  await start();
  const again = [...keyed(1, messages), ...keyed(1, 2, 'other')];
  expect(await publishAll(client, again)).toBe(messages);
  expect(await values()).toEqual([...range(1, messages), 1]);
});

test('a full stream refuses, nothing behind it is stored, and all of it is once there is room', async () => {
  const rig = new CliRig();
  onTestFinished(() => rig.close());
  writeFileSync(
    join(rig.folder, 'millpond.yaml'),
    `grpc: { publishersMax: 2 }
streams:
  - name: tight
    match: { topics: [tight/#] }
    retention: { bytes: 64KiB, hardBytes: 64KiB, protect: [reader] }
    onFull: refuse
`,
  );
  const { grpc } = await rig.gateway();
  const telemetry = connectTelemetry(grpc);
  onTestFinished(() => telemetry.close());
  let next = 1;
  let refused: Awaited<ReturnType<typeof refusal>> | null = null;
  while (refused === null) {
    const free = rawRequest('free/a/power', '1', { producer: 'p', sequence: next + 500 });
    const call = publishAll(telemetry, [...keyed(next, next + 500), free]);
    await call.catch(async () => {
      refused = await refusal(call);
    });
    next += 501;
  }
  expect(refused).toEqual({ code: status.RESOURCE_EXHAUSTED, reason: 'STREAM_FULL' });
  const stored = new Map<number, number>();
  const collect = async (stream: string): Promise<number> => {
    const readings = readingsOf(await collectEvents(telemetry, { stream, stopAtEnd: true }));
    for (const { offset, value } of readings) {
      if (stream === 'tight' && value?.$case === 'number') stored.set(Number(offset), value.value);
    }
    return readings.length;
  };
  expect(await collect('readings')).toBe((next - 1) / 501 - 1);

  // What has been read makes room; what then was not taken before comes, and the rest is not twice.
  const lastRound = keyed(next - 501, next - 1);
  const readAndSendAgain = async (): Promise<number> => {
    await collect('tight');
    await commit(telemetry, Math.max(...stored.keys()) + 1);
    return publishAll(telemetry, lastRound).catch(() => 0);
  };
  await expect.poll(readAndSendAgain, { timeout: 20_000 }).toBe(500);
  await collect('tight');
  const inOrder = [...stored].sort(([a], [b]) => a - b).map(([, value]) => value);
  expect(inOrder.slice(-500)).toEqual(range(next - 501, next - 1));
  expect(new Set(inOrder).size).toBe(inOrder.length);

  const open = [1, 2].map(() => {
    const call = telemetry.publish(() => undefined);
    call.on('error', () => undefined);
    return call;
  });
  expect(await refusal(publishAll(telemetry, []))).toEqual({
    code: status.RESOURCE_EXHAUSTED,
    reason: 'PUBLISHER_LIMIT',
  });
  for (const call of open) call.cancel();
});
