// Readings a second out of sealed segments, through gRPC to a client in another process: as Arrow
// columns that it opens and adds up, and beside them as rows that it counts or decodes.
//   npm run bench:arrow -- [readings, 20M]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { amount, amountText, median, printTable, rangeInMillions } from './support/figures.mjs';
import { makeFolder } from './support/processes.mjs';
import { replayMeasured } from './support/replay.mjs';
import { fillSealed } from './support/sealed-log.mjs';

const READINGS = amount(process.argv[2] ?? '20M');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SEAL_ROWS = 100_000;

const folder = makeFolder('arrow');
const directory = join(folder, 'data');
process.stderr.write(`filling ${amountText(READINGS)} readings\n`);
await fillSealed(directory, READINGS, { sealRows: SEAL_ROWS });

const cases = [
  { name: 'Arrow, client adds up columns', mode: 'arrow' },
  { name: 'rows, client counts', mode: 'count' },
  { name: 'rows, client decodes and adds up', mode: 'decode' },
];
const results = cases.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { mode }] of cases.entries()) {
    results[index].push(await replayMeasured({ directory, readings: READINGS, mode }));
  }
}
const [[columns], , [rows]] = results;
if (Math.abs(columns.sum - rows.sum) > 1e-6 * Math.abs(rows.sum)) {
  throw new Error(`the columns add up to ${columns.sum}, the rows to ${rows.sum}`);
}
const rateOf = (index) => median(results[index].map(({ perSecond }) => perSecond));
printTable(
  cases.map(({ name }, index) => {
    const [{ bytes, readings }] = results[index];
    const gateway = median(results[index].map(({ gatewayCpuUs }) => gatewayCpuUs / readings));
    const client = median(results[index].map(({ cpuUs }) => cpuUs / readings));
    return {
      [`${amountText(READINGS)} sealed readings`]: name,
      'readings/s': Math.round(rateOf(index)).toLocaleString('en'),
      'min-max': rangeInMillions(results[index].map(({ perSecond }) => perSecond)),
      'bytes each': (bytes / readings).toFixed(1),
      'gateway CPU us': gateway.toFixed(3),
      'client CPU us': client.toFixed(3),
      'of rows': (rateOf(index) / rateOf(1)).toFixed(2),
    };
  }),
);
rmSync(folder, { recursive: true, force: true });
