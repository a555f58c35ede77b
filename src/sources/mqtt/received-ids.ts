// Which QoS 2 messages a session has sent and not yet released with PUBREL, so that a resent one
// is stored once (4.3.3, method A). Between the first copy and its fsync a second may arrive.

import type { MillpondError } from '../../core/errors.ts';

/** Called with null once the first copy is stored, with why when it was not. */
type Release = (error: MillpondError | null) => void;

interface Received {
  isStored: boolean;
  /** The broker has forwarded it; what comes under this identifier now only gets its PUBREC. */
  isForwarded: boolean;
  /** Copies that wait for the first to be stored. */
  waiting: Release[];
}

export class ReceivedIds {
  readonly #byId = new Map<number, Received>();

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Begins with a message, and returns what to call once it is stored or failed. Null when the
   * identifier is known: then `release` is called as soon as the first copy is settled.
   */
  begin(messageId: number, release: Release): Release | null {
    const known = this.#byId.get(messageId);
    if (known !== undefined) {
      if (known.isStored) release(null);
      else known.waiting.push(release);
      return null;
    }
    const received: Received = { isStored: false, isForwarded: false, waiting: [] };
    this.#byId.set(messageId, received);
    return (error) => {
      received.isStored = error === null;
      if (error !== null && this.#byId.get(messageId) === received) this.#byId.delete(messageId);
      release(error);
      for (const waiting of received.waiting.splice(0)) waiting(error);
    };
  }

  /** True for exactly one copy of a message: the one that is to be forwarded. */
  claim(messageId: number): boolean {
    const received = this.#byId.get(messageId);
    if (received === undefined) return true;
    const isFirst = !received.isForwarded;
    received.isForwarded = true;
    return isFirst;
  }

  has(messageId: number): boolean {
    return this.#byId.has(messageId);
  }

  /** PUBREL: the identifier is free for a new message. */
  end(messageId: number): void {
    this.#byId.delete(messageId);
  }
}
