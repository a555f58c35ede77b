// The TypeScript client against a real gateway: what it promises over restarts, and what it throws.
import { expect, test } from 'vitest';
import type { SubscriptionEvent } from '../../src/client/client.ts';
import { connectClient, startForClients } from '../support/client-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

function temperature(value: number) {
  return [{ device: 'boiler', metric: 'temperature', value, unit: 'Cel' }];
}

async function readAll(events: AsyncIterable<SubscriptionEvent>) {
  const readings = [];
  for await (const event of events) {
    if (event.kind === 'readings') readings.push(...event.readings);
  }
  return readings;
}

test('publishes, reads, commits, and goes on where it committed', async () => {
  const client = connectClient((await startForClients(tempFolder())).addresses.grpc);
  await client.publish([
    {
      device: 'boiler',
      metric: 'temperature',
      value: 61.5,
      unit: 'Cel',
      measuredAtUs: 1_700_000_000_000_001,
    },
    { device: 'boiler', metric: 'state', value: 'on', channel: 'pump' },
  ]);
  await client.publish({ topic: 'home/attic/humidity', payload: '40' });
  const stored = await readAll(client.subscribe({ stopAtEnd: true }));
  expect(stored).toMatchObject([
    { offset: 0, device: 'boiler', metric: 'temperature', value: 61.5, unit: 'Cel' },
    { offset: 1, device: 'boiler', metric: 'state', channel: 'pump', value: 'on', unit: '' },
    { offset: 2, device: 'attic', metric: 'humidity', value: 40, source: 'grpc' },
  ]);
  expect(stored[0]?.measuredAtUs).toBe(1_700_000_000_000_001);
  expect(stored[0]?.quality).toBe('clock_suspect');
  expect(stored[1]?.quality).toBe('good');
  await client.commit('mill', 2);
  const rest = await readAll(client.subscribe({ consumer: 'mill', stopAtEnd: true }));
  expect(rest.map(({ offset }) => offset)).toEqual([2]);
  const since = new Date((stored[2]?.receivedAtUs ?? 0) / 1000 + 1);
  expect(await readAll(client.subscribe({ from: { time: since }, stopAtEnd: true }))).toEqual([]);
  const texts = client.subscribe({ from: { offset: 1 }, metrics: ['sta*'], stopAtEnd: true });
  expect((await readAll(texts)).map(({ offset }) => offset)).toEqual([1]);
});

test('follows over a kill of the gateway: none twice, none left out; a key stores once', async () => {
  const dataDir = tempFolder();
  const first = await startForClients(dataDir);
  const { grpc } = first.addresses;
  const client = connectClient(grpc);
  const told: string[] = [];
  const stopping = new AbortController();
  const offsets: number[] = [];
  let wake: () => void = () => undefined;
  const following = (async () => {
    const events = client.subscribe({
      signal: stopping.signal,
      onLost: ({ code }) => told.push(code),
      onResumed: () => told.push('resumed'),
    });
    for await (const event of events) {
      if (event.kind === 'readings') offsets.push(...event.readings.map(({ offset }) => offset));
      wake();
    }
  })();
  const seen = async (count: number): Promise<void> => {
    while (offsets.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  await client.publish(temperature(1), { producer: 'test', sequence: 1 });
  await client.publish(temperature(2), { producer: 'test', sequence: 2 });
  await seen(2);
  await first.kill();
  // Sent while nobody is there: the client tries again until the gateway is back.
  const sending = client.publish(temperature(3), { producer: 'test', sequence: 3 });
  await startForClients(dataDir, grpc);
  await sending;
  await client.publish(temperature(3), { producer: 'test', sequence: 3 });
  await client.publish(temperature(4), { producer: 'test', sequence: 4 });
  await seen(4);
  await client.commit('mill', 4);
  stopping.abort();
  await following;
  expect(offsets).toEqual([0, 1, 2, 3]);
  expect(told).toEqual(['GATEWAY_UNREACHABLE', 'resumed']);
});

test('asks in SQL, with parameters, and gets rows as objects', async () => {
  const client = connectClient((await startForClients(tempFolder())).addresses.grpc);
  for (const value of [20, 30.5]) await client.publish(temperature(value));
  const rows = [];
  const sql = `select device, count(*) as n, avg(number) as mean, null as nothing, $1 as word,
    max("offset") as last, min(measured_at) < now() as past from readings where number > $2 group by all`;
  for await (const row of client.query(sql, { parameters: ['über', 1.5] })) rows.push(row);
  expect(rows).toEqual([
    { device: 'boiler', n: 2, mean: 25.25, nothing: null, word: 'über', last: 1, past: true },
  ]);
  const named = client.query('select $big + 1 as big', { parameters: { big: 2n ** 60n } });
  for await (const row of named) expect(row).toEqual({ big: 2n ** 60n + 1n });
  const refused = client.query('drop table readings').next();
  await expect(refused).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
});

test('what trying again would not mend is thrown with its code', async () => {
  const gateway = await startForClients(tempFolder());
  const client = connectClient(gateway.addresses.grpc);
  await client.publish(temperature(1));
  const nothing = client.subscribe({ stream: 'nowhere', stopAtEnd: true });
  await expect(readAll(nothing)).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
  await expect(client.commit('mill', 9)).rejects.toMatchObject({ code: 'COMMIT_BEYOND_END' });
  const notANumber = client.publish(temperature(Number.NaN));
  await expect(notANumber).rejects.toMatchObject({ code: 'REQUEST_INVALID', canRetry: false });
  await gateway.kill();
  const gone = client.subscribe({ stopAtEnd: true });
  await expect(readAll(gone)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
  await expect(client.publish(temperature(2))).rejects.toMatchObject({ canRetry: true });
});
