// Listens on TCP and says in the gateway's own errors why it cannot.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import {
  explainListenFailure,
  formatAddress,
  type ListenAddress,
} from '../../core/listen-address.ts';

/** Finds half-open connections of clients that asked for no keep-alive of MQTT's own. */
const tcpKeepAliveDelayMs = 60_000;

export interface TcpListenerParts {
  /** Connections that the operating system may hand over at one time. */
  readonly connectionsMax: number;
  onConnection(socket: Socket): void;
  /** One came that was too many; it is closed. */
  onDropped(address: string): void;
  onFault(error: Error): void;
}

export class TcpListener {
  readonly #server: Server;
  readonly #parts: TcpListenerParts;

  constructor(parts: TcpListenerParts) {
    this.#parts = parts;
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveDelayMs },
      parts.onConnection,
    );
    this.#server.maxConnections = parts.connectionsMax;
    this.#server.on('drop', (dropped) => parts.onDropped(remoteAddress(dropped)));
  }

  /** Resolves with the real address; rejects with PORT_IN_USE, PORT_DENIED, ADDRESS_UNUSABLE. */
  listen(wanted: ListenAddress): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(explainListenFailure('mqtt.listen', wanted, error)),
      );
      this.#server.listen(wanted, () => {
        this.#server.removeAllListeners('error');
        this.#server.on('error', this.#parts.onFault);
        const address = this.#server.address();
        const real = typeof address === 'object' && address !== null ? address.port : wanted.port;
        resolve(formatAddress({ host: wanted.host, port: real }));
      });
    });
  }

  /** Stops listening at once; resolves when the last connection is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }
}

interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** The other end's address, as text. */
export function remoteAddress(peer: Peer | undefined): string {
  return formatAddress({ host: peer?.remoteAddress ?? '', port: peer?.remotePort ?? 0 });
}
