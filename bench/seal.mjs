// What sealing costs the commits, by the size of a segment: latency of commits of 500 rows at the
// log, at a steady rate and unthrottled, without sealing and with several sizes, in alternating order.
//   npm run bench:seal -- [readings for each row of the table and round, 2.5M]
import { join } from 'node:path';
import { amount, amountText, median, printTable, quantiles } from './support/figures.mjs';
import { root, runJson } from './support/processes.mjs';

const READINGS = amount(process.argv[2] ?? '2.5M');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 2);
const RATE = Number(process.env.BENCH_RATE ?? 50_000);
const SEAL_ROWS = ['off', '100k', '250k', '500k', '1M'];

const cases = [RATE, 0].flatMap((rate) =>
  SEAL_ROWS.map((sealRows) => ({ rate, sealRows, ms: [], perSecond: [], sealMs: [], sealed: 0 })),
);
for (let round = 0; round < ROUNDS; round++) {
  for (const each of round % 2 === 0 ? cases : [...cases].reverse()) {
    const result = await runJson([
      join(root, 'bench/support/commit-load.mjs'),
      ...['--rate', String(each.rate), '--readings', String(READINGS)],
      ...['--seal-rows', each.sealRows],
    ]);
    each.ms.push(...result.commitMs);
    each.perSecond.push(result.perSecond);
    each.sealMs.push(...result.sealMs);
    each.sealed += result.sealMs.length;
  }
}
printTable(
  cases.map(({ rate, sealRows, ms, perSecond, sealMs, sealed }) => {
    const { p50, p99, p999, max } = quantiles(ms);
    return {
      load: rate === 0 ? 'unthrottled' : `${amountText(rate)} readings/s`,
      sealRows,
      'readings/s': Math.round(median(perSecond)).toLocaleString('en'),
      commits: ms.length,
      'ms p50': p50.toFixed(2),
      p99: p99.toFixed(2),
      'p99.9': p999.toFixed(2),
      max: max.toFixed(1),
      sealed,
      'ms to seal one': sealed === 0 ? '' : median(sealMs).toFixed(0),
    };
  }),
);
