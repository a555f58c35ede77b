// What the broker keeps, in the shape that aedes asks for. Everything is in memory and answers at
// once: sessions and retained messages end with the process, the readings do not.

import { Readable } from 'node:stream';
import { Done, done } from './done.ts';
import type { RetainedStore } from './retained-store.ts';
import type { SessionStore, Subscription } from './session-store.ts';
import type { StoredMessage } from './stored-message.ts';
import { copyMessage } from './stored-message.ts';

interface ClientRef {
  readonly id: string;
}

interface PacketRef {
  readonly cmd: string;
  readonly brokerCounter: number;
  readonly messageId: number;
}

export interface BrokerStoreParts {
  readonly sessions: SessionStore;
  readonly retained: RetainedStore;
  readonly nowMs: () => number;
  onRetainedFull(topic: string): void;
  onQueueFull(clientId: string): void;
}

/** aedes asks for a session's subscriptions to learn whether there is one. */
export const sessionMarker = '$millpond/session';

const noPacket = new Error('no such packet');

/** aedes-persistence 10 as far as aedes calls it. */
export class BrokerStore {
  readonly #sessions: SessionStore;
  readonly #retained: RetainedStore;
  readonly #parts: BrokerStoreParts;
  readonly #wills = new Map<string, object>();
  #brokerId = '';

  constructor(parts: BrokerStoreParts) {
    this.#sessions = parts.sessions;
    this.#retained = parts.retained;
    this.#parts = parts;
  }

  async setup(broker: { readonly id: string }): Promise<void> {
    this.#brokerId = broker.id;
  }

  async destroy(): Promise<void> {}

  // Retained messages.

  storeRetained(message: StoredMessage): Done<void> {
    if (!this.#retained.store(message)) this.#parts.onRetainedFull(message.topic);
    return done;
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.matching(filters, this.#parts.nowMs()));
  }

  // Subscriptions.

  addSubscriptions(client: ClientRef, subscriptions: readonly Subscription[]): Done<void> {
    this.#sessions.subscribe(client.id, subscriptions);
    return done;
  }

  removeSubscriptions(client: ClientRef, filters: readonly string[]): Done<void> {
    this.#sessions.unsubscribe(client.id, filters);
    return done;
  }

  /** A session without subscriptions is one too: CONNACK says so [MQTT-3.2.2-2]. */
  subscriptionsByClient(client: ClientRef): Done<Subscription[]> {
    const session = this.#sessions.get(client.id);
    if (session === undefined || !session.isKept) return Done.of([]);
    const subscriptions = [...session.subscriptions.values()];
    if (subscriptions.length === 0) subscriptions.push({ topic: sessionMarker, qos: 0 });
    // aedes writes into what it gets.
    return Done.of(subscriptions.map((subscription) => ({ ...subscription })));
  }

  subscriptionsByTopic(topic: string): Done<{ clientId: string; topic: string; qos: number }[]> {
    const subscribers = this.#sessions.subscribers(topic);
    return Done.of(
      // The filter was matched already; aedes only looks at its first character.
      subscribers.map(({ clientId, qos }) => ({ clientId, topic, qos })),
    );
  }

  /** Called when a session ends: nothing of it may reach the next one [MQTT-3.1.2-6]. */
  cleanSubscriptions(client: ClientRef): Done<void> {
    this.#sessions.forget(client.id);
    return done;
  }

  countOffline(): Done<{ subsCount: number; clientsCount: number }> {
    return Done.of({ subsCount: 0, clientsCount: this.#sessions.keptCount });
  }

  getClientList(): Readable {
    return Readable.from([]);
  }

  // What a session has still to get.

  outgoingEnqueue(subscriber: { clientId: string }, message: StoredMessage): Done<void> {
    return this.outgoingEnqueueCombi([{ ...subscriber, qos: 2 }], message);
  }

  outgoingEnqueueCombi(
    subscribers: readonly { clientId: string; qos: number }[],
    message: StoredMessage,
  ): Done<void> {
    if (subscribers.length === 0) return done;
    const copy = copyMessage(message);
    for (const { clientId, qos } of subscribers) {
      if (!this.#sessions.enqueue(clientId, qos, copy)) this.#parts.onQueueFull(clientId);
    }
    return done;
  }

  isUnsent(clientId: string, brokerCounter: number): boolean {
    return this.#sessions.get(clientId)?.outgoing.isUnsent(brokerCounter) === true;
  }

  /** What is not queued, because the queue was full, is sent all the same, once. */
  outgoingUpdate(client: ClientRef, packet: PacketRef): Done<void> {
    const outgoing = this.#sessions.get(client.id)?.outgoing;
    if (packet.cmd === 'pubrel') outgoing?.markReceived(packet.messageId);
    else outgoing?.markSent(packet.brokerCounter, packet.messageId);
    return done;
  }

  outgoingClearMessageId(
    client: ClientRef,
    packet: { readonly messageId?: number },
  ): Done<StoredMessage | undefined> {
    return Done.of(this.#sessions.acknowledge(client.id, packet.messageId));
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from(this.#sessions.get(client.id)?.outgoing.messages() ?? []);
  }

  // What came in at QoS 2.

  /** Found means to aedes: a PUBLISH was forwarded before, a PUBREL has something to release. */
  incomingGetPacket(client: ClientRef, packet: PacketRef): Done<PacketRef> {
    const received = this.#sessions.get(client.id)?.received;
    const isFound =
      packet.cmd === 'pubrel'
        ? received?.has(packet.messageId) === true
        : received?.claim(packet.messageId) === false;
    return isFound ? Done.of(packet) : Done.failed(noPacket);
  }

  incomingStorePacket(): Done<void> {
    return done;
  }

  incomingDelPacket(client: ClientRef, packet: PacketRef): Done<void> {
    this.#sessions.get(client.id)?.received.end(packet.messageId);
    return done;
  }

  // Wills of connected clients.

  putWill(client: ClientRef, will: { brokerId?: string; clientId?: string }): Done<void> {
    will.brokerId = this.#brokerId;
    will.clientId = client.id;
    this.#wills.set(client.id, will);
    return done;
  }

  getWill(client: ClientRef): Done<object | undefined> {
    return Done.of(this.#wills.get(client.id));
  }

  delWill(client: ClientRef): Done<object | undefined> {
    const will = this.#wills.get(client.id);
    this.#wills.delete(client.id);
    return Done.of(will);
  }

  /** Wills left behind by other brokers: there are none. */
  streamWill(): Readable {
    return Readable.from([]);
  }
}
