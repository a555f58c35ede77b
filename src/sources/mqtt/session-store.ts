// The sessions: subscriptions, what waits for each, which QoS 2 messages came in. In memory and
// bounded; a session whose client stays away too long is forgotten, the longest away goes first.

import { FilterTree } from './filter-tree.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import { ReceivedIds } from './received-ids.ts';
import type { StoredMessage } from './stored-message.ts';
import { storedBytes } from './stored-message.ts';

/** One subscription as aedes restores it when the client comes back. */
export interface Subscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

export interface Session {
  /** False ends it with its connection. */
  isKept: boolean;
  /** When its client left, milliseconds since the epoch; 0 while it is here. */
  awaySinceMs: number;
  readonly subscriptions: Map<string, Subscription>;
  readonly outgoing: OutgoingQueue;
  readonly received: ReceivedIds;
}

export interface SessionLimits {
  /** Sessions whose clients are away. */
  readonly sessionsMax: number;
  readonly subscriptionsMax: number;
  /** Messages that wait for one session. */
  readonly queueMessagesMax: number;
  /** Bytes that wait for all sessions together. */
  readonly queueBytesMax: number;
  readonly awayMsMax: number;
}

export class SessionStore {
  /** In the order in which clients left: the longest away is first. */
  readonly #sessions = new Map<string, Session>();
  readonly #filters = new FilterTree<number>();
  readonly #limits: SessionLimits;
  #keptCount = 0;
  #awayCount = 0;
  #queuedBytes = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Sessions that outlive their connection, connected ones included. */
  get keptCount(): number {
    return this.#keptCount;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** A client is here: its session goes on, or a new one begins. */
  open(clientId: string, isKept: boolean): Session {
    let session = this.#sessions.get(clientId);
    if (session === undefined) {
      session = {
        isKept: false,
        awaySinceMs: 0,
        subscriptions: new Map(),
        outgoing: new OutgoingQueue(),
        received: new ReceivedIds(),
      };
      this.#sessions.set(clientId, session);
    }
    this.#setAway(session, 0);
    this.#keep(session, isKept);
    return session;
  }

  /** A client left. Returns the ids of sessions that had to be forgotten to make room. */
  leave(clientId: string, isKept: boolean, nowMs: number): string[] {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return [];
    if (!isKept) {
      this.forget(clientId);
      return [];
    }
    this.#keep(session, true);
    this.#setAway(session, nowMs);
    this.#sessions.delete(clientId);
    this.#sessions.set(clientId, session);
    return this.#awayCount > this.#limits.sessionsMax ? this.#forgetWhere(() => true, 1) : [];
  }

  /** Forgets the sessions whose clients stayed away too long; returns their ids. */
  expire(nowMs: number): string[] {
    const oldestMs = nowMs - this.#limits.awayMsMax;
    return this.#forgetWhere((session) => session.awaySinceMs <= oldestMs, this.#sessions.size);
  }

  forget(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of session.subscriptions.keys()) this.#filters.delete(filter, clientId);
    for (const message of session.outgoing.messages()) this.#queuedBytes -= storedBytes(message);
    this.#setAway(session, 0);
    this.#keep(session, false);
    this.#sessions.delete(clientId);
  }

  subscribe(clientId: string, subscriptions: readonly Subscription[]): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const subscription of subscriptions) {
      const { topic, qos } = subscription;
      const isNew = !session.subscriptions.has(topic);
      if (isNew && session.subscriptions.size >= this.#limits.subscriptionsMax) continue;
      session.subscriptions.set(topic, subscription);
      if (qos > 0) this.#filters.set(topic, clientId, qos);
      else this.#filters.delete(topic, clientId);
    }
  }

  unsubscribe(clientId: string, filters: readonly string[]): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of filters) {
      session.subscriptions.delete(filter);
      this.#filters.delete(filter, clientId);
    }
  }

  /** The kept sessions that want the topic at QoS 1 or 2, each with the highest QoS it was granted. */
  subscribers(topic: string): { clientId: string; qos: number }[] {
    if (this.#filters.size === 0) return none;
    const highest = new Map<string, number>();
    this.#filters.match(topic, (clientId, qos) => {
      if (qos > (highest.get(clientId) ?? 0)) highest.set(clientId, qos);
    });
    return Array.from(highest, ([clientId, qos]) => ({ clientId, qos }));
  }

  /**
   * Queues one message, whose payload becomes the store's own; false when the session's queue or
   * the room for all of them is full.
   */
  enqueue(clientId: string, qosMax: number, message: StoredMessage): boolean {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return true;
    const bytes = storedBytes(message);
    if (session.outgoing.length >= this.#limits.queueMessagesMax) return false;
    if (this.#queuedBytes + bytes > this.#limits.queueBytesMax) return false;
    this.#queuedBytes += bytes;
    // [MQTT-3.8.4-8]: never more than the QoS that was granted.
    session.outgoing.push({ ...message, qos: Math.min(message.qos, qosMax) });
    return true;
  }

  acknowledge(clientId: string, messageId: number | undefined): StoredMessage | undefined {
    const message = this.#sessions.get(clientId)?.outgoing.acknowledge(messageId);
    if (message !== undefined) this.#queuedBytes -= storedBytes(message);
    return message;
  }

  #setAway(session: Session, sinceMs: number): void {
    if (session.awaySinceMs > 0 !== sinceMs > 0) this.#awayCount += sinceMs > 0 ? 1 : -1;
    session.awaySinceMs = sinceMs;
  }

  #keep(session: Session, isKept: boolean): void {
    if (session.isKept !== isKept) this.#keptCount += isKept ? 1 : -1;
    session.isKept = isKept;
  }

  #forgetWhere(isOver: (session: Session) => boolean, countMax: number): string[] {
    const forgotten: string[] = [];
    for (const [clientId, session] of this.#sessions) {
      if (forgotten.length >= countMax) break;
      if (session.awaySinceMs === 0 || !isOver(session)) continue;
      this.forget(clientId);
      forgotten.push(clientId);
    }
    return forgotten;
  }
}

const none: { clientId: string; qos: number }[] = [];
