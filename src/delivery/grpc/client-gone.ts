// A call whose answer is a stream, and what ends it: the client that goes, or whoever has the
// controller.

import type { ServerWritableStream } from '@grpc/grpc-js';

/** Aborted when the client has gone, in whichever way. */
export function abortedWhenGone(
  call: Pick<ServerWritableStream<unknown, unknown>, 'on'>,
): AbortController {
  const controller = new AbortController();
  const onGone = (): void => controller.abort();
  call.on('cancelled', onGone);
  call.on('close', onGone);
  call.on('error', onGone);
  return controller;
}
