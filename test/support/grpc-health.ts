// The standard health service over gRPC, asked without its generated client.

import { Client, credentials } from '@grpc/grpc-js';

/** HealthCheckResponse { status = 1 }. */
const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Of the whole server. */
export async function healthOf(address: string): Promise<string | undefined> {
  const client = new Client(address, credentials.createInsecure());
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (request: Buffer) => request,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        (error, bytes) => (bytes === undefined ? reject(error) : resolve(bytes)),
      );
    });
    return statuses[answer.at(1) ?? 0];
  } finally {
    client.close();
  }
}
