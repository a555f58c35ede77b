// How many time series there are does not depend on who talks to the gateway: ten thousand devices, names
// that mean harm, and more consumers than are shown one by one.
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';
import {
  countSeries,
  type Family,
  parseMetrics,
  promtool,
  scrapeCounted,
  scrapeText,
} from '../support/scrape.ts';

const DEVICES = 10_000;
const CONSUMERS = 260;
const SHOWN = 200;

/** What a device may call itself; the metrics' text, its labels and a page must not be broken by any. */
const hostile = [
  '<script>alert(1)</script>',
  'a"} 1 # HELP x',
  'back\\slash\\n',
  'millpond_readings_total{device="x"}',
  '__name__',
  'constructor',
  'Ünïcödé 🌡️',
  ' leading and trailing ',
  '$(reboot)',
  "'; drop table readings; --",
  'x'.repeat(128),
];

const folder = makeFolder('cardinality');
let gateway: GatewayProcess;
let telemetry: TelemetryServiceClient;
let before = new Map<string, Family>();

beforeAll(async () => {
  gateway = await startGateway(folder);
  telemetry = connectTelemetry(gateway.addresses.grpc);
  await publishAll(telemetry, [readingsRequest([reading('first')])]);
  before = parseMetrics(await scrapeCounted(gateway.addresses.http));
}, 30_000);

afterAll(async () => {
  telemetry?.close();
  await gateway?.kill();
  removeFolder(folder);
});

function reading(device: string) {
  return { device, metric: 'temperature', value: { $case: 'number' as const, value: 20 } };
}

async function timed(): Promise<{ text: string; ms: number }> {
  const startedMs = performance.now();
  const text = await scrapeText(gateway.addresses.http);
  return { text, ms: performance.now() - startedMs };
}

test(`${DEVICES} devices, hostile names among them, add no time series`, async () => {
  const names = [...hostile, ...Array.from({ length: DEVICES }, (_, index) => `device-${index}`)];
  await publishAll(
    telemetry,
    Array.from({ length: Math.ceil(names.length / 500) }, (_, part) =>
      readingsRequest(names.slice(part * 500, (part + 1) * 500).map(reading)),
    ),
  );
  const mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, { reconnectPeriod: 0 });
  // What would go into a topic goes into the payload as well: names, and what is no reading.
  for (const name of hostile.filter((each) => !/[#+]/.test(each))) {
    await mqtt.publishAsync(`home/${name}/temperature`, `{"${name}": "nan"}`, { qos: 1 });
  }
  await mqtt.endAsync();

  const { text, ms } = await timed();
  const after = parseMetrics(text);
  const entries = after.get('millpond_log_entries')?.samples;
  const devices = entries?.find(({ labels }) => labels.kind === 'devices')?.value;
  expect(devices).toBeGreaterThanOrEqual(DEVICES + hostile.length);
  const added = [...after.values()].flatMap(({ name, samples }) => {
    const known = new Set(before.get(name)?.samples.map(({ labels }) => JSON.stringify(labels)));
    return samples.filter(({ labels }) => !known.has(JSON.stringify(labels)));
  });
  // Collections of the heap are of few kinds, and a disk that fills has a forecast from then on.
  const ours = added.filter(({ name }) => !name.startsWith('nodejs_gc_duration_seconds'));
  expect(
    ours.map(({ name }) => name).filter((n) => n !== 'millpond_disk_time_to_full_seconds'),
  ).toEqual([]);
  expect(countSeries(after)).toBeLessThan(600);
  expect(names.filter((name) => text.includes(name))).toEqual([]);
  expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  console.log(
    `${devices} devices: ${countSeries(after)} time series, ${text.length} bytes, scraped in ${ms.toFixed(1)} ms`,
  );
});

test(`of ${CONSUMERS} consumers ${SHOWN} are shown, and the worst of the others`, async () => {
  const commit = (consumer: string, nextOffset: bigint): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = { stream: '', consumer, nextOffset };
      telemetry.commit(request, (error) => (error === null ? resolve() : reject(error)));
    });
  const names = Array.from({ length: CONSUMERS }, (_, index) => `consumer-${index}`);
  await Promise.all(names.map((name) => commit(name, 1000n)));
  await commit('behind', 3n);

  const { text, ms } = await timed();
  const after = parseMetrics(text);
  const lags = after.get('millpond_consumer_lag_readings')?.samples ?? [];
  expect(lags).toHaveLength(SHOWN + 1);
  const end = after
    .get('millpond_stream_watermark_offset')
    ?.samples.find(({ labels }) => labels.edge === 'high')?.value;
  const other = (name: string) =>
    after.get(name)?.samples.find(({ labels }) => labels.consumer === '(other)');
  const shown = lags.filter(({ labels }) => labels.consumer === 'behind');
  // Wherever it stands in the order, its lag is told.
  const worst = shown[0] ?? other('millpond_consumer_lag_readings');
  expect(worst?.value).toBe(end! - 3);
  expect(other('millpond_consumer_oldest_unread_seconds')?.value).toBeGreaterThan(0);
  expect(other('millpond_consumer_readings_per_second')?.value).toBe(0);
  expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  console.log(
    `${CONSUMERS + 1} consumers: ${countSeries(after)} time series, scraped in ${ms.toFixed(1)} ms`,
  );
});
