// What one session has still to get at QoS 1 and 2, in order, until it acknowledges. Bounded.

import type { StoredMessage } from './stored-message.ts';

export class OutgoingQueue {
  /** By the broker's number for the message, which also is their order. */
  readonly #byCounter = new Map<number, StoredMessage>();
  /** By the packet identifier, once it was sent. */
  readonly #byMessageId = new Map<number, StoredMessage>();

  get length(): number {
    return this.#byCounter.size;
  }

  push(message: StoredMessage): void {
    this.#byCounter.set(message.brokerCounter, message);
  }

  /** True while the message waits here and has not been sent. */
  isUnsent(brokerCounter: number): boolean {
    const message = this.#byCounter.get(brokerCounter);
    return message !== undefined && message.messageId === undefined;
  }

  /** Notes the identifier under which a message goes out; false if the message is not here. */
  markSent(brokerCounter: number, messageId: number): boolean {
    const message = this.#byCounter.get(brokerCounter);
    if (message === undefined) return false;
    message.messageId = messageId;
    this.#byMessageId.set(messageId, message);
    return true;
  }

  /** After PUBREC only PUBREL is sent again [MQTT-4.3.3-1]. */
  markReceived(messageId: number): boolean {
    const message = this.#byMessageId.get(messageId);
    if (message === undefined) return false;
    message.cmd = 'pubrel';
    return true;
  }

  /** Drops what was acknowledged; undefined if nothing waits under the identifier. */
  acknowledge(messageId: number | undefined): StoredMessage | undefined {
    if (messageId === undefined) return undefined;
    const message = this.#byMessageId.get(messageId);
    if (message === undefined) return undefined;
    this.#byMessageId.delete(messageId);
    this.#byCounter.delete(message.brokerCounter);
    return message;
  }

  /** Everything in order; what was sent before has DUP set [MQTT-3.3.1-1]. */
  messages(): StoredMessage[] {
    return Array.from(this.#byCounter.values(), (message) => ({
      ...message,
      dup: message.cmd === 'publish' && message.messageId !== undefined,
    }));
  }
}
