// Everyone who is connected: lets them in, ties each to its session, sees them out.

import type { Duplex } from 'node:stream';
import type { Broker, BrokerHooks, BrokerLink, ConnectRefusal } from './aedes-adapter.ts';
import { Connection } from './connection.ts';
import type { MqttConfig } from './mqtt-config.ts';
import type { MqttEvents } from './mqtt-events.ts';
import { OutgoingRoom } from './outgoing-room.ts';
import type { PublishAcceptance, PublishPacket, Release } from './publish-acceptance.ts';
import { ReasonCode, ReturnCode } from './reason-code.ts';
import { Refusal } from './refusal.ts';
import type { SessionStore } from './session-store.ts';
import type { Valve } from './valve.ts';

/** Connections beyond the limit that are let in so far as to be told so. */
export const spareConnections = 16;

export interface ClientsParts {
  readonly config: MqttConfig;
  readonly sessions: SessionStore;
  readonly valve: Valve;
  readonly events: MqttEvents;
  readonly acceptance: PublishAcceptance;
  readonly nowMs: () => number;
}

/** Turns of the event loop without anything to send after which nothing more is coming: the
 *  longest way in aedes from a released QoS 2 message to its PUBREC takes four. */
const quietTurns = 8;

export class Clients implements BrokerHooks {
  isStopping = false;
  readonly #parts: ClientsParts;
  readonly #room = new OutgoingRoom();
  readonly #links = new Map<Connection, { link: BrokerLink; stream: Duplex }>();
  #broker: Broker | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#links.size;
  }

  /** The broker that serves whom `handle` is given from now on. */
  use(broker: Broker): void {
    this.#broker = broker;
  }

  handle(stream: Duplex, address: string): void {
    if (this.#broker === null || this.isStopping) {
      stream.destroy();
      return;
    }
    const { valve, events, config } = this.#parts;
    if (this.#links.size >= config.connectionsMax + spareConnections) {
      events.refused('connections_max', { clientId: '', address, version: 0 }, 'not answered');
      stream.destroy();
      return;
    }
    const connection: Connection = new Connection({
      stream,
      address,
      valve,
      events,
      room: this.#room,
      packetBytesMax: config.packetBytesMax,
      close: () => this.#links.get(connection)?.link.close(),
    });
    const link = this.#broker.attach(stream, connection);
    this.#links.set(connection, { link, stream });
    stream.once('close', () => {
      this.#parts.acceptance.forget(connection);
      this.#links.delete(connection);
      if (this.#links.size === 0) this.#onEmpty?.();
    });
  }

  // What the broker asks.

  admit(
    connection: Connection,
    packet: { readonly clientId: string },
    isTakeover: boolean,
  ): ConnectRefusal | null {
    const { connectionsMax, clientIdBytesMax } = this.#parts.config;
    connection.clientId = packet.clientId;
    if (Buffer.byteLength(packet.clientId) > clientIdBytesMax) {
      const detail = `a client identifier of more than ${clientIdBytesMax} bytes`;
      return {
        refusal: new Refusal('client_id_invalid', ReasonCode.clientIdNotValid, detail),
        returnCode: ReturnCode.identifierRejected,
      };
    }
    if (this.#links.size > connectionsMax && !isTakeover) {
      const detail = `more than ${connectionsMax} connections`;
      return {
        refusal: new Refusal('connections_max', ReasonCode.quotaExceeded, detail),
        returnCode: ReturnCode.serverUnavailable,
      };
    }
    return null;
  }

  onSession(connection: Connection, session: { isKept: boolean; isNew: boolean }): void {
    const { sessions } = this.#parts;
    if (session.isNew) sessions.forget(connection.clientId);
    sessions.open(connection.clientId, session.isKept);
  }

  onReady(connection: Connection): void {
    this.#parts.events.connected(connection);
  }

  onLeft(connection: Connection, isKept: boolean): void {
    const { sessions, events, nowMs } = this.#parts;
    this.#reportForgotten(sessions.leave(connection.clientId, isKept, nowMs()));
    if (connection.isReady) events.disconnected(connection);
  }

  onPublish(
    connection: Connection | null,
    packet: PublishPacket,
    release: Release,
    drop: Release | null,
  ): void {
    const { acceptance, sessions } = this.#parts;
    const session = packet.qos === 2 && connection !== null && sessions.get(connection.clientId);
    if (session && packet.messageId !== undefined) {
      acceptance.acceptOnce(connection, session.received, packet, { release, drop });
      return;
    }
    acceptance.accept(connection, packet, { release, drop });
  }

  onDelivered(bytes: number, qos: number): void {
    this.#parts.events.messageDelivered(bytes, qos);
  }

  onFault(error: Error): void {
    this.#parts.events.failed(error);
  }

  // What has to be done now and then.

  /** A client whose packets wait because of back-pressure is not silent. */
  refreshHeld(): void {
    for (const [connection, { link }] of this.#links) {
      if (connection.hasUnread) link.refreshKeepalive();
    }
  }

  expireSessions(): void {
    this.#reportForgotten(this.#parts.sessions.expire(this.#parts.nowMs()));
  }

  // The end.

  stop(): void {
    this.isStopping = true;
  }

  /** Resolves when nothing waits to be sent any more, or at the deadline. */
  async flushed(deadlineMs: number): Promise<void> {
    let quiet = 0;
    while (quiet < quietTurns && performance.now() < deadlineMs) {
      await new Promise((resolve) => setImmediate(resolve));
      let unsent = 0;
      for (const connection of this.#links.keys()) unsent += connection.unsentBytes;
      quiet = unsent === 0 ? quiet + 1 : 0;
    }
  }

  /** Ends all connections, telling them why; resolves when they are closed. */
  async end(reasonCode: number): Promise<void> {
    for (const connection of [...this.#links.keys()]) connection.end(reasonCode);
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  destroy(): void {
    for (const { stream } of this.#links.values()) stream.destroy();
  }

  #reportForgotten(clientIds: readonly string[]): void {
    for (const clientId of clientIds) {
      this.#broker?.forgetSession(clientId);
      this.#parts.events.refused('session_dropped', { clientId, address: '', version: 0 }, '');
    }
  }
}
