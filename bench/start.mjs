// How a start and a seek grow with the log: from spawn to the ready line, from Subscribe at a random
// offset to its first batch, resident memory.
//   npm run bench:start -- [sizes, 1M 10M 100M]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { amount, amountText, median, printTable } from './support/figures.mjs';
import { makeFolder, residentMB, root, runJson, startMillpond } from './support/processes.mjs';
import { fillSealed } from './support/sealed-log.mjs';

const given = process.argv.slice(2);
const SIZES = (given.length > 0 ? given : ['1M', '10M', '100M']).map(amount);
const STARTS = Number(process.env.BENCH_ROUNDS ?? 3);
const SEEKS = 50;
const SEAL_ROWS = 500_000;
/** What is allocated at the start has come to rest by then. */
const REST_MS = 1000;

async function measure(readings) {
  const folder = makeFolder('start');
  const directory = join(folder, 'data');
  process.stderr.write(`filling ${amountText(readings)} readings\n`);
  await fillSealed(directory, readings, { sealRows: SEAL_ROWS });
  const startsMs = [];
  let result;
  for (let start = 1; start <= STARTS; start++) {
    const gateway = await startMillpond({ directory });
    try {
      startsMs.push(gateway.readyAfterMs);
      if (start === STARTS) result = await seek(gateway, readings);
    } finally {
      await gateway.stop();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return { readings, startMs: median(startsMs), ...result };
}

async function seek(gateway, readings) {
  const { pid } = gateway.child;
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const { resident: startedMB } = residentMB(pid);
  const seeks = await runJson([
    join(root, 'bench/support/seek-client.mjs'),
    ...['--grpc', gateway.ready.grpc, '--readings', String(readings), '--seeks', String(SEEKS)],
    ...['--seal-rows', String(SEAL_ROWS)],
  ]);
  return { startedMB, soughtMB: residentMB(pid).resident, ...seeks };
}

const results = [];
for (const readings of SIZES) results.push(await measure(readings));

printTable(
  results.map((result) => ({
    readings: amountText(result.readings),
    segments: Math.ceil(result.readings / SEAL_ROWS),
    'start ms': result.startMs.toFixed(0),
    'seek ms, median': result.toBatch.p50.toFixed(1),
    [`p99 of ${SEEKS}`]: result.toBatch.p99.toFixed(1),
    'first touches': result.firstTouches,
    'median of these': result.toFirstTouch.p50.toFixed(1),
    'MB, started': result.startedMB.toFixed(0),
    'MB, after the seeks': result.soughtMB.toFixed(0),
  })),
);
const [first] = results;
for (const result of results.slice(1)) {
  const growth = (of) => `x${(of(result) / of(first)).toFixed(2)}`;
  console.log(
    `readings ${growth((r) => r.readings)}: start ${growth((r) => r.startMs)}, ` +
      `median seek ${growth((r) => r.toBatch.p50)}, memory ${growth((r) => r.soughtMB)}`,
  );
}
