// Page tokens: what was given out comes back, anything else is refused.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fromPageToken,
  pageSizeOf,
  toPageToken,
} from '../../../../src/delivery/grpc/page-token.ts';

const shape = { stream: 'string', fromOffset: 'number' } as const;

test('a token says what it was made of', () => {
  fc.assert(
    fc.property(fc.string(), fc.maxSafeInteger(), (stream, fromOffset) => {
      expect(fromPageToken(toPageToken([stream, fromOffset]), shape)).toEqual({
        stream,
        fromOffset,
      });
    }),
  );
});

test('the empty token is the first page, and the end', () => {
  expect(fromPageToken('', shape)).toBeNull();
  expect(toPageToken(null)).toBe('');
});

test('anything else is refused', () => {
  const others = [
    toPageToken([1, 'a']),
    toPageToken(['a']),
    toPageToken(['a', 1, 2]),
    toPageToken(['a', 1.5]),
    Buffer.from('{}').toString('base64url'),
    Buffer.from('null').toString('base64url'),
    '!',
    'A'.repeat(100_000),
  ];
  for (const token of others) {
    expect(() => fromPageToken(token, shape)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  }
});

test('a page has a size between one and a thousand', () => {
  expect([0, 1, 7, 1000, 4_294_967_295].map(pageSizeOf)).toEqual([100, 1, 7, 1000, 1000]);
});
