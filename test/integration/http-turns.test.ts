// So many REST requests are worked on at one time, and so many wait: who is refused, what goes before
// all of them, and when a turn ends.
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { DevicePage, LogInspector } from '../../src/core/log-inspection.ts';
import type { SeriesAnswer } from '../../src/core/series-points.ts';
import type { HttpParts } from '../../src/delivery/http/server.ts';
import { portOf } from '../support/gateway.ts';
import { ask, makeHttp } from '../support/http.ts';

const CHART = '/api/v1/series?device=d';
const empty: SeriesAnswer = { fromUs: 0, toUs: 1, bucketUs: 1, series: [] };

/** More than the kernel keeps for a client. */
const column = new Float64Array(200_000);
const points = { timeUs: column, count: column, min: column, mean: column, max: column };
const line = { device: 'd', channel: '', metric: 'm', unit: '', ...points, last: null };
const long: SeriesAnswer = { ...empty, series: [line, line] };

/** A log whose charts and devices are read when the test says so. */
async function startHeld(parts: Partial<Omit<HttpParts, 'api'>> = {}) {
  const charts: ((answer: SeriesAnswer) => void)[] = [];
  const pages: ((page: DevicePage) => void)[] = [];
  const events = new EventEmitter();
  const server = makeHttp({
    ...parts,
    api: {
      series: {
        readSeries: (_, signal) =>
          new Promise((resolve, reject) => {
            charts.push(resolve);
            signal.addEventListener('abort', () => reject(signal.reason));
            events.emit('chart');
          }),
      },
      log: {
        listDevices: () =>
          new Promise<DevicePage>((resolve) => {
            pages.push(resolve);
            events.emit('page');
          }),
      } as unknown as LogInspector,
    },
  });
  return { address: await server.start(), server, charts, pages, events };
}

/** A request that is sent and not read until asked for. */
function open(address: string, path: string) {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

test('one more than may wait is refused, and probes and pages wait for nobody', async () => {
  const { address, charts, events } = await startHeld({ requestsMax: 2, waitingMax: 3 });
  const asked = Array.from({ length: 6 }, () => ask(address, CHART));
  // Of all that were asked one alone can be answered now.
  const refused = await Promise.race(asked);
  expect(refused).toMatchObject({
    status: 429,
    headers: { 'content-type': /^application\/problem\+json/, 'retry-after': '1' },
  });
  expect(JSON.parse(refused.body)).toMatchObject({
    code: 'REST_BUSY',
    detail: 'Too many requests at a time: 2 are worked on and 3 wait.',
  });
  for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
    expect(await ask(address, path)).toMatchObject({ status: 200 });
  }
  for (let answered = 0; answered < 5; answered++) {
    expect(charts.length).toBe(Math.min(5, 2 + answered));
    const next = answered < 3 ? once(events, 'chart') : null;
    charts[answered]!(empty);
    await next;
  }
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(5);
});

test('a request that asks for nothing dear, or for what is not there, takes no turn', async () => {
  const { address, events } = await startHeld({ requestsMax: 1, waitingMax: 0 });
  open(address, CHART);
  await once(events, 'chart');
  expect((await ask(address, '/api/v1/series')).status).toBe(400);
  expect((await ask(address, '/api/v1/none')).status).toBe(404);
  expect((await ask(address, '/api/v1/live')).status).not.toBe(429);
  expect((await ask(address, '/api/v1/readings')).status).not.toBe(429);
  expect((await ask(address, '/api/v1/status')).status).not.toBe(429);
  expect((await ask(address, '/api/v1/devices')).status).toBe(429);
});

test('who hangs up leaves its place, waiting or not', async () => {
  const { address, server, charts, events } = await startHeld({ requestsMax: 1, waitingMax: 1 });
  const first = open(address, CHART);
  await once(events, 'chart');
  const second = open(address, CHART);
  await expect.poll(() => server.requests.waiting).toBe(1);
  second.destroy();
  await expect.poll(() => server.requests.waiting).toBe(0);
  const third = ask(address, CHART);
  await expect.poll(() => server.requests.waiting).toBe(1);
  const begun = once(events, 'chart');
  first.destroy();
  await begun;
  expect(server.requests).toMatchObject({ running: 1, waiting: 0 });
  charts[1]!(empty);
  expect((await third).status).toBe(200);
  await expect.poll(() => server.requests.running).toBe(0);
});

test('what the log works on holds its turn though nobody waits for it any more', async () => {
  const { address, charts, pages, events } = await startHeld({ requestsMax: 1 });
  const gone = open(address, '/api/v1/devices');
  await once(events, 'page');
  gone.destroy();
  await once(gone, 'close');
  const next = ask(address, CHART);
  for (let times = 0; times < 20; times++) await ask(address, '/healthz');
  expect(charts).toHaveLength(0);
  const begun = once(events, 'chart');
  pages[0]!({ nowUs: 0, entries: [], next: null });
  await begun;
  charts[0]!(empty);
  expect((await next).status).toBe(200);
});

test('HEAD takes one turn, and gives it back', async () => {
  const { address, pages, events } = await startHeld({ requestsMax: 1, waitingMax: 0 });
  for (const method of ['HEAD', 'GET', 'HEAD']) {
    const begun = once(events, 'page');
    const asked = ask(address, '/api/v1/devices', { method });
    await begun;
    pages.pop()!({ nowUs: 0, entries: [], next: null });
    expect((await asked).status).toBe(200);
  }
});

test.each([
  ['when it takes nothing for long', { stallMsMax: 200 }],
  ['when its turn takes too long', { turnMsMax: 200 }],
])('a client that does not read is cut off %s, and the next has its turn', async (_, limits) => {
  const { address, charts, events } = await startHeld({ requestsMax: 1, ...limits });
  const stalled = open(address, CHART);
  stalled.pause();
  await once(events, 'chart');
  charts[0]!(long);
  const begun = once(events, 'chart');
  const next = ask(address, CHART);
  await begun;
  charts[1]!(empty);
  expect((await next).status).toBe(200);
  let text = '';
  stalled.on('data', (bytes) => {
    text += String(bytes);
  });
  await once(stalled.resume(), 'close');
  expect(text).toMatch(/^HTTP\/1.1 200/);
  expect(text.endsWith('0\r\n\r\n')).toBe(false);
});

test('a client that takes a little now and then is not cut off for being slow', async () => {
  const { address, charts, events } = await startHeld({ requestsMax: 1, stallMsMax: 2000 });
  const slow = open(address, CHART);
  await once(events, 'chart');
  const startedMs = performance.now();
  charts[0]!(long);
  let end = '';
  slow.on('data', (bytes) => {
    end = (end + String(bytes)).slice(-5);
    if (end === '0\r\n\r\n') slow.destroy();
    // For longer than it may take nothing.
    if (performance.now() - startedMs > 3000) return;
    slow.pause();
    setTimeout(() => slow.resume(), 100);
  });
  await once(slow, 'close');
  expect(end).toBe('0\r\n\r\n');
});
