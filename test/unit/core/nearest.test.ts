// What may be meant by a name that does not exist.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../../src/core/nearest.ts';

const known = ['listen', 'packetBytesMax', 'connectTimeout', 'drainTimeout'];

test.each([
  ['lisen', 'listen'],
  ['lsiten', 'listen'],
  ['packet_bytes_max', 'packetBytesMax'],
  ['packet-size-max', 'packetBytesMax'],
  ['drainTimout', 'drainTimeout'],
])('for %s it offers %s', (name, wanted) => {
  expect(nearest(name, known)).toBe(wanted);
});

test('offers nothing when nothing is near', () => {
  expect(nearest('colour', known)).toBeNull();
  expect(nearest('listen', [])).toBeNull();
});

test('finds a known name with one letter changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.nat(),
      fc.constantFrom('q', 'z', 'Z'),
      (name, at, letter) => {
        const index = at % name.length;
        const changed = name.slice(0, index) + letter + name.slice(index + 1);
        expect(nearest(changed, known)).toBe(name);
      },
    ),
  );
});
