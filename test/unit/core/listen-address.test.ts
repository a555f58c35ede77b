// Addresses as text, and why one could not be listened on.
import { expect, test } from 'vitest';
import { explainListenFailure, formatAddress } from '../../../src/core/listen-address.ts';

test.each([
  ['127.0.0.1', '127.0.0.1:1883'],
  ['localhost', 'localhost:1883'],
  ['::1', '[::1]:1883'],
])('%s is written as %s', (host, text) => {
  expect(formatAddress({ host, port: 1883 })).toBe(text);
});

test.each([
  ['listen EADDRINUSE: address already in use 127.0.0.1:80', 'PORT_IN_USE'],
  ['No address added out of total 1 resolved errors: [listen EACCES: denied]', 'PORT_DENIED'],
  ['listen EADDRNOTAVAIL: address not available 192.0.2.1', 'ADDRESS_UNUSABLE'],
])('%s is %s, with the option and the address', (message, code) => {
  const cause = new Error(message);
  const error = explainListenFailure('grpc.listen', { host: '127.0.0.1', port: 80 }, cause);
  expect(error).toMatchObject({ code, cause });
  expect(error.message).toContain('grpc.listen: 127.0.0.1:80');
});
