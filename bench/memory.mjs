// Resident memory of the gateway while 20 M readings go in, with ten consumers of which nine do
// not read. A row for every two million readings.
import { join } from 'node:path';
import { printTable } from './support/figures.mjs';
import { residentMB, root, runJson, startMillpond, startReady } from './support/processes.mjs';

const READINGS = Number(process.env.BENCH_READINGS ?? 20_000_000);
const STEP = READINGS / 10;
const SAMPLE_MS = 250;

const gateway = await startMillpond();
const grpc = ['--grpc', gateway.ready.grpc];
const idle = await startReady(process.execPath, [
  join(root, 'bench/support/idle-consumers.mjs'),
  ...grpc,
  ...['--count', '9'],
]);
const follower = await startReady(process.execPath, [
  join(root, 'bench/support/following-consumer.mjs'),
  ...grpc,
]);

async function status() {
  const text = await (await fetch(`http://${gateway.ready.http}/metrics`)).text();
  const value = (name) => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(name));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  return {
    readings: value('millpond_stream_watermark_offset{stream="readings",edge="high"}'),
    walMB: value('millpond_log_bytes{part="wal"}') / 1e6,
    databaseMB: value('millpond_log_bytes{part="database"}') / 1e6,
  };
}

const rows = [];
let peak = 0;
let stepPeak = 0;
let nextStep = 0;
const sampler = setInterval(async () => {
  const { resident, anonymous } = residentMB(gateway.child.pid);
  peak = Math.max(peak, resident);
  stepPeak = Math.max(stepPeak, resident);
  const now = await status();
  if (now.readings < nextStep) return;
  nextStep += STEP;
  rows.push({
    'readings in': `${(now.readings / 1e6).toFixed(1)} M`,
    'resident MB': resident.toFixed(0),
    'of it anonymous': anonymous.toFixed(0),
    'peak since last row': stepPeak.toFixed(0),
    'database MB': now.databaseMB.toFixed(0),
    'WAL MB': now.walMB.toFixed(0),
  });
  stepPeak = 0;
}, SAMPLE_MS);

try {
  await runJson([
    join(root, 'bench/support/mqtt-load.mjs'),
    ...['--port', gateway.ready.mqtt.split(':')[1], '--messages', String(READINGS / 2)],
  ]);
  await new Promise((resolve) => setTimeout(resolve, 2 * SAMPLE_MS));
} finally {
  clearInterval(sampler);
  await Promise.all([idle.stop(), follower.stop()]);
  await gateway.stop();
}
printTable(rows);
console.log(`peak ${peak.toFixed(0)} MB`);
