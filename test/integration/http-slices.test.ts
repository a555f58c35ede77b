// Long answers are made slice by slice: no faster than a client takes them, and none in front of another.
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { DeviceEntry, LogInspector } from '../../src/core/log-inspection.ts';
import { portOf } from '../support/gateway.ts';
import { ask, makeHttp } from '../support/http.ts';

/** Of 2.7 kB as JSON. */
function deviceOf(number: number): DeviceEntry {
  return {
    device: `${'d'.repeat(2500)}${number}`,
    profile: '',
    firstSeenUs: 0,
    lastSeenUs: 0,
    readings: 1,
    usualIntervalUs: null,
    readingsPerMinute: null,
    isStale: false,
    series: 0,
    latest: [],
  };
}

/** A page of ten times as many devices as the limit says, each of which tells when it is made into JSON. */
async function startPages(made: (limit: number, number: number) => void) {
  const server = makeHttp({
    api: {
      log: {
        listDevices: async ({ limit }: { limit: number }) => {
          const entries = Array.from({ length: limit * 10 }, (_, number) => ({
            ...deviceOf(number),
            get readings() {
              made(limit, number);
              return number;
            },
          }));
          return { nowUs: 0, entries, next: null };
        },
      } as unknown as LogInspector,
    },
  });
  return { server, address: await server.start() };
}

test('a short answer comes with its length, a long one in chunks, both whole', async () => {
  const { address } = await startPages(() => undefined);
  for (const [limit, framing] of [
    [1, { 'content-length': expect.any(String) }],
    [20, { 'transfer-encoding': 'chunked' }],
  ] as const) {
    const path = `/api/v1/devices?limit=${limit}`;
    const { status, headers, body } = await ask(address, path);
    expect([status, headers]).toMatchObject([200, framing]);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const { now, nextCursor, devices } = JSON.parse(body);
    expect([now, nextCursor]).toEqual(['1970-01-01T00:00:00.000000Z', null]);
    expect(devices.map(({ readings }: { readings: number }) => readings)).toEqual(
      Array.from({ length: limit * 10 }, (_, number) => number),
    );
    expect((await ask(address, path, { method: 'HEAD' })).status).toBe(200);
  }
});

test('two long answers are made by turns', async () => {
  const order: number[] = [];
  const { address } = await startPages((limit) => order.push(limit));
  const paths = [200, 201].map((limit) => `/api/v1/devices?limit=${limit}`);
  const answers = await Promise.all(paths.map((path) => ask(address, path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const changes = order.filter((limit, at) => at > 0 && limit !== order[at - 1]);
  expect(changes.length).toBeGreaterThan(20);
});

test('nothing is made for a client that does not read, and its turn ends with it', async () => {
  let made = 0;
  const { server, address } = await startPages(() => {
    made += 1;
  });
  const socket = connect(portOf(address), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.pause();
  // More than the kernel keeps for a client.
  socket.write('GET /api/v1/devices?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await expect.poll(() => made).toBeGreaterThan(10);
  expect((await ask(address, '/healthz')).status).toBe(200);
  socket.destroy();
  await expect.poll(() => server.requests.running).toBe(0);
  expect(made).toBeLessThan(10_000);
});
