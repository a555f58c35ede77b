// Standard output with a slow reader at the other end.
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { print } from '../../../src/cli/standard-output.ts';

function slowReader() {
  const state = { take: () => {} };
  const stream = new Writable({
    highWaterMark: 4,
    write: (_chunk, _encoding, taken) => {
      state.take = taken;
    },
  });
  return { stream, state };
}

test('waits for the reader once the buffer is full', async () => {
  const { stream, state } = slowReader();
  let isDone = false;
  const printing = print('a long line', new AbortController().signal, stream).then(() => {
    isDone = true;
  });
  await new Promise(setImmediate);
  expect(isDone).toBe(false);
  state.take();
  await printing;
});

test('a signal ends the wait, and nothing is written after it', async () => {
  const { stream } = slowReader();
  const controller = new AbortController();
  const printing = print('a long line', controller.signal, stream);
  controller.abort();
  await printing;
  const before = stream.writableLength;
  await print('more', controller.signal, stream);
  expect(stream.writableLength).toBe(before);
});
