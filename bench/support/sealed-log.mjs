// Fills a new data directory with sealed readings, by the log's own sealing, so that a gateway
// started on it serves offsets 0 to N. Rows are made by SQL; nothing of them comes into this process.
//
// node sealed-log.mjs <directory> 100M [--seal-rows 500k]
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../dist/core/clock.js';
import { DEFAULT_STREAM } from '../../dist/core/stream-config.js';
import { openDirectory } from '../../dist/log/open-directory.js';
import { createHotTable, hotTable } from '../../dist/log/schema.js';
import { sealSegment } from '../../dist/log/segments/seal-segment.js';
import { registerSegment } from '../../dist/log/segments/segment-registry.js';
import { StreamState } from '../../dist/log/stream-state.js';
import { TailRing } from '../../dist/log/tail-ring.js';
import { amount } from './figures.mjs';
import { logOptions } from './log-on-disk.mjs';

const STREAM_ID = 0;
const DEVICES = 10;
const MESSAGE_EVERY_US = 20_000;

/** What a log is filled with: its series, when its last reading came, and the SQL of its rows. */
const thermometers = {
  series: Array.from({ length: 2 * DEVICES }, (_, id) => ({
    device: `bench${id >> 1}`,
    channel: '',
    metric: id % 2 === 0 ? 'temperature' : 'humidity',
    unit: id % 2 === 0 ? 'Cel' : '%RH',
    source: 'mqtt',
  })),
  spanUs: (readings) => Math.ceil(readings / 2) * MESSAGE_EVERY_US,
  rowsOf: thermometerRows,
};

/** So many thermometers that all say something once in `everyUs`, in turns. */
export function steadySeries(count, everyUs) {
  return {
    series: Array.from({ length: count }, (_, id) => ({
      device: `bench${id}`,
      channel: '',
      metric: 'temperature',
      unit: 'Cel',
      source: 'mqtt',
    })),
    spanUs: (readings) => Math.ceil(readings / count) * everyUs,
    rowsOf(first, next, startUs) {
      const step = `(row // ${count})`;
      const measuredUs = `${startUs} + row * ${everyUs / count} + hash(row) % 1000`;
      return `select row as "offset", (row % ${count})::integer as series,
          make_timestamp((${measuredUs})::bigint) as measured_at,
          make_timestamp((${measuredUs} + 2000)::bigint) as received_at,
          round(20 + 4 * sin(${step} / 13000) + hash(row) % 3 / 10, 1)::double as number,
          null::varchar as text, 1::utinyint as quality
        from range(${first}, ${next}) as rows(row)`;
    },
  };
}

/** Two readings a message, devices in turn: values that drift, a tenth the last digit. */
function thermometerRows(first, next, startUs) {
  const message = '(row >> 1)';
  const device = `(${message} % ${DEVICES})`;
  const step = `(row // ${2 * DEVICES})`;
  // A message comes up to a millisecond late; what it measured was measured a little before.
  const receivedUs = `${startUs} + ${message} * ${MESSAGE_EVERY_US} + hash(${message}) % 1000`;
  return `select row as "offset", (row % ${2 * DEVICES})::integer as series,
      make_timestamp((${receivedUs} - 2000 - hash(${message} + 1) % 1000)::bigint) as measured_at,
      make_timestamp((${receivedUs})::bigint) as received_at,
      case when row % 2 = 0
        then round(20 + ${device} / 4 + 4 * sin(${step} / 240 + ${device}) + hash(row) % 3 / 10, 1)
        else round(50 + ${device} + 9 * cos(${step} / 240 + ${device}) + hash(row) % 5 / 10, 1)
      end::double as number,
      null::varchar as text, 1::utinyint as quality
    from range(${first}, ${next}) as rows(row)`;
}

/** Told after each segment how many readings there are. */
export async function fillSealed(
  directory,
  readings,
  { sealRows = 500_000, told = () => {}, shape = thermometers } = {},
) {
  const nowUs = systemClock();
  const { series, rowsOf, spanUs } = shape;
  const startUs = nowUs - spanUs(readings) - 1_000_000;
  const opened = await openDirectory(
    logOptions(directory, {
      // More than a gateway has: this is only to be quick.
      database: {
        memoryBytesMax: 512 * 1024 * 1024,
        checkpointBytes: 256 * 1024 * 1024,
      },
    }),
  );
  const { database, ledger, watermarks, lock } = opened;
  try {
    ledger.note({ kind: 'stream', id: STREAM_ID, name: DEFAULT_STREAM });
    for (const [id, key] of series.entries()) ledger.note({ kind: 'series', id, ...key });
    ledger.raiseReserve(STREAM_ID, readings);
    await ledger.sync();
    await database.transaction(() => insertSeries(database, series));
    const stream = new StreamState({ id: STREAM_ID, name: DEFAULT_STREAM }, 0, new TailRing(0));
    for (let first = 0; first < readings; first += sealRows) {
      const next = Math.min(readings, first + sealRows);
      const table = { name: hotTable(STREAM_ID, first), first, next, openedAtUs: nowUs };
      await database.transaction(async () => {
        await database.writer.run(createHotTable(table.name));
        await database.writer.run(
          `insert into ${table.name} ${rowsOf(first, next, startUs)} order by row`,
        );
      });
      const { sealer: connection } = database;
      const request = { connection, directory, stream: stream.name, table, nowUs };
      await registerSegment(database, stream, { segment: await sealSegment(request), table });
      told(next);
    }
    await database.transaction(() => insertDevices(database, readings, { ...shape, startUs }));
    watermarks.setStream(STREAM_ID, readings);
    watermarks.setDeadLetters(0, 0);
    watermarks.flush();
    await database.checkpoint();
  } finally {
    await database.close();
    watermarks.sync();
    watermarks.close();
    await ledger.close();
    lock.release();
  }
}

async function insertSeries({ writer }, series) {
  for (const [id, { device, channel, metric, unit, source }] of series.entries()) {
    const values = [id, device, channel, metric, unit, source];
    await writer.run('insert into series values ($1, $2, $3, $4, $5, $6)', values);
  }
}

/** As the last commit of a log that was closed leaves them: nothing is to be made good at the start. */
async function insertDevices({ writer }, readings, { series, spanUs, startUs }) {
  const perSeries = Math.floor(readings / series.length);
  const endUs = startUs + spanUs(readings);
  for (const id of series.keys()) {
    await writer.run(
      `insert into devices values (${id}, make_timestamp(${startUs}::bigint),
         make_timestamp(${endUs}::bigint), ${perSeries}, 20.0, null, make_timestamp(${endUs}::bigint))`,
    );
  }
  await writer.run(`insert into meta values ('devices_as_of:${STREAM_ID}', '${readings}')`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'seal-rows': { type: 'string', default: '500k' } },
  });
  const [directory, readings] = positionals;
  if (readings === undefined) throw new Error('say where and how many: <directory> 1M');
  const startedMs = performance.now();
  await fillSealed(directory, amount(readings), {
    sealRows: amount(values['seal-rows']),
    told: (done) => process.stderr.write(`\r${done.toLocaleString('en')} readings`),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  process.stderr.write(`\n${seconds.toFixed(1)} s\n`);
}
