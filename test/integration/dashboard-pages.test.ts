// The dashboard's pages on a gateway with the demo's sensors: what they show, that it moves, and that
// they never fail or ask another host.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BrowserRig } from '../support/browser.ts';
import { CliRig, publish, type RunningGateway } from './cli-rig.ts';

const hostile = '<script>document.title="taken"</script>';

let cli: CliRig;
let demo: RunningGateway;
let browser: BrowserRig;

beforeAll(async () => {
  cli = new CliRig();
  [demo, browser] = await Promise.all([
    cli.gateway(['demo', '--rate', '60', '--seed', '7']),
    BrowserRig.start(),
  ]);
  await publish(demo.mqtt, [
    [`home/${hostile}/temperature`, '21.5'],
    ['sensors/pantry/json', '{"temp":12.25,"humidity":71}'],
  ]);
});

afterEach(async () => {
  await browser.closePages();
  expect(browser.problems.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await cli?.close();
});

/** Resolves once the text at the selector is another one. */
async function changes(page: Page, selector: string): Promise<void> {
  const before = await page.locator(selector).first().textContent();
  const isOther = ([place, text]: readonly (string | null)[]): boolean =>
    document.querySelector<HTMLElement>(place!)?.textContent !== text;
  await page.waitForFunction(isOther, [selector, before]);
}

test('the overview says how the gateway does, and its charts move', async () => {
  const page = await browser.open(demo.http);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByText('14 devices').waitFor();
  for (const card of ['Readings a second', 'Time to disk', 'Disk', 'Losses', 'Streams']) {
    await page.getByRole('heading', { name: card, exact: true }).waitFor();
  }
  await page.locator('.chart canvas').nth(1).waitFor();
  await changes(page, '.legend-item dd');
  await browser.picture(page, 'overview');
});

test('devices stand with their latest values and units, and are found by name', async () => {
  const page = await browser.open(demo.http, '#/devices');
  const rows = page.locator('.device-row');
  await rows.nth(13).waitFor();
  const pantry = rows.filter({ hasText: 'pantry' }).first();
  await expect.poll(() => pantry.textContent()).toContain('°C');
  await page.locator('.sparkline polyline').first().waitFor({ state: 'attached' });
  await changes(page, '.device-rows');
  await browser.picture(page, 'devices');

  // A name is text, whatever is in it.
  await page.getByText(hostile).waitFor();
  expect(await page.title()).toBe('Devices · Millpond');

  await page.keyboard.press('/');
  await page.keyboard.type('SCRIPT');
  await expect.poll(() => rows.count()).toBe(1);
  expect(page.url()).toContain('search=SCRIPT');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: hostile }).waitFor();
});

test('arrow keys go through the devices, and Enter opens one', async () => {
  const page = await browser.open(demo.http, '#/devices');
  const link = (index: number) => page.locator(`[data-index="${index}"]`);
  await link(13).waitFor();
  await link(0).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  const isFocused = (index: number) =>
    link(index).evaluate((element) => element === document.activeElement);
  expect(await isFocused(1)).toBe(true);
  await page.keyboard.press('End');
  expect(await isFocused(13)).toBe(true);
  const name = (await link(13).locator('.device-name > span').textContent()) ?? '';
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name }).waitFor();
});

test('a device has a chart for each metric that follows, is zoomed and comes back', async () => {
  const page = await browser.open(demo.http, '#/devices/living%20room%20sensor?range=1h');
  const temperature = page.locator('.card').filter({ hasText: 'temperature' }).first();
  await temperature.locator('canvas').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await changes(page, '.charts .figure');
  await browser.picture(page, 'device');

  // By keyboard, within a chart.
  const inAddress = (text: string) => expect.poll(() => page.url()).toContain(text);
  await temperature.locator('.chart-focus').focus();
  await page.keyboard.press('+');
  await inAddress('from=');
  // Into a time of which there is nothing: the charts stay, and so does the way back.
  const places = [page.url()];
  for (const _ of Array.from({ length: 4 })) {
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.url()).not.toBe(places.at(-1));
    places.push(page.url());
  }
  await page.getByText('It said nothing in this time').waitFor();
  for (const place of places.slice(0, -1).reverse()) {
    await page.keyboard.press('Backspace');
    await expect.poll(() => page.url()).toBe(place);
  }
  await page.keyboard.press('Backspace');
  await inAddress('range=1h');

  // By mouse.
  const plot = await temperature.locator('.u-over').boundingBox();
  const at = (part: number) => [plot!.x + plot!.width * part, plot!.y + 40] as const;
  await page.mouse.move(...at(0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.9), { steps: 4 });
  await page.mouse.up();
  await inAddress('from=');
  await page.getByRole('button', { name: 'Back' }).click();
  await inAddress('range=1h');
});

