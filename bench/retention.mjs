// A stream that may take 50 MB, under a load of 1 GB of payload: what the data directory takes
// meanwhile and at the end, how long it ever kept publishers waiting, and whether a consumer that lags
// is told of exactly what is gone.
//   npm run bench:retention -- [bytes of payload, 1G]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { AdminServiceClient } from '../dist/generated/millpond/v1/admin_service.js';
import {
  SubscribeRequest,
  TelemetryServiceClient,
} from '../dist/generated/millpond/v1/telemetry_service.js';
import { Ledger } from '../dist/log/ledger.js';
import { amount, printTable } from './support/figures.mjs';
import { bytesOnDisk, makeFolder, root, runJson, startMillpond } from './support/processes.mjs';

const PAYLOAD_BYTES = amount(process.argv[2] ?? '1G');
const LIMIT_MB = Number(process.env.BENCH_LIMIT_MB ?? 50);
const SAMPLE_MS = 100;
/** Nothing was dropped for so long: what was due is done. */
const REST_MS = 3000;
const CONSUMER = { stream: '', consumer: 'lagging' };
const COMMITTED = 1000;

const folder = makeFolder('retention');
const directory = join(folder, 'data');
const gateway = await startMillpond({
  directory,
  config: `streams:\n  - name: readings\n    retention: { bytes: ${LIMIT_MB}MB }\n`,
});
const client = new TelemetryServiceClient(gateway.ready.grpc, credentials.createInsecure());
const admin = new AdminServiceClient(gateway.ready.grpc, credentials.createInsecure());

function load(...length) {
  const port = gateway.ready.mqtt.split(':')[1];
  return runJson([join(root, 'bench/support/mqtt-load.mjs'), '--port', port, ...length]);
}

function commitPosition(nextOffset) {
  return new Promise((resolve, reject) => {
    client.commit({ ...CONSUMER, nextOffset: BigInt(nextOffset) }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}

function oldestOffset() {
  return new Promise((resolve, reject) => {
    admin.getStatus({}, (error, status) =>
      error === null ? resolve(status.streams[0].lowWatermark) : reject(error),
    );
  });
}

/** What goes while a consumer reads it is in the ledger whole, for it had not committed it. */
async function untilAtRest() {
  let oldest = null;
  for (let now = await oldestOffset(); now !== oldest; now = await oldestOffset()) {
    oldest = now;
    await sleep(REST_MS);
  }
}

/** What the consumer that lags is told and given, from where it was to the end. */
function catchUp() {
  return new Promise((resolve, reject) => {
    const gaps = [];
    let first = null;
    let next = COMMITTED;
    let readings = 0;
    const call = client.subscribe(SubscribeRequest.fromPartial({ ...CONSUMER, stopAtEnd: true }));
    call.on('data', ({ event }) => {
      if (event?.$case === 'gap') {
        const { firstOffset, nextOffset, reason } = event.value;
        gaps.push({ first: Number(firstOffset), next: Number(nextOffset), reason });
      }
      if (event?.$case !== 'batch') return;
      first ??= Number(event.value.readings[0].offset);
      next = Number(event.value.nextOffset);
      readings += event.value.readings.length;
    });
    call.on('error', reject);
    call.on('end', () => resolve({ gaps, first, next, readings }));
  });
}

const parts = {
  'sealed segments': 'streams',
  'hot.duckdb': 'hot.duckdb',
  'its write-ahead log': 'hot.duckdb.wal',
  'the reserve for a full disk': 'reserve',
};
const peaks = Object.fromEntries(Object.keys(parts).map((name) => [name, 0]));
let peak = 0;

function sizes() {
  return Object.fromEntries(
    Object.entries(parts).map(([name, path]) => [name, bytesOnDisk(join(directory, path))]),
  );
}

await load('--messages', String(COMMITTED));
await commitPosition(COMMITTED);
const sampler = setInterval(() => {
  peak = Math.max(peak, bytesOnDisk(directory));
  for (const [name, bytes] of Object.entries(sizes())) peaks[name] = Math.max(peaks[name], bytes);
}, SAMPLE_MS);
let result;
let consumed;
let final;
let finalParts;
try {
  result = await load('--payload-bytes', String(PAYLOAD_BYTES));
  await untilAtRest();
  consumed = await catchUp();
  final = bytesOnDisk(directory);
  finalParts = sizes();
} finally {
  clearInterval(sampler);
  client.close();
  admin.close();
  await gateway.stop();
}
const ledger = await Ledger.open(directory, { lossesMax: 10_000 });
const losses = ledger.state.losses.all();

const mb = (bytes) => (bytes / 1e6).toFixed(1);
printTable([
  { MB: 'data directory', peak: mb(peak), 'at the end': mb(final) },
  ...Object.keys(parts).map((name) => ({
    MB: name,
    peak: mb(peaks[name]),
    'at the end': mb(finalParts[name]),
  })),
]);
const range = ({ first, next, reason }) => `[${first}, ${next}) ${reason}`;
const lost = losses.map(({ firstOffset, lastOffset, reason }) =>
  range({ first: firstOffset, next: lastOffset + 1, reason }),
);
const told = consumed.gaps.map(range);
console.log(`payload            ${mb(result.payloadBytes)} MB in ${result.seconds.toFixed(0)} s`);
console.log(`messages/s         ${Math.round(result.perSecond).toLocaleString('en')}`);
console.log(
  `longest pause      ${result.longestPauseMs.toFixed(0)} ms between two acknowledgements`,
);
console.log(`told by gaps       ${told.join(', ') || 'nothing'}`);
console.log(`in the ledger      ${lost.join(', ') || 'nothing'}`);
console.log(`then read          [${consumed.first}, ${consumed.next})`);
const gone = consumed.gaps.reduce((sum, { first, next }) => sum + next - first, 0);
const isWhole = consumed.readings + gone === consumed.next - COMMITTED;
const isSame = told.join() === lost.join();
console.log(`every offset       ${isWhole ? 'read or told of' : 'NOT accounted for'}`);
console.log(`gaps and ledger    ${isSame ? 'agree' : 'DIFFER'}`);
if (!isWhole || !isSame) process.exitCode = 1;
rmSync(folder, { recursive: true, force: true });
