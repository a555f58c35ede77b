// Connections over HTTP are bounded; the one too many is closed, and the others are served.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portOf } from '../support/gateway.ts';
import { startHttp } from '../support/http.ts';

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** The answer's first bytes; nothing when the connection was closed instead. */
async function ask(socket: Socket): Promise<string> {
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  const answered = once(socket, 'data').then(([bytes]) => String(bytes));
  return Promise.race([answered, once(socket, 'close').then(() => '')]);
}

test('one connection more than allowed is closed, and there is room again when another ends', async () => {
  const port = portOf(await startHttp({ connectionsMax: 2 }));
  const first = await open(port);
  const second = await open(port);
  expect(await ask(await open(port))).toBe('');
  expect(await ask(second)).toContain('200 OK');
  first.destroy();
  await expect.poll(async () => ask(await open(port))).toContain('200 OK');
});
