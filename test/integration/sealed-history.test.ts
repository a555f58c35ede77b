// The sealed history is plain Parquet: a reader that is not DuckDB reads it, in a process of its own,
// while the gateway runs and has its database locked.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { readAll } from '../support/readings.ts';

const READINGS = 350;

const script = `
  import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
  import { compressors } from 'hyparquet-compressors';
  const rows = [];
  for (const path of process.argv.slice(1)) {
    const file = await asyncBufferFromFile(path);
    rows.push(...await parquetReadObjects({ file, compressors }));
  }
  console.log(JSON.stringify(rows, (_, value) => typeof value === 'bigint' ? Number(value) : value));`;

interface Row {
  readonly offset: number;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly source: string;
  readonly measured_at: string;
  readonly received_at: string;
  readonly number: number;
  readonly text: string | null;
  readonly quality: number;
}

test('another reader reads the sealed history while the gateway runs', async () => {
  const folder = makeFolder('sealed-history');
  onTestFinished(() => removeFolder(folder));
  const gateway = await startGateway(folder, { MILLPOND_LOG_SEAL_ROWS: '100' });
  onTestFinished(() => gateway.kill());
  const mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
  onTestFinished(() => void mqtt.end(true));
  for (let value = 0; value < READINGS; value++) {
    await mqtt.publishAsync(`home/${value % 7}/temperature`, String(value / 8), { qos: 1 });
  }
  const sealed = join(folder, 'streams', 'readings');
  await expect
    .poll(() => readdirSync(sealed).filter((name) => name.endsWith('.parquet')).length)
    .toBe(3);

  const paths = readdirSync(sealed)
    .sort()
    .map((name) => join(sealed, name));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, ...paths],
    { maxBuffer: 16 * 1024 * 1024 },
  );
  const rows = JSON.parse(stdout) as Row[];
  const readings = await readAll(gateway.addresses.grpc);
  expect(rows).toHaveLength(300);
  expect(readings).toHaveLength(READINGS);
  const shown = rows.map(({ offset, device, metric, unit, source, number, text, quality }) => {
    return { offset, device, metric, unit, source, number, text, quality };
  });
  expect(shown).toEqual(
    readings.slice(0, 300).map(({ offset, device, metric, unit, source, value, quality }) => ({
      offset: Number(offset),
      device,
      metric,
      unit,
      source,
      number: value?.$case === 'number' ? value.value : Number.NaN,
      text: null,
      quality,
    })),
  );
  // UTC, whatever the reader's own zone is.
  expect(rows.map(({ received_at }) => Date.parse(received_at))).toEqual(
    readings.slice(0, 300).map(({ receivedAtUs }) => Number(receivedAtUs / 1000n)),
  );
});
