// A dashboard that stays open: it says when the gateway is gone and comes back by itself, asks nothing
// while nobody looks, does not grow, and stays smooth with ten thousand devices.
import { rmSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { BrowserRig } from '../support/browser.ts';
import { type GatewayProcess, makeFolder, portOf, startGateway } from '../support/gateway.ts';
import { publish } from './cli-rig.ts';

/** A loaded machine takes many times as long as one at rest. */
const PATIENCE_MS = 180_000;

let browser: BrowserRig;
let folder: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  browser = await BrowserRig.start();
});

beforeEach(async () => {
  folder = makeFolder('dashboard');
  gateway = await startGateway(folder);
});

afterEach(async () => {
  await browser.closePages();
  browser.problems.splice(0);
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterAll(() => browser?.close());

test('a newcomer is led to the first reading, and sees it come', async () => {
  const { http, mqtt } = gateway.addresses;
  const page = await browser.open(http);
  await page.getByText('No device has spoken yet').waitFor();
  await browser.picture(page, 'overview-empty');
  await page.getByRole('link', { name: 'Connect a device' }).click();
  await page.getByText('Waiting for the first reading').waitFor();
  await publish(mqtt, [['home/hall/temperature', '21.5']]);
  await page.getByText('We just heard from').waitFor();
  await page.getByRole('link', { name: 'hall' }).click();
  await page.getByRole('heading', { level: 1, name: 'hall' }).waitFor();
  await page.locator('.charts .figure').filter({ hasText: '21.5' }).waitFor();
  expect(browser.problems).toEqual([]);
});

test(
  'it says that the connection is lost, and comes back by itself after a restart',
  async () => {
    const { http, mqtt } = gateway.addresses;
    await publish(mqtt, [['home/hall/temperature', '21.5']]);
    const page = await browser.open(http, '#/devices/hall');
    const value = page.locator('.charts .figure');
    await value.filter({ hasText: '21.5' }).waitFor();

    await gateway.stop();
    await page.getByText('Connection lost, trying again.').waitFor();
    expect(await value.isVisible()).toBe(true);
    await browser.picture(page, 'connection-lost');

    gateway = await startGateway(folder, { MILLPOND_HTTP_LISTEN: `127.0.0.1:${portOf(http)}` });
    await page.getByText('Connection lost, trying again.').waitFor({ state: 'detached' });
    await publish(gateway.addresses.mqtt, [['home/hall/temperature', '22.75']]);
    await value.filter({ hasText: '22.75' }).waitFor();
    // Chromium notes each request that was refused meanwhile, or came before the log was open.
    const others = browser.problems.filter((text) => !/net::ERR_|status of 503/.test(text));
    expect(others).toEqual([]);
  },
  PATIENCE_MS,
);

test('a page that nobody sees asks nothing, and asks at once when it is seen again', async () => {
  const page = await browser.open(gateway.addresses.http);
  await page.clock.install();
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  let requests = 0;
  page.on('request', () => {
    requests += 1;
  });
  const see = (isSeen: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, !isSeen);
  await see(false);
  // What was under way comes to its end; from then on nothing is asked for an hour.
  await page.waitForLoadState('networkidle');
  requests = 0;
  await page.clock.runFor('01:00:00');
  expect(requests).toBe(0);
  const answer = page.waitForResponse(/api\/v1\/status$/);
  await see(true);
  expect((await answer).ok()).toBe(true);
});

interface Heap {
  readonly bytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** After a forced collection. */
async function heapOf(page: Page): Promise<Heap> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  await session.detach();
  return { bytes: usedSize, nodes, listeners: jsEventListeners };
}

test(
  'hundreds of updates and visits leave the heap as it was',
  async () => {
    const { http, mqtt } = gateway.addresses;
    const devices = Array.from({ length: 30 }, (_, index) => `device-${index}`);
    await publish(
      mqtt,
      devices.map((device) => [`home/${device}/temperature`, '20'] as const),
    );
    const page = await browser.open(http);
    await page.clock.install();
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    const places = ['#/', '#/devices', '#/devices/device-1', '#/connect'];
    const go = async (place: string): Promise<void> => {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, place);
      await page.locator(`main h1`).waitFor();
    };
    const sensor = await connectAsync(`mqtt://${mqtt}`);
    const round = async (index: number): Promise<void> => {
      if (index % 5 === 0) await go(places[(index / 5) % places.length]!);
      const answer = page.waitForResponse(/api\/v1\/status$/);
      await sensor.publishAsync('home/device-1/temperature', String(20 + (index % 7)), { qos: 1 });
      await page.clock.fastForward(3_000);
      await answer;
    };
    for (let index = 0; index < 50; index += 1) await round(index);
    await go('#/');
    const before = await heapOf(page);
    for (let index = 0; index < 80; index += 1) await round(index);
    await go('#/');
    const after = await heapOf(page);
    await sensor.endAsync();
    // What charts and engine still take in is some kilobytes a round, and less each time.
    expect(after.bytes - before.bytes).toBeLessThan(500_000);
    expect(after.nodes - before.nodes).toBeLessThan(300);
    expect(after.listeners - before.listeners).toBeLessThan(60);
    expect(browser.problems).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'ten thousand devices: few rows are drawn, the list goes to its end, and search finds one',
  async () => {
    const { http, mqtt } = gateway.addresses;
    const names = Array.from(
      { length: 10_000 },
      (_, index) => `d${String(index).padStart(5, '0')}`,
    );
    await publish(
      mqtt,
      names.map((name) => [`home/${name}/temperature`, '20'] as const),
    );
    const page = await browser.open(http, '#/devices');
    const rows = page.locator('.device-row');
    await rows.nth(10).waitFor();
    await page.getByText('10,000 devices, shown as you scroll').waitFor();
    // Down to row 700: what is loaded grows on the way, what is drawn does not.
    await expect
      .poll(async () => {
        await page.evaluate(() => scrollBy(0, innerHeight));
        expect(await rows.count()).toBeLessThan(60);
        return page.locator('[data-index="700"]').count();
      })
      .toBe(1);
    await page.getByRole('searchbox').fill('D09999');
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByText('d09999').waitFor();
    await browser.picture(page, 'devices-many');
    expect(browser.problems).toEqual([]);
  },
  PATIENCE_MS,
);
