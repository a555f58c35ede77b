// What a full stream refused and the client cannot be told of (before MQTT 5): it is kept, without
// an acknowledgement, and offered again until it is stored or the connection goes. Meanwhile
// nothing more is read from that connection, and its acknowledgements keep their order.

import type { MillpondError } from '../../core/errors.ts';

/** A connection as it is seen here. */
export interface Blockable {
  /** Nothing is read from it while set. */
  isBlocked: boolean;
  /** The other side has closed it, or it is closed altogether. */
  readonly hasEnded: boolean;
}

/** A message that was taken and has no answer yet. */
export interface Offer {
  readonly connection: Blockable;
  readonly bytes: number;
}

export interface HeldMessagesParts<O extends Offer> {
  readonly bytesMax: number;
  /** Hands it to the intake once more; `settled` is called with what becomes of it. */
  offer(message: O): void;
  /** Its last word: stored (null), or refused for good. */
  finish(message: O, error: MillpondError | null): void;
  /** The first of a connection is held. */
  began(message: O, error: MillpondError): void;
}

interface Held {
  state: 'refused' | 'offered' | 'stored';
  /** Why it was refused. */
  error: MillpondError | null;
}

/** Of one connection, in the order of arrival. */
type Queue<O> = Map<O, Held>;

/** A stream has room again when its retention drops a segment, or a consumer commits. */
const RETRY_MS = { first: 100, max: 5000 };

export class HeldMessages<O extends Offer> {
  readonly #parts: HeldMessagesParts<O>;
  readonly #queues = new Map<Blockable, Queue<O>>();
  #bytes = 0;
  #retryMs = RETRY_MS.first;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(parts: HeldMessagesParts<O>) {
    this.#parts = parts;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Hot path. Whether messages of the connection wait, so that what comes behind them waits too. */
  isHolding(connection: Blockable): boolean {
    return this.#queues.size > 0 && this.#queues.has(connection);
  }

  /** Takes what came of a message that may be held: `finish` is called for it, sooner or later. */
  settled(message: O, error: MillpondError | null): void {
    const { connection } = message;
    const queue = this.#queues.get(connection);
    const held = queue?.get(message);
    const isRefused = error?.code === 'STREAM_FULL';
    if (error !== null && !isRefused) {
      if (queue?.delete(message) === true) this.#bytes -= message.bytes;
      this.#parts.finish(message, error);
    } else if (queue !== undefined && held !== undefined) {
      held.state = isRefused ? 'refused' : 'stored';
      held.error = error;
      this.#release(connection, queue);
      if (!isRefused) this.#offerRest(queue);
    } else if (queue === undefined && !isRefused) {
      this.#parts.finish(message, null);
    } else {
      this.#hold(message, error);
    }
  }

  /** The connection is gone: what was not stored stays with the client, which was not answered. */
  forget(connection: Blockable): void {
    const queue = this.#queues.get(connection);
    if (queue === undefined) return;
    this.#queues.delete(connection);
    connection.isBlocked = false;
    for (const [message, { state, error }] of queue) {
      this.#bytes -= message.bytes;
      // One that is offered just now is settled, and then finds that nothing holds it any more.
      if (state !== 'offered') this.#parts.finish(message, error);
    }
  }

  /** From now on nothing is held. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const connection of [...this.#queues.keys()]) this.forget(connection);
  }

  /** Refused (an error), or stored behind one that was. */
  #hold(message: O, error: MillpondError | null): void {
    const { connection, bytes } = message;
    const isTooMuch = this.#bytes + bytes > this.#parts.bytesMax;
    if (error !== null && (this.#isClosed || connection.hasEnded || isTooMuch)) {
      this.#parts.finish(message, error);
      return;
    }
    const known = this.#queues.get(connection);
    const queue = known ?? new Map<O, Held>();
    if (known === undefined) this.#queues.set(connection, queue);
    queue.set(message, { state: error === null ? 'stored' : 'refused', error });
    this.#bytes += bytes;
    connection.isBlocked = true;
    if (known === undefined && error !== null) this.#parts.began(message, error);
    this.#retryLater();
  }

  /** Lets go what is stored, up to the first that is not. */
  #release(connection: Blockable, queue: Queue<O>): void {
    const stored: O[] = [];
    for (const [message, { state }] of queue) {
      if (state !== 'stored') break;
      stored.push(message);
    }
    for (const message of stored) {
      queue.delete(message);
      this.#bytes -= message.bytes;
    }
    if (queue.size === 0) {
      this.#queues.delete(connection);
      connection.isBlocked = false;
    }
    for (const message of stored) this.#parts.finish(message, null);
  }

  /** One was stored, so there seems to be room for the others. */
  #offerRest(queue: Queue<O>): void {
    this.#retryMs = RETRY_MS.first;
    if (!isBeingOffered(queue)) this.#offer(queue, queue.size);
  }

  #offer(queue: Queue<O>, countMax: number): void {
    const refused = [...queue].filter(([, { state }]) => state === 'refused').slice(0, countMax);
    for (const [message, held] of refused) {
      held.state = 'offered';
      this.#parts.offer(message);
    }
  }

  #retryLater(): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.max);
      this.#retry();
    }, this.#retryMs).unref();
  }

  /** The first of each connection; the others follow it once it is stored. */
  #retry(): void {
    for (const [connection, queue] of [...this.#queues]) {
      // Whoever has closed its side waits for no answer; the rest of what it sent is still read.
      if (connection.hasEnded) this.forget(connection);
      else if (!isBeingOffered(queue)) this.#offer(queue, 1);
    }
    if (this.#queues.size > 0) this.#retryLater();
    else this.#retryMs = RETRY_MS.first;
  }
}

function isBeingOffered(queue: Queue<unknown>): boolean {
  for (const { state } of queue.values()) if (state === 'offered') return true;
  return false;
}
