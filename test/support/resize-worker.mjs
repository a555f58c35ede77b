// A slow worker in a process of its own: each reading is a task that takes as many milliseconds as it
// says. Writes one line of JSON for each task it has done, and for each that is settled.
//
// node resize-worker.mjs <address> <group> <name>
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { ConsumeStart } from '../../dist/generated/millpond/v1/consume.js';
import { TelemetryServiceClient } from '../../dist/generated/millpond/v1/telemetry_service.js';

const AT_ONCE = 8;
const [address, group, member] = process.argv.slice(2);
const client = new TelemetryServiceClient(address, credentials.createInsecure());
const call = client.consume();
const asked = [];
let lastId = 0n;

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function work({ offset, value }) {
  await sleep(value.value);
  tell({ done: Number(offset) });
  lastId += 1n;
  asked.push({ id: lastId, offset: Number(offset) });
  call.write({ action: { $case: 'ack', value: { id: lastId, offsets: [offset] } } });
  call.write({ action: { $case: 'credit', value: { count: 1 } } });
}

call.on('data', ({ event }) => {
  if (event?.$case === 'delivery') for (const reading of event.value.readings) void work(reading);
  if (event?.$case !== 'settled') return;
  const refused = new Set(event.value.faults.map(({ id }) => id));
  while (asked.length > 0 && asked[0].id <= event.value.throughId) {
    const { id, offset } = asked.shift();
    if (!refused.has(id)) tell({ settled: offset });
  }
});
call.on('error', ({ message }) => tell({ error: message }));
const start = ConsumeStart.fromPartial({ group, member, credits: AT_ONCE });
call.write({ action: { $case: 'start', value: start } });
