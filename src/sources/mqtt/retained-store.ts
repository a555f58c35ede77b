// The last retained message of each topic, in memory, bounded in number and bytes. What does not
// fit is refused, never exchanged for an older one: a device that was told is not forgotten for
// one that was not. Refused means not retained; the message itself is stored and forwarded.

import { matchesFilter } from '../../core/topic-filter.ts';
import type { StoredMessage } from './stored-message.ts';
import { copyMessage, isExpired, storedBytes } from './stored-message.ts';

export class RetainedStore {
  readonly #messages = new Map<string, StoredMessage>();
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(limits: { readonly messagesMax: number; readonly bytesMax: number }) {
    this.#messagesMax = limits.messagesMax;
    this.#bytesMax = limits.bytesMax;
  }

  get size(): number {
    return this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An empty payload clears the topic [MQTT-3.3.1-10, 11]. False when there was no room. */
  store(message: StoredMessage): boolean {
    const previous = this.#messages.get(message.topic);
    const previousBytes = previous === undefined ? 0 : storedBytes(previous);
    if (message.payload.length === 0) {
      this.#messages.delete(message.topic);
      this.#bytes -= previousBytes;
      return true;
    }
    const bytes = this.#bytes - previousBytes + storedBytes(message);
    const isOver = previous === undefined && this.#messages.size >= this.#messagesMax;
    if (isOver || bytes > this.#bytesMax) return false;
    this.#messages.set(message.topic, copyMessage(message));
    this.#bytes = bytes;
    return true;
  }

  /** One message for each filter that matches it, as the standard has it for each subscription. */
  *matching(filters: readonly string[], nowMs: number): Generator<StoredMessage> {
    for (const filter of filters) {
      for (const [topic, message] of this.#messages) {
        if (isExpired(message, nowMs)) this.store({ ...message, payload: Buffer.alloc(0) });
        else if (matchesFilter(filter, topic)) yield message;
      }
    }
  }
}
