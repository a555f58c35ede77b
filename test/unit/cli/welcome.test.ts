// Where the dashboard is said to be.
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { dashboardUrl, serveWelcome } from '../../../src/cli/welcome.ts';

test.each([
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['[::1]:8080', 'http://[::1]:8080'],
  ['192.168.1.5:80', 'http://192.168.1.5:80'],
  ['0.0.0.0:8080', `http://${hostname()}:8080`],
  ['[::]:8080', `http://${hostname()}:8080`],
])('a gateway that listens on %s has it at %s', (listen, url) => {
  expect(dashboardUrl(listen)).toBe(url);
});

test('a gateway at another port is found with a flag', () => {
  const addresses = { mqtt: '127.0.0.1:1', grpc: '127.0.0.1:2', http: '127.0.0.1:3' };
  const text = serveWelcome({ addresses, dataDir: '/d' });
  expect(text).toContain('  Dashboard  http://127.0.0.1:3\n  MQTT       127.0.0.1:1\n');
  expect(text).toContain('status --watch --grpc 127.0.0.1:2`');
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
});
