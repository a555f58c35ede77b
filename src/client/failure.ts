// What a failed gRPC call means: the gateway's own error, or why it could not be reached.

import { type ServiceError, status as statusCodes } from '@grpc/grpc-js';
import { type ErrorCode, errorTable, MillpondError } from '../core/errors.ts';
import { readErrorReason } from './error-detail.ts';

/** Calls with one answer have it by then. */
export const answerTimeoutMs = 5000;

/** A failed call in Millpond's terms: the gateway's own error, or that it could not be reached. */
export function explainFailure(cause: Partial<ServiceError>, address: string): MillpondError {
  const details = cause.details ?? String((cause as Error | null)?.message ?? cause);
  const [status] = cause.metadata?.get('grpc-status-details-bin') ?? [];
  const reason = status instanceof Uint8Array ? readErrorReason(status) : null;
  if (reason !== null && Object.hasOwn(errorTable, reason)) {
    const code = reason as ErrorCode;
    // The remedy goes over the wire in the message; here it is printed on a line of its own.
    const message = details.replace(` ${errorTable[code].remedy}`, '');
    return new MillpondError(code, message, { cause });
  }
  if (cause.code === statusCodes.UNIMPLEMENTED) {
    const message = `${address} answers, but not as a Millpond gateway of this version: ${details}`;
    return new MillpondError('GATEWAY_UNREACHABLE', message, { cause });
  }
  if (cause.code === undefined) return new MillpondError('INTERNAL', details, { cause });
  const why =
    cause.code === statusCodes.DEADLINE_EXCEEDED
      ? `no answer within ${answerTimeoutMs / 1000} s`
      : plainReason(details);
  const message = `cannot reach the gateway at ${address}: ${why}`;
  return new MillpondError('GATEWAY_UNREACHABLE', message, { cause });
}

/** The system's own word for it, out of what grpc-js wraps around it. */
function plainReason(details: string): string {
  if (details.includes('ECONNREFUSED')) return 'nobody listens there';
  if (details.includes('ENOTFOUND') || details.includes('EAI_AGAIN')) return 'no such host';
  if (/name resolution failed/i.test(details)) return 'no such host';
  if (/EHOSTUNREACH|ENETUNREACH/.test(details)) return 'no way to that host';
  if (/ECONNRESET|Connection dropped/i.test(details)) return 'the connection was lost';
  return details;
}
