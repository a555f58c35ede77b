// What a reading costs a card: bytes that the gateway has the system write, by rate and commit
// interval, with the time to the PUBACK that each interval costs.
//   npm run bench:flash
import { join } from 'node:path';
import { printTable } from './support/figures.mjs';
import { root, runJson, startMillpond } from './support/processes.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const WARMUP_SECONDS = 3;
const RATES = (process.env.BENCH_RATES ?? '2,20,200').split(',').map(Number);
const DAY_SECONDS = 86_400;

const interval = (text) => ({ MILLPOND_LOG_COMMIT_INTERVAL: text });
const settings = [
  { name: '0', seconds: 0, env: interval('0ms') },
  { name: '100ms', seconds: 0.1, env: interval('100ms') },
  { name: '1s', seconds: 1, env: interval('1s') },
  { name: '10s', seconds: 10, env: interval('10s') },
  { name: 'preset sd-card', seconds: 1, env: { MILLPOND_PRESET: 'sd-card' } },
];

async function measure(rate, { env, seconds }) {
  const gateway = await startMillpond({ env });
  try {
    // A few commits at the least.
    const length = Math.max(SECONDS, Math.ceil(3 * seconds));
    return await runJson([
      join(root, 'bench/support/latency-client.mjs'),
      ...['--mqtt-port', gateway.ready.mqtt.split(':')[1], '--grpc', gateway.ready.grpc],
      ...['--rate', String(rate), '--seconds', String(length)],
      ...['--warmup', String(Math.max(WARMUP_SECONDS, seconds))],
      ...['--io-of', String(gateway.child.pid)],
    ]);
  } finally {
    await gateway.stop();
  }
}

const rows = [];
for (const rate of RATES) {
  let base = null;
  for (const setting of settings) {
    const { written, readings, toAck } = await measure(rate, setting);
    if (written === 0) {
      console.log('Nothing was written: BENCH_DIR is in memory. Set it to a folder on a disk.');
      process.exit(1);
    }
    const perReading = written / readings;
    base ??= perReading;
    rows.push({
      'readings/s': rate,
      commitInterval: setting.name,
      'bytes a reading': Math.round(perReading).toLocaleString('en'),
      'MB a day': ((perReading * rate * DAY_SECONDS) / 1e6).toFixed(0),
      'of interval 0': (perReading / base).toFixed(3),
      'PUBACK ms p50': toAck.p50.toFixed(1),
      max: toAck.max.toFixed(0),
    });
  }
}
printTable(rows);
