// Addresses out of the config, and who can reach them.
import { expect, test } from 'vitest';
import { isLoopback, parseAddress } from '../../../src/config/address.ts';
import { formatAddress } from '../../../src/core/listen-address.ts';

test.each([
  ['127.0.0.1:1883', '127.0.0.1', 1883],
  ['localhost:0', 'localhost', 0],
  ['gateway-1.example.org:65535', 'gateway-1.example.org', 65_535],
  ['[::1]:1883', '::1', 1883],
  ['[2001:db8::1]:80', '2001:db8::1', 80],
])('reads %s and writes it back', (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
  expect(formatAddress({ host, port })).toBe(text);
});

test.each([
  '',
  '1883',
  ':1883',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '127.1:1883',
  '256.0.0.1:1883',
  '::1:1883',
  '[127.0.0.1]:1883',
  '[::1]',
  'mqtt://127.0.0.1:1883',
  '127.0.0.1:1883 ',
])('does not read %j', (text) => {
  expect(parseAddress(text)).toBeNull();
});

test.each([
  '127.0.0.1',
  '127.9.9.9',
  'localhost',
  'LOCALHOST',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
])('only this machine reaches %s', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each([
  '0.0.0.0',
  '192.168.1.10',
  '::',
  'fe80::1%eth0',
  'gateway',
  '::ffff:10.0.0.1',
  '127.example.org',
])('others may reach %s', (host) => {
  expect(isLoopback(host)).toBe(false);
});
