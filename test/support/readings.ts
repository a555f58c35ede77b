// Reads the log the way a consumer does: over gRPC, with the generated client.

import { credentials } from '@grpc/grpc-js';
import { Format } from '../../src/generated/millpond/v1/format.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import {
  type SubscribeRequest,
  type SubscribeResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';

export function connectTelemetry(address: string): TelemetryServiceClient {
  return new TelemetryServiceClient(address, credentials.createInsecure());
}

export function subscribeRequest(fields: Partial<SubscribeRequest> = {}): SubscribeRequest {
  return {
    stream: '',
    start: undefined,
    consumer: '',
    devices: [],
    metrics: [],
    stopAtEnd: false,
    maxBatch: 0,
    format: Format.FORMAT_UNSPECIFIED,
    ...fields,
  };
}

/** All events of a call that ends by itself. Rejects with its status otherwise. */
export function collectEvents(
  client: TelemetryServiceClient,
  fields: Partial<SubscribeRequest>,
): Promise<SubscribeResponse[]> {
  return new Promise((resolve, reject) => {
    const events: SubscribeResponse[] = [];
    const call = client.subscribe(subscribeRequest(fields));
    call.on('data', (event: SubscribeResponse) => events.push(event));
    call.on('error', reject);
    call.on('end', () => resolve(events));
  });
}

export function readingsOf(events: readonly SubscribeResponse[]): Reading[] {
  return events.flatMap(({ event }) => (event?.$case === 'batch' ? event.value.readings : []));
}

/** Everything stored, from the lowest offset to the end. */
export async function readAll(address: string): Promise<Reading[]> {
  const client = connectTelemetry(address);
  try {
    return readingsOf(await collectEvents(client, { stopAtEnd: true }));
  } finally {
    client.close();
  }
}
