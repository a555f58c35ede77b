// Bytes that a sealed reading takes: the demo's thermometers in simulated time, through the real
// decoder and the real log, sealed by age and by rows. And which column takes them.
//   npm run bench:size -- [readings in each full segment, 500k]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makes } from '../dist/cli/demo/makes.js';
import { createThermometers } from '../dist/cli/demo/thermometer.js';
import { createDecoder } from '../dist/decode/decoder.js';
import { loadProfiles } from '../dist/decode/load-profiles.js';
import { segmentPath } from '../dist/log/segments/segment.js';
import { amount, amountText, median, printTable } from './support/figures.mjs';
import { commit, logOptions, openLog, openRollups, unsealed } from './support/log-on-disk.mjs';
import { makeFolder } from './support/processes.mjs';

const SEAL_ROWS = amount(process.argv[2] ?? '500k');
const FULL_SEGMENTS = 2;
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5, 6);
const SEED = 1;
const COMMIT_MESSAGES = 1000;

/** With `hours`: so many segments of an hour each. Without: segments of SEAL_ROWS readings. */
const cases = [
  { name: '12 devices, each once a minute, 1 h', devices: 12, rate: 0.2, hours: 24 },
  { name: '12 devices, 10 messages/s, 1 h', devices: 12, rate: 10, hours: 6 },
  { name: '12 devices, 10 messages/s, full', devices: 12, rate: 10, hours: 0 },
  { name: '500 devices, 500 messages/s, full', devices: 500, rate: 500, hours: 0 },
];

/** The demo's fleet without its sockets: who sends what, and when it arrives. Endless. */
function* messagesOf({ devices, rate }) {
  const thermometers = createThermometers(makes, { count: devices, seed: SEED });
  // As the demo's timer has it: all that is due goes out at once, and arrives one after the other.
  const tickMs = Math.max(20, Math.min(1000, 1000 / rate));
  let lastUs = 0;
  for (let turn = 0; ; turn++) {
    const ticks = Math.ceil((turn * 1000) / rate / tickMs);
    const nowMs = Math.floor(START_MS + ticks * tickMs);
    const step = thermometers[turn % devices].step(nowMs);
    for (const { topic, payload, isResend } of step.messages ?? []) {
      const arrivedUs = nowMs * 1000 + 300 + Math.floor(Math.random() * 1500);
      lastUs = Math.max(lastUs + Math.floor(Math.random() * 20), arrivedUs);
      yield {
        source: 'mqtt',
        topic,
        payload: Buffer.from(payload),
        receivedAtUs: lastUs,
        isRetained: false,
        isRedelivered: isResend,
      };
    }
  }
}

async function measure({ name, devices, rate, hours }) {
  const folder = makeFolder('size');
  const directory = join(folder, 'data');
  const segments = [];
  let nowUs = START_MS * 1000;
  const { events, database } = logOptions(directory);
  const log = await openLog(directory, {
    sealRows: hours > 0 ? unsealed.options.sealRows : SEAL_ROWS,
    sealAgeMs: hours > 0 ? HOUR_MS : unsealed.options.sealAgeMs,
    database,
    clock: () => nowUs,
    events: { ...events, sealed: ({ rows, bytes }) => segments.push({ rows, bytes }) },
  });
  const decoder = createDecoder({ profiles: loadProfiles().profiles });
  const wanted = hours > 0 ? hours : FULL_SEGMENTS;
  let payloadBytes = 0;
  let readings = 0;
  let messages = 0;
  let hourEndsUs = nowUs + HOUR_MS * 1000;
  for (const message of messagesOf({ devices, rate })) {
    if (hours > 0 && message.receivedAtUs >= hourEndsUs) {
      await commit(log);
      nowUs = hourEndsUs + 1_000_000;
      await log.keep();
      hourEndsUs += HOUR_MS * 1000;
    }
    if (segments.length >= wanted) break;
    const decoded = decoder.decode(message);
    nowUs = message.receivedAtUs;
    log.append(message, decoded);
    payloadBytes += message.payload.length;
    readings += decoded.readings.length;
    messages += 1;
    // The first of an hour opens the table then, and not a thousand messages later.
    if (messages % COMMIT_MESSAGES === 0 || log.stream('').openTable === null) {
      await commit(log);
      if (hours === 0) await log.keep();
    }
  }
  const { all } = log.stream('').segments;
  const files = all.map(({ first }) => segmentPath(directory, log.stream('').name, first));
  const perColumn = await columnBytes(files);
  const rollupBytes = await rollUp(log, directory);
  await log.close();
  rmSync(folder, { recursive: true, force: true });
  const rows = segments.reduce((sum, each) => sum + each.rows, 0);
  const bytes = segments.reduce((sum, each) => sum + each.bytes, 0);
  return {
    name,
    rows,
    bytes,
    rollupBytes,
    perColumn,
    segments: segments.length,
    rowsOfOne: median(segments.map((each) => each.rows)),
    payload: payloadBytes / readings,
  };
}

/** Bytes of the rollups of what is sealed. */
async function rollUp(log, directory) {
  const rollups = openRollups(log, directory);
  await rollups.settle();
  await rollups.close();
  return log.stream('').rollupBytes;
}

/** Compressed bytes of each column over all files. */
async function columnBytes(files) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  const found = await connection.runAndReadAll(
    `select path_in_schema, sum(total_compressed_size) from parquet_metadata([${list}]) group by all`,
  );
  const columns = new Map(found.getRows().map(([column, bytes]) => [column, Number(bytes)]));
  connection.closeSync();
  instance.closeSync();
  return columns;
}

const results = [];
for (const each of cases) results.push(await measure(each));
printTable(
  results.map(({ name, rows, bytes, rollupBytes, segments, rowsOfOne, payload }) => ({
    'demo thermometers': name,
    readings: amountText(rows),
    segments,
    'readings in one': rowsOfOne.toLocaleString('en'),
    'bytes a reading': (bytes / rows).toFixed(2),
    'in rollups': (rollupBytes / rows).toFixed(3),
    'payload a reading': payload.toFixed(1),
    'of the payload': (bytes / rows / payload).toFixed(3),
  })),
);
console.log("\nof these, by column (the rest is the files' own):");
const columns = [...results.at(-1).perColumn.keys()];
printTable(
  results.map(({ name, rows, perColumn }) => ({
    'bytes a reading': name,
    ...Object.fromEntries(
      columns.map((column) => [column, (perColumn.get(column) / rows).toFixed(2)]),
    ),
  })),
);
