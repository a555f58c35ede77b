// The HTTP way out: metrics, liveness and readiness. Loopback unless the config says otherwise.

import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  explainListenFailure,
  formatAddress,
  type ListenAddress,
} from '../../core/listen-address.ts';

export interface HttpParts {
  readonly listen: ListenAddress;
  /** Connections at one time; one more is closed at once. */
  readonly connectionsMax: number;
  readonly metrics: () => Promise<string>;
  readonly metricsContentType: string;
  /** Why readings cannot be taken now; null when they can. */
  readonly problem: () => string | null;
  /** False once the log thread is gone or the gateway stops. */
  readonly isAlive: () => boolean;
}

const BODY_BYTES_MAX = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

export class HttpServer {
  readonly #parts: HttpParts;
  readonly #app: FastifyInstance;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    this.#app = Fastify({
      logger: false,
      bodyLimit: BODY_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      forceCloseConnections: true,
    });
    this.#app.server.maxConnections = parts.connectionsMax;
    this.#routes();
  }

  /** Resolves with the real address. Throws PORT_IN_USE, PORT_DENIED or ADDRESS_UNUSABLE. */
  async start(): Promise<string> {
    const { listen } = this.#parts;
    try {
      await this.#app.listen(listen);
    } catch (error) {
      throw explainListenFailure('http.listen', listen, error as Error);
    }
    const { port } = this.#app.server.address() as AddressInfo;
    return formatAddress({ ...listen, port });
  }

  stop(): Promise<void> {
    return this.#app.close();
  }

  #routes(): void {
    const { metrics, metricsContentType, problem, isAlive } = this.#parts;
    this.#app.get('/metrics', async (_request, reply) => {
      const text = await metrics();
      return reply.type(metricsContentType).send(text);
    });
    // Live: restarting would not help. Ready: readings are taken and made durable.
    this.#app.get('/healthz', async (_request, reply) => {
      return isAlive() ? { status: 'ok' } : reply.code(503).send({ status: 'stopping' });
    });
    this.#app.get('/readyz', async (_request, reply) => {
      const why = isAlive() ? problem() : 'The gateway is stopping.';
      if (why === null) return { status: 'ok' };
      return reply.code(503).send({ status: 'not ready', problem: why });
    });
    this.#app.setNotFoundHandler((request, reply) =>
      reply
        .code(404)
        .send({ error: `There is nothing at ${request.url}. See /metrics, /healthz, /readyz.` }),
    );
  }
}
