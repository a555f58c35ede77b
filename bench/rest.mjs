// What many charts at a time cost everybody else: how long a PUBACK, /healthz and one more chart take
// with and without 100 clients that ask for large ones as fast as they are answered.
//   npm run bench:rest
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { printTable } from './support/figures.mjs';
import { makeFolder, residentMB, root, runJson, startMillpond } from './support/processes.mjs';
import { fillSealed, steadySeries } from './support/sealed-log.mjs';

const SECONDS = process.env.BENCH_SECONDS ?? '10';
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 100);
const SERIES = 100;
const POINTS = 490;
const EVERY_US = 60_000_000;

/** One device with so many metrics, each said once a minute. */
function oneDevice() {
  const shape = steadySeries(SERIES, EVERY_US);
  const series = shape.series.map((each, id) => ({ ...each, device: 'wide', metric: `m${id}` }));
  return { ...shape, series };
}

const directory = makeFolder('rest');
await fillSealed(directory, SERIES * 520, { sealRows: 10_000, shape: oneDevice() });
const gateway = await startMillpond({
  directory,
  nodeArgs: (process.env.BENCH_NODE_ARGS ?? '').split(' ').filter(Boolean),
});
const rows = [];
try {
  for (const clients of [0, 1, 20, CLIENTS]) {
    const result = await runJson([
      join(root, 'bench/support/rest-load.mjs'),
      ...['--http', gateway.ready.http, '--mqtt-port', gateway.ready.mqtt.split(':')[1]],
      ...['--path', `/api/v1/series?device=wide&bucket=1m&from=-${POINTS}m`],
      ...['--clients', String(clients), '--seconds', SECONDS],
    ]);
    const text = ({ p50, p99, max }) =>
      [p50, p99, max].map((ms) => ms.toFixed(ms < 10 ? 1 : 0)).join(' / ');
    rows.push({
      'chart clients': clients,
      'PUBACK, p50 / p99 / most, ms': text(result.ack),
      '/healthz': text(result.health),
      'answered/s': (result.answered / result.seconds).toFixed(1),
      'MB/s': (result.bytes / 1e6 / result.seconds).toFixed(1),
      'refused/s': (result.refused / result.seconds).toFixed(1),
      'resident MB': residentMB(gateway.child.pid).resident.toFixed(0),
    });
  }
} finally {
  await gateway.stop();
  rmSync(directory, { recursive: true, force: true });
}
printTable(rows);
