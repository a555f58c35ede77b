// A client of its own process that subscribes as a consumer, says so once the first event has come,
// and reads on: to be stopped by a signal. Arguments: address, consumer.

import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('../../proto', import.meta.url));
const definition = loadSync('millpond/v1/telemetry_service.proto', { includeDirs: [proto] });
const { millpond } = loadPackageDefinition(definition);
const [address, consumer] = process.argv.slice(2);
const client = new millpond.v1.TelemetryService(address, credentials.createInsecure());
const call = client.subscribe({ consumer });
call.once('data', () => process.stdout.write('subscribed\n'));
call.on('data', () => {});
call.on('error', () => process.exit(1));
