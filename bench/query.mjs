// How long typical queries take over sealed readings, and what a heavy query costs what comes in: QoS 1
// messages a second without a query and with two of them all the time, in turns on one gateway.
//   npm run bench:query -- [sealed readings, 10M]
import { join } from 'node:path';
import { amount, amountText, median, printTable } from './support/figures.mjs';
import { makeFolder, root, runJson, startMillpond } from './support/processes.mjs';
import { ask, connect, keepAsking } from './support/query-client.mjs';
import { fillSealed } from './support/sealed-log.mjs';

const READINGS = amount(process.argv[2] ?? '10M');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = process.env.BENCH_SECONDS ?? '8';
const TIMES = 5;
/** As many as run at one time by default. */
const CONCURRENT = 2;

const queries = {
  'count of all': 'select count(*) from readings',
  'by device and metric': `select device, metric, count(*), avg(number), min(number), max(number)
    from readings group by all`,
  'one device by hour': `select time_bucket(interval 1 hour, measured_at) as hour, avg(number)
    from readings where device = 'bench3' and metric = 'temperature' group by all order by hour`,
  'the last ten minutes': `select device, metric, avg(number) from readings
    where received_at > (select max(received_at) - interval 10 minutes from readings) group by all`,
  'latest of each series': 'select series, arg_max(number, "offset") from readings group by all',
  'a million rows delivered': 'select "offset", device, number from readings limit 1000000',
};
const heavy = `select device, metric, time_bucket(interval 1 minute, measured_at) as minute,
  avg(number), stddev(number), count(distinct quality) from readings group by all`;

async function timeQueries(client) {
  const rows = [];
  for (const [name, sql] of Object.entries(queries)) {
    const runs = [];
    for (let time = 0; time < TIMES; time++) runs.push(await ask(client, sql));
    const ms = runs.map((run) => run.ms);
    rows.push({
      query: name,
      rows: runs[0].rows.toLocaleString('en'),
      'ms, median': Math.round(median(ms)),
      least: Math.round(Math.min(...ms)),
      most: Math.round(Math.max(...ms)),
    });
  }
  printTable(rows);
}

async function ingest(port) {
  const { perSecond } = await runJson([
    join(root, 'bench/support/mqtt-load.mjs'),
    ...['--port', port, '--connections', '10', '--window', '100', '--seconds', SECONDS],
  ]);
  return perSecond;
}

const directory = makeFolder('query');
await fillSealed(directory, READINGS, { sealRows: 100_000 });
console.log(`${amountText(READINGS)} sealed readings`);
const gateway = await startMillpond({ directory });
try {
  const client = connect(gateway.ready.grpc);
  await timeQueries(client);
  const port = gateway.ready.mqtt.split(':')[1];
  const rates = { without: [], with: [] };
  let answered = 0;
  const measure = {
    async without() {
      rates.without.push(await ingest(port));
    },
    async with() {
      const stop = keepAsking(client, heavy, CONCURRENT);
      rates.with.push(await ingest(port));
      answered += await stop();
    },
  };
  // Each goes first as often as the other: the log grows from turn to turn.
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? ['without', 'with'] : ['with', 'without'];
    for (const which of order) await measure[which]();
  }
  console.log('');
  printTable(
    Object.entries(rates).map(([which, each]) => ({
      'heavy queries': which === 'with' ? `${CONCURRENT} all the time` : 'none',
      'messages/s': Math.round(median(each)).toLocaleString('en'),
      'min-max': `${Math.round(Math.min(...each) / 1000)}-${Math.round(Math.max(...each) / 1000)} k`,
      'of none': (median(each) / median(rates.without)).toFixed(2),
      answered: which === 'with' ? answered : '',
    })),
  );
  client.close();
} finally {
  await gateway.stop();
  const { rmSync } = await import('node:fs');
  rmSync(directory, { recursive: true, force: true });
}
