// The only file that knows aedes. It promises the rest of the source a broker that acknowledges a
// PUBLISH only after `onPublish` released it, and keeps everything it relies on inside one file.

import type { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import type { MqttConfig } from './mqtt-config.ts';

export interface PublishedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}

export interface BrokerOptions {
  readonly config: MqttConfig;
  /** Takes a message; `release` lets the broker acknowledge and forward it, or not (error). */
  onPublish(message: PublishedMessage, release: (error?: Error | null) => void): void;
}

export interface Broker {
  handle(stream: Duplex): void;
  close(): Promise<void>;
  readonly connectionCount: number;
}

export async function createBroker({ config, onPublish }: BrokerOptions): Promise<Broker> {
  const aedes = await Aedes.createBroker({
    connectTimeout: config.connectTimeoutMs,
    drainTimeout: config.drainTimeoutMs,
    maximumPacketSize: config.packetBytesMax,
    maxTopicLevels: config.topicLevelsMax,
    sessionExpiryIntervalLimit: Math.floor(config.sessionExpiryMaxMs / 1000),
    pendingSessionsLimit: config.sessionsMax,
    maxClientsIdLength: config.clientIdBytesMax,
    // aedes acknowledges after this hook and before `published`: the commit is awaited here.
    authorizePublish: (_client, packet, release) => {
      onPublish(packet as unknown as PublishedMessage, release);
    },
  });
  return {
    handle: (stream) => void aedes.handle(stream),
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
    get connectionCount() {
      return aedes.connectedClients;
    },
  };
}
