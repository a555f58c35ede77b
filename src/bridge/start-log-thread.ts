// Starts the log thread and waits until the log is open, or says why it could not be.

import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { MillpondError } from '../core/errors.ts';
import { LogClient, type LogClientEvents, type Port } from './log-client.ts';
import { type FromLog, fromWire } from './messages.ts';

export interface LogThread {
  readonly client: LogClient;
  /** Resolves when the thread has ended: with null after `client.close()`, else with the reason. */
  readonly ended: Promise<MillpondError | null>;
  /** Ends the thread after `client.close()`. */
  stop(): Promise<void>;
}

export interface LogThreadOptions {
  /** What log-thread.ts gets as its config: plain data. */
  readonly config: object;
  readonly queueBytesMax: number;
  readonly events: LogClientEvents;
}

/**
 * The young generation's semi-space, MiB. At V8's 16 the thread's heap keeps 30 MB that it does not
 * need, and columns and buffers that are dead wait long for a collection.
 */
const SEMI_SPACE_MB = 4;

/** Throws what opening the log throws. */
export async function startLogThread(options: LogThreadOptions): Promise<LogThread> {
  // Read when a heap is made, so it acts on the new thread's alone.
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MB}`);
  const worker = new Worker(new URL('../log-thread.js', import.meta.url), {
    workerData: options.config,
    name: 'millpond-log',
  });
  let isStopping = false;
  const ended = new Promise<MillpondError | null>((resolve) => {
    worker.once('error', (cause) => {
      resolve(new MillpondError('INTERNAL', `The log thread failed: ${String(cause)}`, { cause }));
    });
    worker.once('exit', (code) => {
      resolve(
        isStopping
          ? null
          : new MillpondError('INTERNAL', `The log thread ended with code ${code}.`),
      );
    });
  });
  const client = new LogClient(worker as unknown as Port, options.queueBytesMax, options.events);
  await Promise.race([
    opened(worker),
    ended.then((error) => {
      throw error ?? new MillpondError('INTERNAL', 'The log thread ended at its start.');
    }),
  ]);
  void ended.then((error) => {
    client.fail(error ?? new MillpondError('LOG_STOPPING', 'The gateway is stopping.'));
  });
  return {
    client,
    ended,
    async stop() {
      isStopping = true;
      await worker.terminate();
    },
  };
}

function opened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', function onMessage(message: FromLog) {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'refused') reject(fromWire(message.error));
      else return;
      worker.off('message', onMessage);
    });
  });
}
