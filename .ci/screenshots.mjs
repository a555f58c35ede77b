// The README's pictures, made afresh: the demo's sensors on a gateway of its own, seen in Chromium.
//   npm run screenshots
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
/** So long the demo runs before the pictures: charts of five minutes are full then. */
const RUN_MS = 310_000;
const bytesMax = 150_000;

const pictures = [
  { file: 'overview.png', route: '#/', theme: 'light', ready: '.legend-item dd' },
  { file: 'devices.png', route: '#/devices', theme: 'light', ready: '.sparkline polyline' },
  {
    file: 'device.png',
    route: '#/devices/living%20room%20sensor?range=5m',
    theme: 'dark',
    ready: '.charts:not(.is-loading) canvas',
  },
];

const folder = mkdtempSync(join(tmpdir(), 'millpond-screenshots-'));
const demo = spawn(join(root, 'dist/main.js'), ['demo', '--seed', '7'], {
  stdio: ['ignore', 'pipe', 'ignore'],
  env: {
    ...process.env,
    MILLPOND_DATA_DIR: folder,
    MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
    MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
    MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
  },
});
const [line] = await once(createInterface({ input: demo.stdout }), 'line');
const { http } = JSON.parse(line);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  console.log(`the demo runs for ${RUN_MS / 1000} s`);
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  mkdirSync(join(root, 'docs/images'), { recursive: true });
  for (const { file, route, theme, ready } of pictures) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: theme,
    });
    const page = await context.newPage();
    await page.goto(`http://${http}/${route}`);
    await page.locator(ready).first().waitFor();
    // The small lines are fetched a few at a time.
    await page.waitForTimeout(3_000);
    const path = join(root, 'docs/images', file);
    await page.screenshot({ path });
    const { size } = statSync(path);
    console.log(`docs/images/${file}: ${Math.round(size / 1000)} kB`);
    if (size > bytesMax) throw new Error(`${file} is larger than ${bytesMax / 1000} kB`);
    await context.close();
  }
} finally {
  await browser.close();
  demo.kill('SIGTERM');
  await once(demo, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
