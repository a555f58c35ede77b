// The REST interface: every resource under one prefix, and the OpenAPI document that comes of the
// schemas by which they are checked.

import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { shareCalls } from '../../../core/shared-call.ts';
import { PROBLEM_TYPE, problemSchema } from '../problem.ts';
import { addConsumers } from './consumers.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addDevices } from './devices.ts';
import { addGroups } from './groups.ts';
import { addHistory } from './history.ts';
import { addLive } from './live.ts';
import { addLosses } from './losses.ts';
import { noParameters } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { addReadings } from './readings.ts';
import { addSeries } from './series.ts';
import { addStatus } from './status.ts';

const PREFIX = '/api/v1';

/** The state costs the log thread some work: however many browsers ask, it is asked so seldom. */
const STATUS_SPACING_MS = 100;

const problemAnswer = {
  description: 'What went wrong (RFC 9457).',
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
};

/** One resource a file. */
const resources: readonly ((api: ApiRoutes, parts: ApiParts) => void)[] = [
  addStatus,
  addHistory,
  addDevices,
  addConsumers,
  addGroups,
  addDeadLetters,
  addLosses,
  addSeries,
  addLive,
  addReadings,
];

export function addApi(app: FastifyInstance, parts: ApiParts): void {
  void app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Millpond',
        description:
          'What the gateway has and how it does. Times are ISO 8601 in UTC, offsets decimal texts, for they have 64 bits.',
        version: parts.version,
      },
    },
    transform: jsonSchemaTransform,
  });
  void app.register(
    (scope, _options, done) => {
      scope.addHook('onRoute', (route) => {
        const { querystring = noParameters, response, ...schema } = route.schema ?? {};
        const answers = { ...(response as object | undefined), default: problemAnswer };
        route.schema = { ...schema, querystring, response: answers };
        if (route.config?.hasOwnBound) return;
        route.handler = parts.turns.inTurn(route.handler);
        route.onSend = parts.turns.onSend;
      });
      const api = scope.withTypeProvider<ZodTypeProvider>();
      const gatewayStatus = shareCalls(parts.gatewayStatus, STATUS_SPACING_MS);
      for (const add of resources) add(api, { ...parts, gatewayStatus });
      api.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
      done();
    },
    { prefix: PREFIX },
  );
}
