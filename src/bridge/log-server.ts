// The log thread's end: unpacks what the I/O thread sends, answers its calls, settles its batches
// with one message a commit.

import { asMillpondError, type MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import { type CallName, type Calls, type FromLog, type ToLog, toWire } from './messages.ts';
import { type RawBatch, readRawBatch } from './raw-batch.ts';

/** What the log thread does with what it is sent. Answers with buffers name them for transfer. */
export interface LogHandlers {
  /** Should it throw, the message counts as not stored, and the others of its batch go on. */
  accept(message: RawMessage): void;
  /** Calls back once everything accepted so far is durable, in order. Starts no commit by itself. */
  settleAccepted(settle: (error: MillpondError | null) => void): void;
  /** Commits what was accepted, now or when the commit under way has ended. */
  startCommit(): void;
  call: {
    [N in CallName]: (ask: Calls[N]['ask'], signal: AbortSignal) => Promise<Calls[N]['answer']>;
  };
}

export interface ServerPort {
  postMessage(message: FromLog, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: ToLog) => void): unknown;
  on(event: 'messageerror', listener: (error: Error) => void): unknown;
}

export function serveLog(port: ServerPort, handlers: LogHandlers): void {
  const underWay = new Map<number, AbortController>();
  const settlements = new SettlementPoster(port);

  async function answer(id: number, name: CallName, ask: unknown): Promise<void> {
    const controller = new AbortController();
    underWay.set(id, controller);
    try {
      const handle = handlers.call[name] as (ask: unknown, signal: AbortSignal) => Promise<unknown>;
      const value = await handle(ask, controller.signal);
      port.postMessage({ kind: 'answer', id, value }, buffersOf(value));
    } catch (thrown) {
      port.postMessage({ kind: 'error', id, error: toWire(asMillpondError(thrown)) }, []);
    } finally {
      underWay.delete(id);
    }
  }

  // Whoever waits for what could not be read would wait for ever: the thread ends instead.
  port.on('messageerror', (error) => {
    throw error;
  });
  port.on('message', (message) => {
    switch (message.kind) {
      case 'append': {
        const fault = acceptAll(message.batch, handlers.accept);
        handlers.settleAccepted((error) => settlements.settle(message.sequence, error ?? fault));
        if (!message.isMoreComing) handlers.startCommit();
        break;
      }
      case 'call':
        void answer(message.id, message.name, message.ask);
        break;
      case 'cancel':
        underWay.get(message.id)?.abort();
        break;
    }
  });
}

/**
 * Hands over every message, whatever becomes of the one before it. Returns the first fault: the
 * batch is then not acknowledged, though what was accepted of it is stored.
 */
function acceptAll(batch: RawBatch, accept: LogHandlers['accept']): MillpondError | null {
  let fault: MillpondError | null = null;
  try {
    readRawBatch(batch, (message) => {
      try {
        accept(message);
      } catch (thrown) {
        fault ??= asMillpondError(thrown);
      }
    });
  } catch (thrown) {
    fault ??= asMillpondError(thrown);
  }
  return fault;
}

/** Joins the settlements of one commit, which come in one turn, into one message. */
class SettlementPoster {
  readonly #port: ServerPort;
  #sequence = 0;
  #isScheduled = false;

  constructor(port: ServerPort) {
    this.#port = port;
  }

  settle(sequence: number, error: MillpondError | null): void {
    if (error !== null) {
      this.#post();
      this.#port.postMessage({ kind: 'settled', sequence, error: toWire(error) }, []);
      return;
    }
    this.#sequence = sequence;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#post());
  }

  #post(): void {
    if (!this.#isScheduled) return;
    this.#isScheduled = false;
    this.#port.postMessage({ kind: 'settled', sequence: this.#sequence, error: null }, []);
  }
}

function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null || !('buffer' in value)) return [];
  return value.buffer instanceof ArrayBuffer && value.buffer.byteLength > 0 ? [value.buffer] : [];
}
