// The HTTP way out: metrics, liveness and readiness. Loopback unless the config says otherwise.

import Fastify, { type FastifyInstance } from 'fastify';
import { MillpondError } from '../../core/errors.ts';

export interface HttpParts {
  readonly listen: { readonly host: string; readonly port: number };
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
    this.#routes();
  }

  /** Resolves with the real address. Throws PORT_IN_USE, PORT_DENIED or ADDRESS_UNUSABLE. */
  async start(): Promise<string> {
    const { host, port } = this.#parts.listen;
    const name = host.includes(':') ? `[${host}]` : host;
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      throw explainListenFailure(`${name}:${port}`, error as NodeJS.ErrnoException);
    }
    const bound = this.#app.server.address();
    return `${name}:${bound !== null && typeof bound === 'object' ? bound.port : port}`;
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

function explainListenFailure(address: string, cause: NodeJS.ErrnoException): MillpondError {
  if (cause.code === 'EADDRINUSE') {
    return new MillpondError('PORT_IN_USE', `http.listen: ${address} is taken.`, { cause });
  }
  if (cause.code === 'EACCES') {
    return new MillpondError('PORT_DENIED', `http.listen: ${address} may not be bound.`, { cause });
  }
  return new MillpondError('ADDRESS_UNUSABLE', `http.listen: ${address}: ${cause.message}`, {
    cause,
  });
}
