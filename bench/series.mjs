// How long a chart takes over HTTP: a day, a week and a year of one-second readings, of one series
// alone and of one among a hundred, beside the same as SQL through Query. And what charts cost what
// comes in, and rollups the disk.
//   npm run bench:series -- [readings of the one series, 31.5M]
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ChartReader } from '../dist/log/charts/chart-reader.js';
import { rollupFolder } from '../dist/log/rollups/rollup.js';
import { amount, amountText, median, printTable } from './support/figures.mjs';
import { openLog, openRollups } from './support/log-on-disk.mjs';
import { makeFolder, root, runJson, startMillpond } from './support/processes.mjs';
import { ask, connect } from './support/query-client.mjs';
import { fillSealed, steadySeries } from './support/sealed-log.mjs';

const READINGS = amount(process.argv[2] ?? '31.5M');
const SECONDS = process.env.BENCH_SECONDS ?? '8';
const TIMES = 7;
const SQL_TIMES = 2;
const CHARTS_AT_ONCE = 50;
const DAY_S = 86_400;
const EVERY_US = 1_000_000;

const logs = [
  { name: 'one series', count: 1, readings: READINGS },
  // Two days of them where the one has a year.
  { name: 'one of 100 series', count: 100, readings: Math.ceil(READINGS * 0.55) },
];
const ranges = [
  { name: 'an hour', seconds: 3600 },
  { name: 'a day', seconds: DAY_S },
  { name: 'a week', seconds: 7 * DAY_S },
  { name: 'a year', seconds: 365 * DAY_S },
];

async function build({ count, readings }) {
  const directory = makeFolder('series');
  const startedMs = performance.now();
  await fillSealed(directory, readings, {
    sealRows: 100_000,
    shape: steadySeries(count, EVERY_US),
  });
  const filledMs = performance.now();
  const log = await openLog(directory, { sealRows: 100_000 });
  const rollups = openRollups(log, directory);
  const unrolled = await timeUnrolled({ log, rollups, directory });
  const rollingMs = performance.now();
  await rollups.settle();
  const rolledMs = performance.now() - rollingMs;
  await rollups.close();
  const segmentBytes = log.stream('').segments.bytes;
  const segments = log.stream('').segments.all.length;
  await log.close();
  const folder = rollupFolder(directory, 'readings');
  const files = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  const bytes = files.reduce((sum, each) => sum + each, 0);
  process.stderr.write(`filled in ${((filledMs - startedMs) / 1000).toFixed(0)} s\n`);
  return {
    directory,
    segmentBytes,
    segments,
    rollupBytes: bytes,
    files: files.length,
    rolledMs,
    unrolled,
  };
}

/** The whole of it while nothing is rolled up, as right after an upgrade. */
async function timeUnrolled({ log, rollups, directory }) {
  const charts = new ChartReader({ log, rollups, directory });
  const request = {
    stream: '',
    device: 'bench0',
    metric: null,
    channel: null,
    fromUs: null,
    toUs: Date.now() * 1000,
    bucketUs: null,
    pointsMax: 1000,
  };
  const startedMs = performance.now();
  try {
    await charts.read(request, new AbortController().signal);
    return `${Math.round(performance.now() - startedMs)} ms`;
  } catch (error) {
    return error.code;
  }
}

async function chart(http, device, seconds) {
  const startedMs = performance.now();
  const from = Date.now() - seconds * 1000;
  const answer = await fetch(`http://${http}/api/v1/series?device=${device}&from=${from}`);
  const { series } = await answer.json();
  if (!answer.ok) throw new Error(`a chart was answered with ${answer.status}`);
  return { ms: performance.now() - startedMs, points: series[0]?.points.length ?? 0 };
}

async function timeCharts(gateway, { name, count, readings }) {
  const client = connect(gateway.ready.grpc);
  const rows = [];
  for (const range of ranges) {
    // A range that begins before the log: what it has of it.
    const logSeconds = (readings / count) * (EVERY_US / 1e6);
    const first = await chart(gateway.ready.http, 'bench0', range.seconds);
    const ms = [];
    for (let time = 0; time < TIMES; time++) {
      ms.push((await chart(gateway.ready.http, `bench${(time * 13) % count}`, range.seconds)).ms);
    }
    const seconds = Math.max(1, Math.ceil(range.seconds / 1000));
    const sql = `select time_bucket(interval ${seconds} seconds, measured_at) as bucket, min(number),
      avg(number), max(number), count(*) from readings where device = 'bench0'
      and measured_at >= now()::timestamptz - interval ${range.seconds} seconds group by all order by all`;
    const sqlMs = [];
    for (let time = 0; time < SQL_TIMES; time++) sqlMs.push((await ask(client, sql)).ms);
    rows.push({
      log: name,
      chart: range.name,
      'of it in the log': amountText(Math.round(Math.min(range.seconds, logSeconds))),
      points: first.points,
      'first, ms': first.ms.toFixed(0),
      'ms, median': median(ms).toFixed(0),
      most: Math.max(...ms).toFixed(0),
      'as SQL, ms': median(sqlMs).toFixed(0),
    });
  }
  client.close();
  return rows;
}

/** Different charts, so many at a time, until the result is called; gives how many were answered. */
function keepCharting(http) {
  let isOver = false;
  let answered = 0;
  const loops = Array.from({ length: CHARTS_AT_ONCE }, async (_, loop) => {
    for (let turn = 0; !isOver; turn++) {
      await chart(http, `bench${(loop * 7 + turn) % 100}`, DAY_S * (1 + (loop % 3)));
      answered += 1;
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(loops);
    return answered;
  };
}

async function timeIngest(gateway) {
  const port = gateway.ready.mqtt.split(':')[1];
  const load = () =>
    runJson([
      join(root, 'bench/support/mqtt-load.mjs'),
      ...['--port', port, '--connections', '10', '--window', '100', '--seconds', SECONDS],
    ]);
  const rows = [];
  for (const with50 of [false, true, false]) {
    const stop = with50 ? keepCharting(gateway.ready.http) : async () => '';
    const startedMs = performance.now();
    const { perSecond } = await load();
    const seconds = (performance.now() - startedMs) / 1000;
    const answered = await stop();
    rows.push({
      charts: with50 ? `${CHARTS_AT_ONCE} at a time` : 'none',
      'messages/s': Math.round(perSecond).toLocaleString('en'),
      'charts/s': with50 ? (answered / seconds).toFixed(0) : '',
    });
  }
  return rows;
}

const charts = [];
const sizes = [];
let ingest = [];
for (const each of logs) {
  const built = await build(each);
  const gateway = await startMillpond({ directory: built.directory });
  try {
    charts.push(...(await timeCharts(gateway, each)));
    if (each.count > 1) ingest = await timeIngest(gateway);
  } finally {
    await gateway.stop();
    rmSync(built.directory, { recursive: true, force: true });
  }
  sizes.push({
    log: each.name,
    readings: amountText(each.readings),
    segments: built.segments,
    'bytes a reading': (built.segmentBytes / each.readings).toFixed(2),
    rollups: built.files,
    'their bytes a reading': (built.rollupBytes / each.readings).toFixed(3),
    'rolled up in, s': (built.rolledMs / 1000).toFixed(1),
    'all of it without them': built.unrolled,
  });
}
printTable(charts);
console.log('');
printTable(sizes);
console.log(
  '\nmessages that come in, while charts of one to three days of the hundred are asked for:',
);
printTable(ingest);
