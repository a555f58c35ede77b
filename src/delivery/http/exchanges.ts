// Tells of every request how it ended and how long it took, by its route and not by its path.

import type { FastifyInstance } from 'fastify';
import type { HttpExchange } from '../../observability/http-metrics.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Once it is answered it goes on until somebody ends it: how long it took says nothing. */
    isEndless?: boolean;
  }
}

/** To be called before other hooks, which may refuse. */
export function watchExchanges(app: FastifyInstance, ended: (exchange: HttpExchange) => void) {
  app.addHook('onRequest', async ({ method, routeOptions }, { raw }) => {
    const startedMs = performance.now();
    raw.once('close', () => {
      const status = raw.headersSent ? raw.statusCode : null;
      if (routeOptions.config?.isEndless && status === 200) return;
      const seconds = (performance.now() - startedMs) / 1000;
      ended({ method, route: routeOptions.url ?? null, status, seconds });
    });
  });
}
