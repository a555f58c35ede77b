// From publish to acknowledgement and to the consumer, at 2,000 messages a second, each durable
// first; beside it the time that the disk takes for an fsync.
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { printTable, quantiles } from './support/figures.mjs';
import { makeFolder, root, runJson, startMillpond } from './support/processes.mjs';

const RATE = process.env.BENCH_RATE ?? '2000';
const SECONDS = process.env.BENCH_SECONDS ?? '20';
const FSYNCS = 500;

/** Appends of 4 KiB to a growing file, each followed by an fsync, as a write-ahead log's are. */
function measureFsync() {
  const folder = makeFolder('fsync');
  const file = openSync(join(folder, 'file'), 'w');
  const block = Buffer.alloc(4096, 1);
  const ms = [];
  for (let i = 0; i < FSYNCS; i++) {
    const startedMs = performance.now();
    writeSync(file, block);
    fsyncSync(file);
    ms.push(performance.now() - startedMs);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return quantiles(ms);
}

const before = measureFsync();
const gateway = await startMillpond();
let result;
try {
  result = await runJson([
    join(root, 'bench/support/latency-client.mjs'),
    ...['--mqtt-port', gateway.ready.mqtt.split(':')[1], '--grpc', gateway.ready.grpc],
    ...['--rate', RATE, '--seconds', SECONDS],
  ]);
} finally {
  await gateway.stop();
}
const row = (what, figures) => ({
  [`ms at ${RATE} messages/s`]: what,
  ...Object.fromEntries(Object.entries(figures).map(([name, ms]) => [name, ms.toFixed(2)])),
});
printTable([
  row('append 4 KiB + fsync, before', before),
  row('publish to PUBACK', result.toAck),
  row('publish to Subscribe', result.toRead),
  row('append 4 KiB + fsync, after', measureFsync()),
]);
