// One member of a group, in a process of its own: takes readings with explicit acks until it is
// ended. Prints a line when it is connected, begins at a line on standard input.
//
// node group-member.mjs --target millpond|nats --address host:port --group NAME --credits 1000
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ConsumeStart } from '../../dist/generated/millpond/v1/consume.js';
import { Reading } from '../../dist/generated/millpond/v1/reading.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    address: { type: 'string' },
    group: { type: 'string' },
    credits: { type: 'string', default: '1000' },
  },
});
const credits = Number(values.credits);

/** Acknowledges each delivery whole, and asks for as many readings more. */
async function joinMillpond() {
  const { credentials } = await import('@grpc/grpc-js');
  const { TelemetryServiceClient } = await import(
    '../../dist/generated/millpond/v1/telemetry_service.js'
  );
  const client = new TelemetryServiceClient(values.address, credentials.createInsecure());
  const call = client.consume();
  let id = 0n;
  const start = ConsumeStart.fromPartial({ group: values.group });
  call.write({ action: { $case: 'start', value: start } });
  call.on('data', ({ event }) => {
    if (event?.$case !== 'delivery') return;
    const offsets = event.value.readings.map(({ offset }) => offset);
    id += 1n;
    call.write({ action: { $case: 'ack', value: { id, offsets } } });
    call.write({ action: { $case: 'credit', value: { count: offsets.length } } });
  });
  call.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  await once(call, 'data');
  return () => call.write({ action: { $case: 'credit', value: { count: credits } } });
}

/** Acknowledges each message: JetStream has no ack for several of a shared consumer. */
async function joinNats() {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: values.address });
  const consumer = await jetstream(connection).consumers.get('readings', values.group);
  return () =>
    consumer.consume({
      max_messages: credits,
      callback: (message) => {
        Reading.decode(message.data);
        message.ack();
      },
    });
}

const begin = await (values.target === 'nats' ? joinNats() : joinMillpond());
console.log('{}');
await once(process.stdin, 'data');
await begin();
