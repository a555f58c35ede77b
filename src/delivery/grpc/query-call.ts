// One Query call: its request put into the gateway's own terms, run, and its messages, which come
// encoded from the process of the query, passed on as they are.

import type { ServerWritableStream } from '@grpc/grpc-js';
import { MillpondError } from '../../core/errors.ts';
import type { ParameterValue, QueryAsk } from '../../core/query.ts';
import { Format } from '../../generated/millpond/v1/format.ts';
import type { QueryRequest, QueryValue } from '../../generated/millpond/v1/query.ts';
import type { CallSet } from '../call-set.ts';
import { abortedWhenGone } from './client-gone.ts';
import { toServiceError } from './status-error.ts';

export interface QueryCallParts {
  /** Resolves when all is written. The signal ends it. */
  readonly run: (ask: QueryAsk, signal: AbortSignal) => Promise<void>;
  /** The calls under way. */
  readonly queries: CallSet;
}

export async function answerQuery(
  call: ServerWritableStream<QueryRequest, Uint8Array>,
  { run, queries }: QueryCallParts,
): Promise<void> {
  const controller = abortedWhenGone(call);
  const { signal } = controller;
  queries.add(controller);
  try {
    await run(checkQuery(call.request), signal);
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit('error', toServiceError(error));
  } finally {
    queries.delete(controller);
  }
}

const PARAMETERS_MAX = 1000;

/** Throws REQUEST_INVALID. */
export function checkQuery(request: QueryRequest): QueryAsk {
  const { sql, parameters, format, timeLimitMs, maxRows, maxBytes } = request;
  if (parameters.length > PARAMETERS_MAX) {
    const text = `parameters: ${parameters.length} are more than ${PARAMETERS_MAX}.`;
    throw new MillpondError('REQUEST_INVALID', text);
  }
  return {
    sql,
    parameters: parameters.map(({ name, value }) => ({ name, value: toValue(value) })),
    format: toFormat(format),
    timeLimitMs,
    rowsMax: toLimit(maxRows),
    bytesMax: toLimit(maxBytes),
  };
}

function toValue(sent: QueryValue | undefined): ParameterValue | null {
  const value = sent?.value;
  if (value === undefined) return null;
  // The names are the same on both sides.
  return { kind: value.$case, value: value.value } as ParameterValue;
}

function toFormat(format: Format): QueryAsk['format'] {
  if (format === Format.FORMAT_ARROW) return 'arrow';
  if (format === Format.FORMAT_ROWS || format === Format.FORMAT_UNSPECIFIED) return 'rows';
  throw new MillpondError('REQUEST_INVALID', `format: ${format} is no format.`);
}

function toLimit(max: bigint): number {
  return max === 0n ? Number.POSITIVE_INFINITY : Number(max);
}
