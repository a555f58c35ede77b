// The REST interface: every resource under one prefix, and the OpenAPI document that comes of the
// schemas by which they are checked.

import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { PROBLEM_TYPE, problemSchema } from '../problem.ts';
import { addConsumers } from './consumers.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addDevices } from './devices.ts';
import { addGroups } from './groups.ts';
import { addLive } from './live.ts';
import { addLosses } from './losses.ts';
import { noParameters } from './parameters.ts';
import type { ApiParts, ApiRoutes } from './parts.ts';
import { addSeries } from './series.ts';
import { addStatus } from './status.ts';

const PREFIX = '/api/v1';

const problemAnswer = {
  description: 'What went wrong (RFC 9457).',
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
};

/** One resource a file. */
const resources: readonly ((api: ApiRoutes, parts: ApiParts) => void)[] = [
  addStatus,
  addDevices,
  addConsumers,
  addGroups,
  addDeadLetters,
  addLosses,
  addSeries,
  addLive,
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
      });
      const api = scope.withTypeProvider<ZodTypeProvider>();
      for (const add of resources) add(api, parts);
      api.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
      done();
    },
    { prefix: PREFIX },
  );
}
