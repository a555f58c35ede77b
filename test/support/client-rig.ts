// Gateways and TypeScript clients of one test file, which go when the test ends.

import { onTestFinished } from 'vitest';
import { MillpondClient } from '../../src/client/client.ts';
import { type GatewayProcess, startGateway } from './gateway.ts';

/** On the address if one is given; killed when the test ends, if it is there still. */
export async function startForClients(
  dataDir: string,
  grpc = '127.0.0.1:0',
): Promise<GatewayProcess> {
  const gateway = await startGateway(dataDir, { MILLPOND_GRPC_LISTEN: grpc });
  onTestFinished(() => gateway.kill());
  return gateway;
}

export function connectClient(address: string): MillpondClient {
  const client = new MillpondClient(address);
  onTestFinished(() => client.close());
  return client;
}
