// Consumers that subscribe from the start and read one event, to see what they cost the gateway.
//
// node idle-consumers.mjs --grpc 127.0.0.1:50051 --count 9
import { parseArgs } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  TelemetryServiceClient,
} from '../../dist/generated/millpond/v1/telemetry_service.js';

const { values } = parseArgs({
  options: { grpc: { type: 'string' }, count: { type: 'string', default: '9' } },
});
for (let index = 0; index < Number(values.count); index++) {
  const client = new TelemetryServiceClient(values.grpc, credentials.createInsecure(), {
    // A connection each: nine on one would share one socket's buffer.
    'grpc.use_local_subchannel_pool': 1,
  });
  const call = client.subscribe(
    SubscribeRequest.fromPartial({ start: { $case: 'offset', value: 0n } }),
  );
  // One that never began to read would buffer all that comes.
  call.on('data', () => call.pause());
  call.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
}
console.log(JSON.stringify({ event: 'ready' }));
