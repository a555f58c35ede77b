// The only file that knows aedes: its hooks, and what is relied on beyond its documented API. It
// was written against 2.0.0-beta.1; test/integration/mqtt-aedes.test.ts pins each of these.

import type { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import { isReservedTopic } from '../../core/topic-filter.ts';
import type { BrokerStore } from './broker-store.ts';
import { sessionMarker } from './broker-store.ts';
import type { Connection } from './connection.ts';
import type { MqttConfig } from './mqtt-config.ts';
import type { MqttRefusal } from './mqtt-events.ts';
import type { PublishPacket, Release } from './publish-acceptance.ts';
import { ReasonCode } from './reason-code.ts';
import { Refusal } from './refusal.ts';
import type { PacketParser } from './strict-parser.ts';
import { hardenParser } from './strict-parser.ts';

/** MQTT 5 topic aliases that one connection may set; each holds one topic in memory. */
const topicAliasMax = 32;
/** MQTT 5 Receive Maximum: unacknowledged PUBLISH packets of one connection, as advertised. */
const receiveMax = 1024;

type Deliver = (packet: DeliveredPacket, delivered: () => void) => void;

interface DeliveredPacket {
  readonly cmd: string;
  readonly brokerId: string | null;
  readonly brokerCounter: number;
  readonly retain: boolean;
  messageId?: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
}

interface ConnectPacket {
  readonly clientId: string;
  readonly protocolVersion: number;
  readonly clean: boolean;
}

/** aedes' client, with the inside that is relied on. */
interface AedesClient {
  readonly id: string;
  readonly version: number;
  readonly clean: boolean;
  readonly closed: boolean;
  readonly _cleanStart: boolean;
  readonly _parser: PacketParser;
  readonly _keepaliveTimer: NodeJS.Timeout | null;
  subscriptions: object;
  _nextId: number;
  deliver0: Deliver;
  deliverQoS: Deliver;
  close(): void;
  [connectionKey]?: Connection;
}

const connectionKey = Symbol('connection');

/** What the source does with what happens in the broker. */
export interface BrokerHooks {
  /** Null lets the client in. */
  admit(connection: Connection, packet: ConnectPacket, isTakeover: boolean): ConnectRefusal | null;
  /** The client is in; CONNACK comes next. */
  onSession(connection: Connection, session: { isKept: boolean; isNew: boolean }): void;
  onReady(connection: Connection): void;
  onLeft(connection: Connection, isKept: boolean): void;
  /** `drop` ends it unanswered and unforwarded; null where the client cannot be told of it. */
  onPublish(
    connection: Connection | null,
    packet: PublishPacket,
    release: Release,
    drop: Release | null,
  ): void;
  onDelivered(bytes: number, qos: number): void;
  onFault(error: Error): void;
  /** A will is taken unless the broker stops. */
  readonly isStopping: boolean;
}

export interface ConnectRefusal {
  readonly refusal: Refusal;
  /** CONNACK return code of 3.1 and 3.1.1. */
  readonly returnCode: number;
}

export interface BrokerParts {
  readonly config: MqttConfig;
  readonly store: BrokerStore;
  readonly hooks: BrokerHooks;
}

export interface BrokerLink {
  /** Closes the broker's side of the connection. */
  close(): void;
  /** Lets a client that is held by back-pressure live on, though nothing is read from it. */
  refreshKeepalive(): void;
}

export interface Broker {
  /** Serves a stream; `connection` has its gate in place already. */
  attach(stream: Duplex, connection: Connection): BrokerLink;
  /** At QoS 0, not retained, and past the hooks: it is nobody's message. */
  publish(topic: string, payload: Uint8Array): void;
  /** Ends what is armed for a session that was forgotten. */
  forgetSession(clientId: string): void;
  close(): Promise<void>;
}

export async function createBroker({ config, store, hooks }: BrokerParts): Promise<Broker> {
  const aedes = new Aedes({
    persistence: store,
    connectTimeout: config.connectTimeoutMs,
    drainTimeout: config.drainTimeoutMs,
    maximumPacketSize: config.packetBytesMax,
    maxTopicLevels: config.topicLevelsMax,
    topicAliasMaximum: topicAliasMax,
    receiveMaximum: receiveMax,
    sessionExpiryIntervalLimit: Math.max(1, Math.floor(config.sessionExpiryMsMax / 1000)),
    pendingSessionsLimit: config.sessionsMax,
    maxClientsIdLength: config.clientIdBytesMax,
    preConnect(client, packet, admitted) {
      const connection = connectionOf(client);
      connection.version = packet.protocolVersion ?? 4;
      const connect = packet as unknown as ConnectPacket;
      const refused = hooks.admit(connection, connect, connect.clientId in clients);
      // The refusal closes the connection when it was read; aedes would close it before that.
      if (refused === null) admitted(null, true);
      else connection.refuseConnect(refused.refusal, refused.returnCode);
    },
    authorizePublish,
    authorizeSubscribe(client, subscription, decided) {
      const connection = connectionOf(client);
      const { filters } = connection;
      if (subscription.topic === sessionMarker) {
        // Later: aedes notes that a session is present only after it has asked for its filters.
        setImmediate(decided, null, null);
      } else if (filters.size < config.subscriptionsMax || filters.has(subscription.topic)) {
        filters.add(subscription.topic);
        decided(null, subscription);
      } else {
        const detail = `more than ${config.subscriptionsMax} subscriptions`;
        connection.report(new Refusal('subscriptions_max', ReasonCode.quotaExceeded, detail));
        // SUBACK says 0x80, or 0x87 in MQTT 5 [MQTT-3.8.4-5].
        decided(null, null);
      }
    },
  });

  // aedes looks clients and subscriptions up in plain objects: an id or filter `constructor`
  // would find what every object inherits, and end the process.
  const clients: object = Object.create(null);
  Object.assign(aedes, { clients });
  await aedes.listen();

  function authorizePublish(
    client: object | null,
    packet: object,
    decided: (error?: Error | null) => void,
  ): void {
    const connection = (client as AedesClient | null)?.[connectionKey] ?? null;
    const publish = packet as PublishPacket & { cmd?: string; _notAuthorized?: boolean };
    if (publish.cmd !== 'publish') {
      // A will. When the broker stops nobody is gone but the broker (5: 3.1.2.5 lets it wait).
      if (hooks.isStopping) decided(new Error('stopping'));
      else hooks.onPublish(connection, publish, decided, null);
      return;
    }
    if (publish.topic.charCodeAt(0) === 0x24 && isReservedTopic(publish.topic)) {
      connection?.report(
        new Refusal('reserved_topic', ReasonCode.notAuthorized, `PUBLISH to ${publish.topic}`),
      );
      // MQTT 5 gets 0x87 for an error. For 3.1.1 an error would close the connection; the other
      // answer that the standard leaves is to acknowledge and drop [MQTT-3.3.5-2].
      if (connection?.version === 5) {
        decided(new Error('$SYS is reserved'));
      } else {
        publish._notAuthorized = true;
        connection?.acknowledge(publish.qos, publish.messageId ?? 0);
        decided();
      }
      return;
    }
    const canTell = connection?.version === 5 && publish.qos > 0;
    hooks.onPublish(connection, publish, decided, canTell ? () => drop(publish, decided) : null);
  }

  function drop(publish: { _notAuthorized?: boolean }, decided: () => void): void {
    publish._notAuthorized = true;
    decided();
  }

  aedes.on('client', (client) => {
    const { id, clean, _cleanStart } = client as unknown as AedesClient;
    const connection = connectionOf(client);
    connection.clientId = id;
    hooks.onSession(connection, { isKept: !clean, isNew: _cleanStart });
  });
  aedes.on('clientReady', (client) => {
    const connection = connectionOf(client);
    connection.isReady = true;
    hooks.onReady(connection);
  });
  aedes.on('clientDisconnect', (client) => {
    hooks.onLeft(connectionOf(client), !(client as unknown as AedesClient).clean);
  });
  aedes.on('unsubscribe', (filters, client) => {
    for (const filter of filters) connectionOf(client).filters.delete(filter);
  });
  aedes.on('clientError', reportError);
  aedes.on('connectionError', reportError);
  (aedes as NodeJS.EventEmitter).on('error', hooks.onFault);

  function reportError(client: object, error: Error): void {
    const connection = (client as AedesClient)[connectionKey];
    const reason = reasonOf(error);
    if (connection === undefined || reason === null || connection.isCut) return;
    connection.report(new Refusal(reason, ReasonCode.protocolError, error.message));
  }

  return {
    attach(stream, connection) {
      const client = aedes.handle(stream) as unknown as AedesClient;
      client[connectionKey] = connection;
      client.subscriptions = Object.create(null);
      hardenParser(client._parser, config, (refusal) => connection.cut(refusal));
      loosenDelivery(client, connection, { hooks, store });
      return {
        close: () => client.close(),
        refreshKeepalive: () => void client._keepaliveTimer?.refresh(),
      };
    },
    publish(topic, payload) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      const packet = { cmd: 'publish', topic, payload: bytes, qos: 0, retain: false, dup: false };
      aedes.publish(packet as Parameters<typeof aedes.publish>[0], (error) => {
        if (error) hooks.onFault(error);
      });
    },
    forgetSession(clientId) {
      (aedes as unknown as { clearSessionExpiry(id: string): void }).clearSessionExpiry(clientId);
    },
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
  };
}

