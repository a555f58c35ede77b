// Where `millpond decode` takes its payload from.
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { parseHex, readPayload } from '../../../src/cli/decode/payload.ts';

const usage = expect.objectContaining({ code: 'USAGE' });

test.each([
  ['', []],
  ['0x01ff', [1, 255]],
  [' DE:AD be\tef\n', [0xde, 0xad, 0xbe, 0xef]],
])('hexadecimal "%s"', (text, bytes) => {
  expect([...parseHex(text)]).toEqual(bytes);
});

test.each(['1', '0x123', 'zz', '12 3g'])('"%s" is not hexadecimal', (text) => {
  expect(() => parseHex(text)).toThrow(usage);
});

test('an argument is UTF-8, - is standard input byte by byte', async () => {
  const input = Readable.from([Buffer.from([0xff]), Buffer.from('\n')]);
  const given = { argument: '°', file: undefined, isHex: false };
  expect([...(await readPayload(given, input))]).toEqual([0xc2, 0xb0]);
  expect([...(await readPayload({ ...given, argument: '-' }, input))]).toEqual([0xff, 0x0a]);
});

test('neither or both of argument and file are errors of usage', async () => {
  const none = { argument: undefined, file: undefined, isHex: false };
  await expect(readPayload(none, Readable.from([]))).rejects.toEqual(usage);
  const both = { argument: '1', file: 'x', isHex: false };
  await expect(readPayload(both, Readable.from([]))).rejects.toEqual(usage);
});

test('input without end is refused before it fills the memory', async () => {
  let chunks = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        chunks += 1;
        yield Buffer.alloc(1024 * 1024);
      }
    })(),
  );
  const given = { argument: '-', file: undefined, isHex: false };
  await expect(readPayload(given, endless)).rejects.toEqual(usage);
  expect(chunks).toBeLessThan(64);
});
