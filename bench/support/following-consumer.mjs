// A consumer that follows from the start and reads everything, without looking into it.
//
// node following-consumer.mjs --grpc 127.0.0.1:50051
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { SubscribeRequest } from '../../dist/generated/millpond/v1/telemetry_service.js';

const { values } = parseArgs({ options: { grpc: { type: 'string' } } });
const client = new Client(values.grpc, credentials.createInsecure());
let bytes = 0;
const call = client.makeServerStreamRequest(
  '/millpond.v1.TelemetryService/Subscribe',
  (message) => Buffer.from(SubscribeRequest.encode(message).finish()),
  (message) => message,
  SubscribeRequest.fromPartial({ start: { $case: 'offset', value: 0n } }),
);
call.on('data', (message) => {
  bytes += message.length;
});
call.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ event: 'ready', bytes }));
