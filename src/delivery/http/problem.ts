// Errors as problem details (RFC 9457): the table's code and remedy, the HTTP status of the error's
// canonical gRPC status, and each parameter that is wrong.

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { errorTable, type MillpondError, type StatusName } from '../../core/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** As google/rpc/code.proto maps them. */
const httpStatuses: Readonly<Record<StatusName, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

const parameterProblemSchema = z.strictObject({
  parameter: z.string().describe('The parameter, or the field of the body.'),
  problem: z.string().describe('What is wrong with it, and what would be right.'),
});

export type ParameterProblem = z.infer<typeof parameterProblemSchema>;

export const problemSchema = z
  .strictObject({
    type: z.string().describe('Names the kind of problem: a URN that ends with the code.'),
    title: z.string().describe('The HTTP status in words.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What happened, and to what.'),
    code: z.enum(Object.keys(errorTable)).describe('The stable code; docs/errors.md has them all.'),
    remedy: z.string().describe('What to do about it.'),
    instance: z.string().describe('The path that was asked for.'),
    errors: z.array(parameterProblemSchema).optional().describe('The parameters that are wrong.'),
  })
  .describe('What went wrong (RFC 9457).');

export type Problem = z.infer<typeof problemSchema>;

interface ProblemOptions {
  readonly instance: string;
  /** Where HTTP has one that says more, as 413. */
  readonly status?: number | undefined;
  readonly errors?: readonly ParameterProblem[] | undefined;
}

export function problemOf(error: MillpondError, { instance, ...others }: ProblemOptions): Problem {
  const status = others.status ?? httpStatuses[error.status];
  return {
    type: `urn:millpond:problem:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    remedy: error.remedy,
    instance,
    ...(others.errors === undefined ? {} : { errors: [...others.errors] }),
  };
}
