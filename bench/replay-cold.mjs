// Readings a second out of sealed segments, through gRPC to a client in another process that counts:
// with the page cache dropped, with it warm, and beside them the same number out of a hot table.
//   npm run bench:replay-cold -- [readings, 5M]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { amount, amountText, median, printTable, rangeInMillions } from './support/figures.mjs';
import { fill, unsealed } from './support/log-on-disk.mjs';
import { dropPageCache, makeFolder } from './support/processes.mjs';
import { replay } from './support/replay.mjs';
import { fillSealed } from './support/sealed-log.mjs';

const READINGS = amount(process.argv[2] ?? '5M');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

const folder = makeFolder('replay-cold');
const sealed = join(folder, 'sealed');
const hot = join(folder, 'hot');
process.stderr.write(`filling twice ${amountText(READINGS)} readings\n`);
await fillSealed(sealed, READINGS);
await fill(hot, READINGS, unsealed.options);

const fromSealed = { directory: sealed, readings: READINGS, mode: 'count' };
const cases = [
  { name: 'sealed, page cache warm', run: () => replay(fromSealed) },
  {
    name: 'hot, page cache warm',
    run: () => replay({ ...fromSealed, directory: hot, env: unsealed.env }),
  },
];
if (dropPageCache()) {
  cases.unshift({
    name: 'sealed, page cache dropped',
    run: () => replay({ ...fromSealed, prepare: dropPageCache }),
  });
} else {
  console.log('The page cache cannot be dropped here (it needs root): warm figures only.');
}

const rates = cases.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run }] of cases.entries()) rates[index].push(await run());
}
const hotRate = median(rates.at(-1));
printTable(
  cases.map(({ name }, index) => ({
    [`${amountText(READINGS)} readings`]: name,
    'readings/s': Math.round(median(rates[index])).toLocaleString('en'),
    'us a reading': (1e6 / median(rates[index])).toFixed(3),
    'min-max': rangeInMillions(rates[index]),
    'of hot': (median(rates[index]) / hotRate).toFixed(2),
  })),
);
rmSync(folder, { recursive: true, force: true });
