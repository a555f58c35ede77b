// A member's requests, as a client builds them.
import type { ConsumeRequest, ConsumeStart } from '../../src/generated/millpond/v1/consume.ts';

export function startRequest(fields: Partial<ConsumeStart> = {}): ConsumeRequest {
  const value = {
    stream: '',
    start: undefined,
    limit: undefined,
    group: 'g',
    member: '',
    devices: [],
    metrics: [],
    ackDeadlineMs: 0,
    credits: 0,
    ...fields,
  };
  return { action: { $case: 'start', value } };
}

export function creditRequest(count: number): ConsumeRequest {
  return { action: { $case: 'credit', value: { count } } };
}

export function ackRequest(id: number, offsets: readonly number[]): ConsumeRequest {
  return {
    action: { $case: 'ack', value: { id: BigInt(id), offsets: offsets.map(BigInt) } },
  };
}

export function nackRequest(
  id: number,
  offsets: readonly number[],
  { delayMs, reason = '' }: { delayMs?: number; reason?: string } = {},
): ConsumeRequest {
  const value = {
    id: BigInt(id),
    offsets: offsets.map(BigInt),
    reason,
    delay: delayMs === undefined ? undefined : { $case: 'delayMs' as const, value: delayMs },
  };
  return { action: { $case: 'nack', value } };
}

export function extendRequest(id: number, offsets: readonly number[]): ConsumeRequest {
  return {
    action: { $case: 'extend', value: { id: BigInt(id), offsets: offsets.map(BigInt) } },
  };
}