function connectionOf(client: object): Connection {
  return (client as AedesClient)[connectionKey] as Connection;
}

/**
 * aedes counts a message as forwarded when every subscriber's socket took it: one that does not
 * read would hold its publisher, and a hundred such messages every publisher. Here a delivery
 * counts as done at once; what a subscriber leaves unread is bounded by its connection instead.
 * Messages from the retained store (`brokerId` is null) keep to the subscriber's own pace.
 */
function loosenDelivery(
  client: AedesClient,
  connection: Connection,
  { hooks, store }: Pick<BrokerParts, 'hooks' | 'store'>,
): void {
  const { deliver0, deliverQoS } = client;
  client.deliver0 = (packet, delivered) => {
    if (packet.brokerId === null) {
      deliver0(packet, delivered);
      return;
    }
    if (connection.hasRoom()) {
      hooks.onDelivered(packet.topic.length + packet.payload.length, 0);
      deliver0(packet, noop);
    } else if (!connection.isCut) {
      connection.report(slow);
    }
    delivered();
  };
  client.deliverQoS = (packet, delivered) => {
    if (packet.brokerId === null || packet.qos === 0) {
      (packet.qos === 0 ? client.deliver0 : deliverQoS)(packet, delivered);
      return;
    }
    if (connection.hasRoom()) {
      hooks.onDelivered(packet.topic.length + packet.payload.length, packet.qos);
      if (packet.retain && !client.clean) numberRetained(client, packet, store);
      deliverQoS(packet, noop);
    } else {
      // A kept session has the message in its queue and gets it when the client is back.
      connection.cut(full);
    }
    delivered();
  };
}

