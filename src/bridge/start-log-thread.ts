// Starts the log thread and waits until the log is open, or has to wait for its disk, or says why it
// cannot be.

import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { MillpondError } from '../core/errors.ts';
import { LogClient, type LogClientEvents, type Port } from './log-client.ts';
import { type FromLog, fromWire } from './messages.ts';

export interface LogThread {
  readonly client: LogClient;
  /**
   * Resolves when the log is open; rejects with what opening it throws, and when the thread ends
   * before. Until then the client's calls are rejected.
   */
  readonly opened: Promise<void>;
  readonly isOpen: boolean;
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

/** An opening that takes longer, as after damage, is not waited for: the ways out are to tell of it. */
const OPENING_MS = 2000;

/** Returns when the log is open or its opening takes time. Throws what opening it throws by then. */
export async function startLogThread(options: LogThreadOptions): Promise<LogThread> {
  // Read when a heap is made, so it acts on the new thread's alone.
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MB}`);
  const worker = new Worker(new URL('../log-thread.js', import.meta.url), {
    workerData: options.config,
    name: 'millpond-log',
  });
  let isStopping = false;
  let isOpen = false;
  let refusal: MillpondError | null = null;
  const ended = new Promise<MillpondError | null>((resolve) => {
    worker.once('error', (cause) => {
      resolve(new MillpondError('INTERNAL', `The log thread failed: ${String(cause)}`, { cause }));
    });
    worker.once('exit', (code) => {
      const why =
        refusal ?? new MillpondError('INTERNAL', `The log thread ended with code ${code}.`);
      resolve(isStopping ? null : why);
    });
  });
  const client = new LogClient(worker as unknown as Port, options.queueBytesMax, options.events);
  const opened = Promise.race([
    waitUntilOpen(worker, (error) => client.setUnopened(error)).catch((error: MillpondError) => {
      refusal = error;
      throw error;
    }),
    ended.then((error) => {
      throw error ?? new MillpondError('LOG_STOPPING', 'The gateway is stopping.');
    }),
  ]).then(() => {
    isOpen = true;
    client.setUnopened(null);
  });
  await opensOrTakesTime(worker, opened);
  void ended.then((error) => {
    client.fail(error ?? new MillpondError('LOG_STOPPING', 'The gateway is stopping.'));
  });
  return {
    client,
    opened,
    get isOpen() {
      return isOpen;
    },
    ended,
    async stop() {
      isStopping = true;
      await worker.terminate();
    },
  };
}

/** Calls `waiting` at once, and again with the reason after every attempt that failed. */
function waitUntilOpen(worker: Worker, waiting: (error: MillpondError) => void): Promise<void> {
  waiting(new MillpondError('LOG_OPENING', 'The log is being opened.'));
  return new Promise((resolve, reject) => {
    worker.on('message', function onMessage(message: FromLog) {
      if (message.kind === 'waiting') waiting(asOpening(message.error.message));
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'refused') reject(fromWire(message.error));
      else return;
      worker.off('message', onMessage);
    });
  });
}

/** Whoever asks meanwhile is to try again, whatever the disk's fault is. */
function asOpening(why: string): MillpondError {
  return new MillpondError('LOG_OPENING', `The log cannot be opened yet: ${why}`);
}

/** Rejects as `opened`, while it is waited for. */
async function opensOrTakesTime(worker: Worker, opened: Promise<void>): Promise<void> {
  opened.catch(() => undefined);
  let stopWaiting = (): void => {};
  const takesTime = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, OPENING_MS);
    const onMessage = ({ kind }: FromLog): void => {
      if (kind === 'waiting') resolve();
    };
    worker.on('message', onMessage);
    stopWaiting = () => {
      clearTimeout(timer);
      worker.off('message', onMessage);
    };
  });
  await Promise.race([opened, takesTime]).finally(stopWaiting);
}
