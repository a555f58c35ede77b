// The MQTT way in: a broker on TCP whose acknowledgements wait for the intake. Publishers send
// readings through it, subscribers use it as any other broker.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Intake, Source } from '../../core/contracts.ts';
import { MillpondError } from '../../core/errors.ts';
import type { Broker, PublishedMessage } from './aedes-adapter.ts';
import { createBroker } from './aedes-adapter.ts';
import type { MqttConfig } from './mqtt-config.ts';
import type { MqttEvents } from './mqtt-events.ts';
import { silentEvents } from './mqtt-events.ts';

export interface MqttSourceParts {
  readonly intake: Intake;
  readonly config: MqttConfig;
  readonly clock?: Clock;
  readonly events?: MqttEvents;
  /** How long stop() waits for what was accepted before it closes the connections anyway. */
  readonly stopTimeoutMs?: number;
}

export interface MqttStatus {
  readonly connections: number;
  readonly sessions: number;
  readonly retained: number;
  readonly inflightBytes: number;
}

export interface MqttSource extends Source {
  /** Serves MQTT on a stream that came by another way than TCP, e.g. a WebSocket. */
  handle(stream: Duplex): void;
  status(): MqttStatus;
}

export function createMqttSource(parts: MqttSourceParts): MqttSource {
  const { intake, config, clock = systemClock, events = silentEvents } = parts;
  let broker: Broker | null = null;
  let server: Server | null = null;
  const sockets = new Set<Socket>();
  let inflightBytes = 0;

  function onPublish(message: PublishedMessage, release: (error?: Error | null) => void): void {
    const bytes = message.topic.length + message.payload.length;
    inflightBytes += bytes;
    events.messageReceived(bytes, message.qos);
    intake.accept(
      {
        source: 'mqtt',
        topic: message.topic,
        payload: message.payload,
        receivedAtUs: clock(),
        isRetained: message.retain,
        isRedelivered: message.dup,
      },
      (error) => {
        inflightBytes -= bytes;
        release(error);
      },
    );
  }

  return {
    async start() {
      broker = await createBroker({ config, onPublish });
      const handle = broker.handle;
      server = createServer((socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        handle(socket);
      });
      return listen(server, config.listen);
    },
    async stop() {
      const closed = new Promise<void>((resolve) => {
        if (server?.listening) server.close(() => resolve());
        else resolve();
      });
      await broker?.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    handle: (stream) => broker?.handle(stream),
    status: () => ({
      connections: broker?.connectionCount ?? 0,
      sessions: 0,
      retained: 0,
      inflightBytes,
    }),
  };
}

function listen(server: Server, { host, port }: MqttConfig['listen']): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(listenError(error, formatAddress(host, port))),
    );
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new MillpondError('ADDRESS_UNUSABLE', `mqtt.listen: ${host} is no TCP address`));
        return;
      }
      resolve(formatAddress(host, address.port));
    });
  });
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function listenError(error: NodeJS.ErrnoException, address: string): MillpondError {
  if (error.code === 'EADDRINUSE') {
    return new MillpondError('PORT_IN_USE', `mqtt.listen: ${address} is taken`, { cause: error });
  }
  if (error.code === 'EACCES') {
    return new MillpondError('PORT_DENIED', `mqtt.listen: may not bind ${address}`, {
      cause: error,
    });
  }
  return new MillpondError(
    'ADDRESS_UNUSABLE',
    `mqtt.listen: cannot listen on ${address} (${error.code ?? error.message})`,
    { cause: error },
  );
}
