// Where a subscription's messages go: each write waits for the transport, and none outlives an abort.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { sinkOf } from '../../../../src/delivery/grpc/telemetry-service.ts';

/** A call that takes a message when the test says so. */
function heldCall() {
  const taken: (() => void)[] = [];
  const write = (_message: unknown, ...rest: unknown[]): boolean => {
    taken.push(rest.at(-1) as () => void);
    return false;
  };
  return { taken, write };
}

test('a write is over when the transport took it', async () => {
  const call = heldCall();
  const sink = sinkOf(call, new AbortController().signal);
  let isOver = false;
  const written = sink.write([new Uint8Array(1)]).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect(isOver).toBe(false);
  call.taken[0]?.();
  await written;
});

test('an abort ends all that wait, with one listener however many they are', async () => {
  const controller = new AbortController();
  const sink = sinkOf(heldCall(), controller.signal);
  const writes = Array.from({ length: 1000 }, () => sink.write([new Uint8Array(1)]));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort();
  await Promise.all(writes);
  await sink.write([new Uint8Array(1)]);
});
