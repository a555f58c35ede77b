// Readings a second out of the hot table: DuckDB alone, with encoding, and through gRPC to a
// client in another process that counts or that decodes.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fetcher } from '../dist/delivery/fetcher.js';
import { BatchEncoder } from '../dist/delivery/grpc/batch-encoder.js';
import { median, printTable, rangeInMillions } from './support/figures.mjs';
import { fill, openLog, unsealed } from './support/log-on-disk.mjs';
import { makeFolder } from './support/processes.mjs';
import { replay } from './support/replay.mjs';

const READINGS = Number(process.env.BENCH_READINGS ?? 4_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const FETCH_BYTES = 512 * 1024;

const folder = makeFolder('replay');
const directory = join(folder, 'data');
process.stderr.write(`filling ${READINGS.toLocaleString('en')} readings\n`);
await fill(directory, READINGS, unsealed.options);

async function readAlone() {
  const log = await openLog(directory, unsealed.options);
  const stream = log.stream('');
  const startedMs = performance.now();
  let next = 0;
  while (next < READINGS) next = (await log.read(stream, next, 8192)).next;
  const seconds = (performance.now() - startedMs) / 1000;
  await log.close();
  return READINGS / seconds;
}

async function readAndEncode() {
  const log = await openLog(directory, unsealed.options);
  const stream = log.stream('');
  const fetcher = new Fetcher(log.series.keys, { rows: new BatchEncoder(log.series.keys) });
  const rows = {
    highWatermark: stream.highWatermark,
    read: (from, max) => log.read(stream, from, max),
  };
  const { signal } = new AbortController();
  const startedMs = performance.now();
  let from = 0;
  while (from < READINGS) {
    const { next } = await fetcher.fetch(
      {
        stream: '',
        from,
        until: READINGS,
        filter: null,
        format: 'rows',
        batchReadingsMax: 2048,
        bytesMax: FETCH_BYTES,
        waitMs: 0,
      },
      rows,
      signal,
    );
    from = next;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  await log.close();
  return READINGS / seconds;
}

const throughGrpc = (mode) => replay({ directory, readings: READINGS, mode, env: unsealed.env });

const steps = [
  { step: 'DuckDB to columns', run: readAlone },
  { step: '+ encoding', run: readAndEncode },
  { step: '+ gRPC, client counts', run: () => throughGrpc('count') },
  { step: '+ gRPC, client decodes', run: () => throughGrpc('decode') },
];
const rates = steps.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run }] of steps.entries()) rates[index].push(await run());
}
printTable(
  steps.map(({ step }, index) => {
    const rate = median(rates[index]);
    const previous = index === 0 ? null : median(rates[Math.min(index - 1, 1)]);
    return {
      step,
      'readings/s': Math.round(rate).toLocaleString('en'),
      'us a reading': (1e6 / rate).toFixed(3),
      'added us': previous === null ? '' : (1e6 / rate - 1e6 / previous).toFixed(3),
      'min-max': rangeInMillions(rates[index]),
    };
  }),
);
rmSync(folder, { recursive: true, force: true });