/**
 * aedes tells the store under which identifier it sends a message, but not for one that keeps its
 * retain flag (MQTT 5, retain as published): its acknowledgement would find nothing, and the
 * message would stay in the session's queue. So it gets its identifier here.
 */
function numberRetained(client: AedesClient, packet: DeliveredPacket, store: BrokerStore): void {
  // A second copy, by an overlapping subscription, is not sent.
  if (!store.isUnsent(client.id, packet.brokerCounter)) return;
  packet.messageId = client._nextId;
  client._nextId = (client._nextId % 65_535) + 1;
  const { cmd, brokerCounter, messageId } = packet;
  store.outgoingUpdate(client, { cmd, brokerCounter, messageId });
}

const slow = new Refusal('subscriber_slow', ReasonCode.quotaExceeded, 'a QoS 0 message is dropped');
const full = new Refusal('outgoing_full', ReasonCode.quotaExceeded, 'it does not read');

function noop(): void {}

/** aedes' errors by their words; null for what is no refusal: the other side just went away. */
function reasonOf(error: Error & { code?: string }): MqttRefusal | null {
  switch (error.message) {
    case 'connect did not arrive in time':
      return 'connect_timeout';
    case 'keep alive timeout':
      return 'keepalive_timeout';
    case 'drain timeout':
      return 'drain_timeout';
    case 'packet too large':
      return 'packet_too_large';
    case 'connection closed':
    case '$SYS is reserved':
      return null;
    default:
      return error.code === undefined ? 'malformed' : null;
  }
}
