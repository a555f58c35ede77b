// Connections over HTTP are bounded; the one too many is closed, and the others are served.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpServer } from '../../src/delivery/http/server.ts';
import { portOf } from '../support/gateway.ts';

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

test('one connection more than allowed is closed, and there is room again when another ends', async () => {
  const server = new HttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    connectionsMax: 2,
    metrics: async () => '',
    metricsContentType: 'text/plain',
    problem: () => null,
    isAlive: () => true,
  });
  const port = portOf(await server.start());
  onTestFinished(() => server.stop());
  const first = await open(port);
  const second = await open(port);
  const third = await open(port);
  if (!third.closed) await once(third.resume(), 'close');
  second.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(String((await once(second, 'data'))[0])).toContain('200 OK');
  first.destroy();
  const served = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
  await expect.poll(() => served().catch(() => 0)).toBe(200);
});
