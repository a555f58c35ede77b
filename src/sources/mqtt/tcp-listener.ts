// Listens on TCP and says in the gateway's own errors why it cannot.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { MillpondError } from '../../core/errors.ts';

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
    this.#server.on('drop', (dropped) =>
      parts.onDropped(formatAddress(dropped?.remoteAddress ?? '', dropped?.remotePort ?? 0)),
    );
  }

  /** Resolves with the real address; rejects with PORT_IN_USE, PORT_DENIED, ADDRESS_UNUSABLE. */
  listen({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, formatAddress(host, port))));
      this.#server.listen({ host, port }, () => {
        this.#server.removeAllListeners('error');
        this.#server.on('error', this.#parts.onFault);
        const address = this.#server.address();
        const real = typeof address === 'object' && address !== null ? address.port : port;
        resolve(formatAddress(host, real));
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

/** IPv6 in brackets, as the option has it. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function listenError(error: NodeJS.ErrnoException, address: string): MillpondError {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new MillpondError('PORT_IN_USE', `mqtt.listen: ${address} is taken`, cause);
    case 'EACCES':
      return new MillpondError('PORT_DENIED', `mqtt.listen: ${address} is not allowed`, cause);
    default: {
      const why = error.code ?? error.message;
      const message = `mqtt.listen: cannot listen on ${address} (${why})`;
      return new MillpondError('ADDRESS_UNUSABLE', message, cause);
    }
  }
}
