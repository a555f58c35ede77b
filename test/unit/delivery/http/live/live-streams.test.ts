// A follower that does not read, over a real socket: it is cut off and told so, its bytes are bounded,
// and it holds no place any more.
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { FetchRequest, FetchResult } from '../../../../../src/core/contracts.ts';
import { LiveStreams } from '../../../../../src/delivery/http/live/live-streams.ts';
import { liveEvents } from '../../../../../src/delivery/http/live/live-text.ts';
import { ReadAheadBudget } from '../../../../../src/delivery/read-ahead-budget.ts';
import { EventStreamReader } from '../../../../support/event-stream.ts';

const END = 1_000_000;
const message = (offset: number): Buffer =>
  Buffer.from(`id: ${offset}\ndata: ${'x'.repeat(60_000)}\n\n`);

/** A long stream of which every fetch gives one large reading. */
class LongLog {
  fetched = 0;

  async resolveStart() {
    return { from: 0, highWatermark: END };
  }

  async fetch({ from }: FetchRequest): Promise<FetchResult> {
    await new Promise(setImmediate);
    this.fetched = from + 1;
    const messages = [message(from)];
    return { messages, gap: null, readings: 1, next: from + 1, highWatermark: END };
  }
}

async function start() {
  const log = new LongLog();
  const budget = new ReadAheadBudget(1024 * 1024);
  const streams = new LiveStreams({
    log,
    feeds: { join: () => expect.unreachable() },
    budget,
    events: { rows: liveEvents, arrow: liveEvents, sse: liveEvents },
    clock: () => 0,
    delivered: () => undefined,
    progressIntervalMs: 5000,
    followersMax: 10,
    stallTimeoutMs: 100,
    goodbyeMs: 60_000,
  });
  const server = createServer(async (_request, response) => {
    const request = { stream: 'readings', filter: null, lastOffset: -1 };
    (await streams.open(request)).run(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
  return { log, budget, streams, response };
}

test('who does not read is cut off after the time for it, and told', async () => {
  const { log, budget, streams, response } = await start();
  response.pause();
  await expect.poll(() => streams.dropped, { timeout: 20_000 }).toBe(1);
  const fetched = log.fetched;
  // What the system's buffers of both ends take, and no more.
  expect(fetched * 60_000).toBeLessThan(32 * 1024 * 1024);

  const reader = new EventStreamReader();
  response.setEncoding('utf8');
  for await (const text of response) reader.push(String(text));
  expect(reader.events.at(-1)).toMatchObject({
    event: 'dropped',
    data: '{"event":"dropped","stream":"readings","reason":"slow_client"}',
  });
  // What it had before is whole: it goes on behind it.
  const ids = reader.events.slice(0, -1).map(({ id }) => Number(id));
  expect(ids).toEqual(ids.map((_, index) => index));
  expect(ids.length).toBeGreaterThan(0);
  await expect.poll(() => streams.count).toBe(0);
  expect(log.fetched).toBe(fetched);
  expect(budget.heldBytes).toBe(0);
});

test('who goes away leaves nothing behind', async () => {
  const { budget, streams, response } = await start();
  await once(response, 'data');
  expect(streams.count).toBe(1);
  response.destroy();
  await expect.poll(() => streams.count).toBe(0);
  expect(budget.heldBytes).toBe(0);
  expect(streams.dropped).toBe(0);
});