test('of a device with very many series one metric is shown, and another is chosen', async () => {
  const values = Array.from({ length: 120 }, (_, index) => [`register_${index}`, index]);
  await publish(demo.mqtt, [['sensors/inverter/json', JSON.stringify(Object.fromEntries(values))]]);
  const page = await browser.open(demo.http, '#/devices/inverter');
  const cards = page.locator('.charts .card');
  await page.locator('.charts canvas').waitFor();
  expect(await cards.count()).toBe(1);
  await page.getByLabel('Metric').selectOption({ index: 77 });
  await expect.poll(() => page.url()).toContain('metric=register_');
  const metric = new URL(page.url().replace('#/', '')).searchParams.get('metric')!;
  await expect.poll(() => cards.textContent()).toContain(metric.replace('register_', ''));
  expect(await cards.count()).toBe(1);
});

test('every range is asked for and drawn', async () => {
  const page = await browser.open(demo.http, '#/devices/pantry');
  for (const [title, range] of [
    ['5 min', '5m'],
    ['7 d', '7d'],
    ['1 y', '1y'],
    ['All', 'all'],
  ]) {
    const answer = page.waitForResponse(/api\/v1\/series/);
    await page.getByRole('button', { name: title!, exact: true }).click();
    expect((await answer).status()).toBe(200);
    await expect.poll(() => page.url()).toContain(`range=${range}`);
    await page.locator('.charts:not(.is-loading) canvas').first().waitFor();
  }
});

test('the readings shown come as a CSV file and as a Parquet file', async () => {
  const page = await browser.open(demo.http, '#/devices/pantry');
  for (const [name, head] of [
    ['CSV', 'pantry'],
    ['Parquet', 'PAR1'],
  ]) {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: name! }).click();
    const content = readFileSync(await (await download).path(), 'utf8');
    expect(content).toContain(head);
  }
});

test('of a device with wildcards in its name its own readings are followed and downloaded', async () => {
  const [name, twin] = ['a*b?c\\d', 'axb-c\\d'] as const;
  const say = (device: string, temp: number) =>
    publish(demo.mqtt, [[`sensors/${device}/json`, JSON.stringify({ temp })]]);
  await say(twin, 99);
  await say(name, 12);
  const page = await browser.open(demo.http, `#/devices/${encodeURIComponent(name)}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await say(twin, 98);
  await say(name, 14);
  const told = page.locator('.charts .card-head .number');
  await expect.poll(() => told.textContent()).toBe('12 to 14, mean 13');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('readings-a_b_c_d.csv');
  const [, ...rows] = readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\n');
  // What came since the page's clock last moved may not be in it yet.
  expect(new Set(rows.map((row) => row.split(',')[1]))).toEqual(new Set([name]));
});

test('states of a device that sends texts stand as a list', async () => {
  // SenML: seconds before now, a name, a text.
  const states = [
    [-40, 'idle'],
    [-30, 'heating'],
    [-20, 'heating'],
    [-10, 'idle'],
  ] as const;
  const pack = states.map(([t, vs]) => ({ n: 'mode', t, vs }));
  await publish(demo.mqtt, [['senml/oven', JSON.stringify(pack)]]);
  const page = await browser.open(demo.http, '#/devices/oven');
  const rows = page.locator('.states tbody tr');
  await expect.poll(() => rows.count()).toBe(3);
  expect(await rows.first().textContent()).toContain('idle');
});

test('the connect page has the real ports, copies lines, and says who was just heard', async () => {
  const page = await browser.open(demo.http, '#/connect');
  const port = demo.mqtt.split(':')[1]!;
  const line = page.locator('.guide .copy-line code').first();
  await expect.poll(() => line.textContent()).toContain(`-p ${port}`);
  await page.getByText('We just heard from').waitFor();
  await page.getByText('The gateway listens on its own machine only.').waitFor();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.locator('.guide').getByRole('button', { name: /^Copy/ }).first().click();
  await page.getByText('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await line.textContent());
  for (const guide of ['Arduino', 'ESPHome', 'Tasmota', 'Home Assistant', 'Python', 'Node.js']) {
    await page.getByRole('link', { name: guide, exact: true }).click();
    await page.getByRole('heading', { name: guide, exact: true }).waitFor();
  }
  await browser.picture(page, 'connect');
});

test('what there is not is said, with a way on', async () => {
  const page = await browser.open(demo.http, '#/nothing');
  await page.getByText('There is no such page').waitFor();
  await page.goto(`http://${demo.http}/#/devices?search=no-such-name`);
  await page.getByText('No device has that in its name').waitFor();
  await page.goto(`http://${demo.http}/#/devices/no-such-name`);
  await page.getByText('There is no such device').waitFor();
  await browser.closePages();
  // The browser itself notes answers that are no success.
  const others = browser.problems.filter((problem) => !problem.includes('status of 404'));
  browser.problems.splice(0, Number.POSITIVE_INFINITY, ...others);
});
