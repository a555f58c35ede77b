// What a program publishes, as a request of the contract.

import type { PublishRequest } from '../generated/millpond/v1/telemetry_service.ts';

export interface NewReading {
  readonly device: string;
  readonly metric: string;
  /** A number must be finite. */
  readonly value: number | string;
  /** Stored as it is; none if absent. */
  readonly unit?: string;
  /** Microseconds since the Unix epoch; the time of arrival if absent. */
  readonly measuredAtUs?: number;
  readonly channel?: string;
}

/** A message as a device would send it, decoded by the device profiles. */
export interface RawPayload {
  readonly topic: string;
  readonly payload: Uint8Array | string;
}

/** Under it a message is stored once, though it be sent twice. */
export interface Key {
  /** The sender's own name. */
  readonly producer: string;
  /** From 1, rising from message to message. */
  readonly sequence: number;
}

export function requestOf(
  content: readonly NewReading[] | RawPayload,
  key: Key | undefined,
): PublishRequest {
  return {
    content: contentOf(content),
    producer: key?.producer ?? '',
    sequence: BigInt(key?.sequence ?? 0),
  };
}

function contentOf(content: readonly NewReading[] | RawPayload): PublishRequest['content'] {
  if ('topic' in content) {
    return { $case: 'raw', value: { topic: content.topic, payload: Buffer.from(content.payload) } };
  }
  const readings = content.map(({ device, metric, value, unit, measuredAtUs, channel }) => ({
    device,
    metric,
    value:
      typeof value === 'number'
        ? ({ $case: 'number', value } as const)
        : ({ $case: 'text', value } as const),
    unit: unit ?? '',
    measuredAtUs: BigInt(measuredAtUs ?? 0),
    channel: channel ?? '',
  }));
  return { $case: 'readings', value: { readings } };
}
