// The client's workers against a real gateway: shared work, failures, and a gateway that is killed.
import { expect, test } from 'vitest';
import { type MillpondClient, TryLater } from '../../src/client/client.ts';
import { connectClient, startForClients } from '../support/client-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** `count` readings a device, each with its place as its value. */
async function publish(client: MillpondClient, devices: number, count: number): Promise<void> {
  for (let place = 0; place < count; place += 1) {
    await client.publish(
      Array.from({ length: devices }, (_, device) => {
        return { device: `d${device}`, metric: 'power', value: place };
      }),
    );
  }
}

/** What was worked on, by device, and a wait for the moment when it is enough. */
class Book {
  readonly values = new Map<string, number[]>();
  #count = 0;
  #wake: () => void = () => undefined;

  note(device: string, value: number | string): void {
    const values = this.values.get(device) ?? [];
    values.push(Number(value));
    this.values.set(device, values);
    this.#count += 1;
    this.#wake();
  }

  async reaches(count: number): Promise<void> {
    while (this.#count < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

test('workers share the readings, each device in order, and one may leave', async () => {
  const { grpc } = (await startForClients(tempFolder())).addresses;
  const client = connectClient(grpc);
  await publish(client, 20, 30);
  const book = new Book();
  const stopping = [0, 1, 2].map(() => new AbortController());
  const working = stopping.map(({ signal }, place) =>
    connectClient(grpc).work(
      { group: 'mill', name: `w${place}`, concurrency: 3, signal },
      async ({ device, value }) => {
        await new Promise((resolve) => setImmediate(resolve));
        book.note(device, value);
      },
    ),
  );
  await book.reaches(100);
  stopping[0]?.abort();
  await working[0];
  await book.reaches(600);
  for (const controller of stopping) controller.abort();
  await Promise.all(working);
  const inOrder = Array.from({ length: 30 }, (_, place) => place);
  expect([...book.values.values()]).toEqual(Array.from({ length: 20 }, () => inOrder));
  // Everything is settled: a member that comes now gets only what is new.
  await publish(client, 1, 1);
  const later: number[] = [];
  const last = new AbortController();
  await connectClient(grpc).work({ group: 'mill', signal: last.signal }, ({ offset }) => {
    later.push(offset);
    last.abort();
  });
  expect(later).toEqual([600]);
});

test('what fails comes again before the later readings of its device', async () => {
  const { grpc } = (await startForClients(tempFolder())).addresses;
  const client = connectClient(grpc);
  await publish(client, 2, 3);
  const book = new Book();
  const counts: number[] = [];
  const stopping = new AbortController();
  const working = client.work(
    { group: 'mill', concurrency: 2, prefetch: 10, signal: stopping.signal },
    ({ device, value }, { deliveryCount }) => {
      if (device === 'd0' && value === 1 && deliveryCount < 3) {
        counts.push(deliveryCount);
        throw new TryLater(1, 'not yet');
      }
      book.note(device, value);
    },
  );
  await book.reaches(6);
  stopping.abort();
  await working;
  expect(counts).toEqual([1, 2]);
  expect(Object.fromEntries(book.values)).toEqual({ d0: [0, 1, 2], d1: [0, 1, 2] });
});

test('work goes on over a kill of the gateway, each device in order', async () => {
  const dataDir = tempFolder();
  const first = await startForClients(dataDir);
  const { grpc } = first.addresses;
  const client = connectClient(grpc);
  await publish(client, 5, 40);
  const book = new Book();
  const told: string[] = [];
  const stopping = new AbortController();
  const working = client.work(
    {
      group: 'mill',
      concurrency: 5,
      signal: stopping.signal,
      onLost: ({ code }) => told.push(code),
      onResumed: () => told.push('resumed'),
    },
    async ({ device, value }) => {
      await new Promise((resolve) => setImmediate(resolve));
      book.note(device, value);
    },
  );
  const isUnfinished = () => [...book.values.values()].some((values) => values.at(-1) !== 39);
  await book.reaches(50);
  await first.kill();
  await startForClients(dataDir, grpc);
  // What was not settled before the kill is worked on twice.
  for (let count = 200; isUnfinished(); count += 1) await book.reaches(count);
  stopping.abort();
  await working;
  expect(told).toEqual(['GATEWAY_UNREACHABLE', 'resumed']);
  for (const values of book.values.values()) {
    const firsts = values.filter((value, place) => values.indexOf(value) === place);
    expect(firsts).toEqual(Array.from({ length: 40 }, (_, place) => place));
  }
});

test('a name that is taken by a plain consumer is thrown with its code', async () => {
  const client = connectClient((await startForClients(tempFolder())).addresses.grpc);
  await publish(client, 1, 1);
  await client.commit('mill', 1);
  const refused = client.work({ group: 'mill' }, () => undefined);
  await expect(refused).rejects.toMatchObject({ code: 'GROUP_IS_CONSUMER' });
});
