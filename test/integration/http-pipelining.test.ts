// A connection that asks without waiting for answers is closed: it takes neither memory nor time, and
// others are answered.
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portOf } from '../support/gateway.ts';
import { ask, startHttp } from '../support/http.ts';

const CONNECTIONS = 10;
const QUESTIONS = 5_000;
const ALLOWED = 8;

/** Counts what is worked on; an answer is as long as a page of metrics. */
async function start(): Promise<{ address: string; asked: () => number }> {
  let asked = 0;
  const address = await startHttp({
    probes: {
      metrics: async () => 'x'.repeat(36_000),
      metricsContentType: 'text/plain',
      problem: () => {
        asked += 1;
        return null;
      },
      isAlive: () => true,
    },
  });
  return { address, asked: () => asked };
}

/** Resolves when the connection is closed. */
function flood(address: string, path: string): Promise<void> {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(QUESTIONS));
  // Only who reads is told that the other side has gone.
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test.each(['/metrics', '/readyz', '/nowhere', '/%zz', '/api/v1/openapi.json'])(
  'many that flood %s are closed, and another is answered',
  async (path) => {
    const { address, asked } = await start();
    await Promise.all(Array.from({ length: CONNECTIONS }, () => flood(address, path)));
    expect(asked()).toBeLessThanOrEqual(CONNECTIONS * ALLOWED);
    expect((await ask(address, '/healthz')).status).toBe(200);
  },
);

test('so many as are allowed are answered, in their order, and then others', async () => {
  const { address } = await start();
  const socket = connect(portOf(address), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  const paths = ['/healthz', '/nowhere', '/readyz', '/nowhere'];
  for (const round of [1, 2, 3]) {
    const burst = [...paths, ...paths];
    expect(burst).toHaveLength(ALLOWED);
    socket.write(burst.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).join(''));
    const statuses = (): string[] =>
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code!);
    await expect.poll(() => statuses().length).toBe(round * ALLOWED);
    const expected = Array.from({ length: round * ALLOWED }, (_, at) =>
      at % 2 === 0 ? '200' : '404',
    );
    expect(statuses()).toEqual(expected);
    // All of the last answer has come: the next burst finds none unanswered.
    await expect.poll(() => /\}$/.test(text)).toBe(true);
  }
});
