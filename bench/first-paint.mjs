// How soon a dashboard is seen on a slow phone: Chromium with its network and processor slowed down,
// nothing in its cache, on a gateway with the demo's sensors.
//   npm run bench:first-paint
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { median, printTable } from './support/figures.mjs';
import { find, makeFolder, root, startReady } from './support/processes.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const WARM_UP_MS = 12_000;
const KBIT = 1000 / 8;

/** The first is what Lighthouse takes for a slow phone in a mobile network. */
const conditions = [
  { name: '1.6 Mbit/s, 150 ms, processor at a quarter', kbits: 1_600, latencyMs: 150, cpu: 4 },
  {
    name: '20 Mbit/s, 20 ms (Wi-Fi), processor at a quarter',
    kbits: 20_000,
    latencyMs: 20,
    cpu: 4,
  },
  { name: 'this machine as it is', kbits: 0, latencyMs: 0, cpu: 1 },
];

const routes = [
  { page: 'overview', route: '#/', ready: '.legend-item dd' },
  { page: 'devices', route: '#/devices', ready: '.device-row' },
];

const folder = makeFolder('first-paint');
const demo = await startReady(join(root, 'dist/main.js'), ['demo', '--rate', '20'], {
  folder,
  env: {
    MILLPOND_DATA_DIR: folder,
    MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
    MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
    MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
  },
});
const { http } = demo.ready;
const browser = await chromium.launch({
  executablePath: find('chromium'),
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

async function visit({ kbits, latencyMs, cpu }, { route, ready }) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  if (kbits > 0) {
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: latencyMs,
      downloadThroughput: kbits * KBIT,
      uploadThroughput: (kbits / 2) * KBIT,
    });
  }
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpu });
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(`http://${http}/${route}`);
  await page.locator(ready).first().waitFor();
  const readyMs = await page.evaluate(() => performance.now());
  const paintMs = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  );
  await context.close();
  return { paintMs, readyMs, bytes };
}

const rows = [];
try {
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  for (const condition of conditions) {
    for (const target of routes) {
      const visits = [];
      for (let round = 0; round < ROUNDS; round++) visits.push(await visit(condition, target));
      rows.push({
        condition: condition.name,
        page: target.page,
        'first paint ms': median(visits.map(({ paintMs }) => paintMs)).toFixed(0),
        'with values ms': median(visits.map(({ readyMs }) => readyMs)).toFixed(0),
        'kB fetched': (median(visits.map(({ bytes }) => bytes)) / 1000).toFixed(0),
      });
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
printTable(rows);
