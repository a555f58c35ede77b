// Whatever goes wrong with a request becomes a problem: what a handler throws, what a schema refuses,
// what fastify and Node refuse before either.

import type { Socket } from 'node:net';
import type {
  FastifyError,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify';
import { z } from 'zod';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import { type ParameterProblem, PROBLEM_TYPE, problemOf } from './problem.ts';
import { securityHeaders } from './security.ts';

/** For whatever may pass by itself: a moment. */
const RETRY_AFTER_S = 1;

export function sendFault(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const { error, status, errors } = faultOf(thrown, request);
  const problem = problemOf(error, { instance: request.url, status, errors });
  if (error.canRetry) reply.header('retry-after', RETRY_AFTER_S);
  return reply.code(problem.status).headers(securityHeaders).type(PROBLEM_TYPE).send(problem);
}

interface Fault {
  readonly error: MillpondError;
  readonly status?: number;
  readonly errors?: readonly ParameterProblem[];
}

function faultOf(thrown: FastifyError, request: FastifyRequest): Fault {
  const { validation, validationContext = '', statusCode } = thrown;
  if (validation !== undefined) {
    const schema = schemaOf(request, validationContext);
    const errors = validation.flatMap((each) => parameterProblems(each, schema));
    const names = errors.map(({ parameter }) => parameter).filter((name) => name !== '');
    const text = `Not understood: ${names.join(', ') || 'the body'}.`;
    return { error: new MillpondError('REQUEST_INVALID', text), errors };
  }
  // Of fastify itself: a path, a length or a type of content that it does not take.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const text = statusCode === 415 ? 'A body must be application/json.' : thrown.message;
    return {
      error: new MillpondError('REQUEST_INVALID', text, { cause: thrown }),
      status: statusCode,
    };
  }
  return { error: asMillpondError(thrown) };
}

function schemaOf(request: FastifyRequest, context: string): unknown {
  return (request.routeOptions.schema as Record<string, unknown> | undefined)?.[context];
}

function parameterProblems(
  { keyword, instancePath, message = '', params }: FastifySchemaValidationError,
  schema: unknown,
): ParameterProblem[] {
  if (keyword !== 'unrecognized_keys') {
    const [, parameter = '', ...index] = instancePath.split('/');
    const place = index.length === 0 ? '' : `, number ${Number(index[0]) + 1}`;
    return [{ parameter, problem: `expected ${message}${place}` }];
  }
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const problem = `not known; ${allowed.length === 0 ? 'there are none' : `there are: ${allowed.join(', ')}`}`;
  return (params.keys as string[]).map((parameter) => ({ parameter, problem }));
}

/** What Node's parser refuses: no request comes of it, so the answer is written to the socket. */
export function answerBadClient(thrown: Error & { code?: string }, socket: Socket): void {
  if (thrown.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = badClientStatuses[thrown.code ?? ''] ?? 400;
  const error = new MillpondError('REQUEST_INVALID', `Not understood as HTTP: ${thrown.message}.`);
  const problem = problemOf(error, { instance: '', status });
  const body = JSON.stringify(problem);
  const headers = {
    ...securityHeaders,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
}

const badClientStatuses: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
