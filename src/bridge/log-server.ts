// The log thread's end: unpacks what the I/O thread sends, answers its calls, settles its batches
// with one message a commit.

import { asMillpondError, type MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import {
  type BatchFault,
  type CallName,
  type Calls,
  type FromLog,
  type MemberActs,
  type ToLog,
  toWire,
} from './messages.ts';
import { type RawBatch, readRawBatch } from './raw-batch.ts';

/** What the log thread does with what it is sent. Answers with buffers name them for transfer. */
export interface LogHandlers {
  /** Should it throw, this message counts as not stored; the others of its batch go on. */
  accept(message: RawMessage): void;
  /** Calls back once everything accepted so far is durable, in order. Starts no commit by itself. */
  settleAccepted(settle: (error: MillpondError | null) => void): void;
  /** Commits what was accepted, now or when the commit under way has ended. */
  startCommit(): void;
  /** Hands on what members of groups did. */
  act(acts: readonly MemberActs[]): void;
  call: {
    [N in CallName]: (ask: Calls[N]['ask'], signal: AbortSignal) => Promise<Calls[N]['answer']>;
  };
}

export interface ServerPort {
  postMessage(message: FromLog, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: ToLog) => void): unknown;
  on(event: 'messageerror', listener: (error: Error) => void): unknown;
  off(event: 'message', listener: (message: ToLog) => void): unknown;
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
        const { sequence } = message;
        const { faults, unreadable } = acceptAll(message.batch, handlers.accept);
        handlers.settleAccepted((error) => {
          settlements.settle(sequence, { error: error ?? unreadable, faults });
        });
        if (!message.isMoreComing) handlers.startCommit();
        break;
      }
      case 'call':
        void answer(message.id, message.name, message.ask);
        break;
      case 'cancel':
        underWay.get(message.id)?.abort();
        break;
      case 'members':
        handlers.act(message.acts);
        break;
    }
  });
}

interface Accepted {
  readonly faults: readonly BatchFault[];
  /** Set when the batch could not be read to its end: none of it is then acknowledged. */
  readonly unreadable: MillpondError | null;
}

/** Hands over every message, whatever becomes of the one before it. */
function acceptAll(batch: RawBatch, accept: LogHandlers['accept']): Accepted {
  // A full stream may refuse thousands of messages, all for the same reason.
  const placesByError = new Map<string, { error: MillpondError; places: number[] }>();
  let unreadable: MillpondError | null = null;
  let place = 0;
  try {
    readRawBatch(batch, (message) => {
      try {
        accept(message);
      } catch (thrown) {
        const error = asMillpondError(thrown);
        const key = `${error.code} ${error.message}`;
        const known = placesByError.get(key);
        if (known === undefined) placesByError.set(key, { error, places: [place] });
        else known.places.push(place);
      }
      place += 1;
    });
  } catch (thrown) {
    unreadable = asMillpondError(thrown);
  }
  const faults = [...placesByError.values()].map(({ error, places }) => {
    return { error: toWire(error), places };
  });
  return { faults, unreadable };
}

/** Joins the settlements of one commit, which come in one turn, into one message. */
class SettlementPoster {
  readonly #port: ServerPort;
  #sequence = 0;
  #isScheduled = false;

  constructor(port: ServerPort) {
    this.#port = port;
  }

  settle(
    sequence: number,
    { error, faults }: { error: MillpondError | null; faults: readonly BatchFault[] },
  ): void {
    if (error !== null) {
      this.#post();
      this.#port.postMessage({ kind: 'settled', sequence, error: toWire(error) }, []);
      return;
    }
    if (faults.length > 0) {
      this.#post();
      this.#port.postMessage({ kind: 'partly', sequence, faults }, []);
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
