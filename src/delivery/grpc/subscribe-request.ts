// A SubscribeRequest as it came, checked and put into the gateway's own terms.

import type { GrpcFormat, ReadingFilter, StartRequest } from '../../core/contracts.ts';
import { MillpondError } from '../../core/errors.ts';
import { globLengthMax } from '../../core/glob.ts';
import { Format } from '../../generated/millpond/v1/format.ts';
import { Edge } from '../../generated/millpond/v1/offsets.ts';
import type { SubscribeRequest } from '../../generated/millpond/v1/telemetry_service.ts';

const GLOBS_MAX = 100;

/** What one fetch may hold; of `max_batch` the default and the limit. */
export interface BatchLimits {
  readonly readingsMax: number;
  readonly bytesMax: number;
}

export interface CheckedSubscribe {
  readonly start: StartRequest;
  readonly filter: ReadingFilter | null;
  readonly format: GrpcFormat;
  readonly batchReadingsMax: number;
  readonly fetchBytesMax: number;
  readonly stopAtEnd: boolean;
}

/** Throws REQUEST_INVALID or OFFSET_BEYOND_END. */
export function checkSubscribe(
  request: SubscribeRequest,
  limits: Readonly<Record<GrpcFormat, BatchLimits>>,
): CheckedSubscribe {
  const { stream, consumer, devices, metrics, stopAtEnd, maxBatch } = request;
  checkGlobs('devices', devices);
  checkGlobs('metrics', metrics);
  const format = formatOf(request.format);
  const { readingsMax, bytesMax } = limits[format];
  const isFiltered = devices.length > 0 || metrics.length > 0;
  return {
    start: { stream, consumer, start: startOf(request) },
    filter: isFiltered ? { devices, metrics } : null,
    format,
    batchReadingsMax: maxBatch === 0 ? readingsMax : Math.min(maxBatch, readingsMax),
    fetchBytesMax: bytesMax,
    stopAtEnd,
  };
}

function formatOf(format: Format): GrpcFormat {
  if (format === Format.FORMAT_ARROW) return 'arrow';
  if (format === Format.FORMAT_ROWS || format === Format.FORMAT_UNSPECIFIED) return 'rows';
  throw new MillpondError('REQUEST_INVALID', `format: ${format} is no format.`);
}

/** Throws REQUEST_INVALID or OFFSET_BEYOND_END. */
export function startOf({ start }: Pick<SubscribeRequest, 'start'>): StartRequest['start'] {
  switch (start?.$case) {
    case 'offset':
      return { kind: 'offset', offset: toOffset(start.value, 'OFFSET_BEYOND_END') };
    case 'timeUs':
      return { kind: 'time', timeUs: toTimeUs(start.value) };
    case 'edge':
      return start.value === Edge.EDGE_UNSPECIFIED ? { kind: 'earliest' } : edgeOf(start.value);
    case undefined:
      return { kind: 'earliest' };
  }
}

/** Throws REQUEST_INVALID for anything but the two edges. */
export function edgeOf(edge: Edge): { readonly kind: 'earliest' | 'latest' } {
  if (edge === Edge.EDGE_EARLIEST) return { kind: 'earliest' };
  if (edge === Edge.EDGE_LATEST) return { kind: 'latest' };
  throw new MillpondError('REQUEST_INVALID', `edge: ${edge} is no edge.`);
}

/** An offset as a number; throws `code` for those from 2^53 on, which are beyond any stream's end. */
export function toOffset(offset: bigint, code: 'OFFSET_BEYOND_END' | 'COMMIT_BEYOND_END'): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new MillpondError(code, `Offset ${offset} is beyond the end of every stream.`);
  }
  return Number(offset);
}

/** Throws REQUEST_INVALID. */
export function toTimeUs(timeUs: bigint): number {
  if (timeUs < 0n || timeUs > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new MillpondError(
      'REQUEST_INVALID',
      `time_us: ${timeUs} is not a time in microseconds since 1970.`,
    );
  }
  return Number(timeUs);
}

/** Throws REQUEST_INVALID. */
export function checkGlobs(field: string, globs: readonly string[]): void {
  if (globs.length > GLOBS_MAX) {
    throw new MillpondError(
      'REQUEST_INVALID',
      `${field}: ${globs.length} globs; ${GLOBS_MAX} are allowed.`,
    );
  }
  for (const glob of globs) {
    if (glob.length > 0 && glob.length <= globLengthMax) continue;
    throw new MillpondError(
      'REQUEST_INVALID',
      `${field}: a glob has 1 to ${globLengthMax} characters, this one ${glob.length}.`,
    );
  }
}
