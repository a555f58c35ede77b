// What watches the gateway from outside: metrics, liveness and readiness. Asked under any name.

import type { FastifyInstance } from 'fastify';
import { shareCalls } from '../../core/shared-call.ts';

/** A scrape takes some milliseconds of the log thread: whoever scrapes in a loop must not have all of it. */
const SCRAPE_SPACING_MS = 100;

export interface ProbeParts {
  readonly metrics: () => Promise<string>;
  readonly metricsContentType: string;
  /** Why readings cannot be taken now; null when they can. */
  readonly problem: () => string | null;
  /** False once the log thread is gone or the gateway stops. */
  readonly isAlive: () => boolean;
}

export const probePaths: readonly string[] = ['/metrics', '/healthz', '/readyz'];

export function addProbes(app: FastifyInstance, parts: ProbeParts): void {
  const { metricsContentType, problem, isAlive } = parts;
  const metrics = shareCalls(parts.metrics, SCRAPE_SPACING_MS);
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics();
    return reply.type(metricsContentType).send(text);
  });
  // Live: restarting would not help. Ready: readings are taken and made durable.
  app.get('/healthz', async (_request, reply) => {
    return isAlive() ? { status: 'ok' } : reply.code(503).send({ status: 'stopping' });
  });
  app.get('/readyz', async (_request, reply) => {
    const why = isAlive() ? problem() : 'The gateway is stopping.';
    if (why === null) return { status: 'ok' };
    return reply.code(503).send({ status: 'not ready', problem: why });
  });
}
