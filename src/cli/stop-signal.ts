// Ctrl-C and SIGTERM for commands that run until they are stopped: the first asks, the second ends.

import { exitCodes } from './exit-codes.ts';

/** Aborts at the first signal, and from then on a second one exits at once with 0. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    // What is printed may wait for a reader that reads no more.
    if (controller.signal.aborted) process.exit(exitCodes.ok.code);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
