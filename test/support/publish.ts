// Publishes over gRPC, the way a producer does: with the generated client.

import type {
  PublishedReading,
  PublishRequest,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';

export function rawRequest(topic: string, payload: string, key: Key = {}): PublishRequest {
  const value = { topic, payload: Buffer.from(payload) };
  return { content: { $case: 'raw', value }, ...keyFields(key) };
}

export function readingsRequest(
  readings: readonly Partial<PublishedReading>[],
  key: Key = {},
): PublishRequest {
  const whole = readings.map((reading) => ({
    device: 'd',
    metric: 'power',
    value: undefined,
    unit: '',
    measuredAtUs: 0n,
    channel: '',
    ...reading,
  }));
  return { content: { $case: 'readings', value: { readings: whole } }, ...keyFields(key) };
}

interface Key {
  readonly producer?: string;
  readonly sequence?: number;
}

function keyFields({ producer = '', sequence = 0 }: Key) {
  return { producer, sequence: BigInt(sequence) };
}

/** One call with all of them. Resolves with what the gateway says it accepted. */
export function publishAll(
  client: TelemetryServiceClient,
  requests: Iterable<PublishRequest>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = client.publish((error, response) =>
      error === null ? resolve(Number(response.accepted)) : reject(error),
    );
    for (const request of requests) call.write(request);
    call.end();
  });
}
