// What is asked for and is not there: a problem that says what there is.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MillpondError } from '../../core/errors.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

interface Route {
  readonly path: string;
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** To be called before any route is added. */
export function answerUnknownPaths(app: FastifyInstance): void {
  const routes = new Map<string, Route>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const route = routes.get(url) ?? { path: url, pattern: patternOf(url), methods: new Set() };
    for (const each of [method].flat()) route.methods.add(each);
    routes.set(url, route);
  });
  app.setNotFoundHandler((request, reply) => sendUnknown(request, reply, [...routes.values()]));
}

function patternOf(url: string): RegExp {
  const source = url.replace(/[.$]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

function sendUnknown(request: FastifyRequest, reply: FastifyReply, routes: readonly Route[]) {
  const { method, url } = request;
  const path = url.split('?')[0] ?? url;
  const methods = routes.filter(({ pattern }) => pattern.test(path)).flatMap((r) => [...r.methods]);
  if (methods.length > 0) {
    const text = `${path} takes ${methods.join(', ')}, and not ${method}.`;
    const error = new MillpondError('PATH_UNKNOWN', text);
    const problem = problemOf(error, { instance: url, status: 405 });
    return reply.code(405).header('allow', methods.join(', ')).type(PROBLEM_TYPE).send(problem);
  }
  const text = `There is nothing at ${path}. There are: ${routes.map((r) => r.path).join(', ')}.`;
  const problem = problemOf(new MillpondError('PATH_UNKNOWN', text), { instance: url });
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
}
