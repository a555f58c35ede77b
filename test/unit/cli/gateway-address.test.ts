// From the address that is listened on to the one that reaches it.
import { expect, test } from 'vitest';
import { reachableAddress } from '../../../src/cli/gateway-address.ts';

test.each([
  ['127.0.0.1:50051', '127.0.0.1:50051'],
  [' gateway.local:1 ', 'gateway.local:1'],
  ['0.0.0.0:50051', '127.0.0.1:50051'],
  ['[::]:50051', '[::1]:50051'],
  ['[fd00::1]:50051', '[fd00::1]:50051'],
])('%s is reached at %s', (listen, reach) => {
  expect(reachableAddress(listen)).toBe(reach);
});

test.each(['', 'localhost', '127.0.0.1:0', '1.2.3:1', 'http://localhost:1'])(
  '"%s" is an error of usage',
  (address) => {
    expect(() => reachableAddress(address)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  },
);
