// The dashboard for everybody: axe finds nothing on any page in either theme, a phone's screen is wide
// enough, and the keyboard and the choice of theme reach everything.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessProblems, BrowserRig, isTooWide } from '../support/browser.ts';
import { CliRig, type RunningGateway } from './cli-rig.ts';

const pages = ['#/', '#/devices', '#/devices/living%20room%20sensor', '#/connect', '#/nothing'];

let cli: CliRig;
let demo: RunningGateway;
let browser: BrowserRig;

beforeAll(async () => {
  cli = new CliRig();
  [demo, browser] = await Promise.all([
    cli.gateway(['demo', '--rate', '60', '--seed', '7']),
    BrowserRig.start(),
  ]);
});

afterEach(() => browser.closePages());

afterAll(async () => {
  await browser?.close();
  await cli?.close();
});

test.each(pages)('axe finds nothing on %s, light, dark, or on a phone', async (route) => {
  for (const settings of [
    { theme: 'light' },
    { theme: 'dark' },
    { theme: 'dark', width: 360, height: 740 },
  ] as const) {
    const page = await browser.open(demo.http, route, settings);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (route.startsWith('#/devices/'))
      await page.locator('.charts:not(.is-loading) canvas').first().waitFor();
    expect(await accessProblems(page), JSON.stringify(settings)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);
    const name = route.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'overview';
    await browser.picture(page, `${name}-${settings.theme}-${'width' in settings ? 360 : 1280}`);
  }
});

test('axe does find what is wrong', async () => {
  const page = await browser.open(demo.http);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => {
    const picture = document.createElement('img');
    picture.src = 'icon.svg';
    document.querySelector('main')?.append(picture);
  });
  expect((await accessProblems(page)).join('\n')).toContain('image-alt');
});

test('on a phone the menu opens, leads on and closes', async () => {
  const page = await browser.open(demo.http, '#/', { width: 360, height: 740 });
  const menu = page.getByRole('button', { name: 'Menu' });
  const devices = page.getByRole('link', { name: 'Devices', exact: true });
  await menu.waitFor();
  expect(await devices.isVisible()).toBe(false);
  await menu.click();
  await devices.click();
  await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  await expect.poll(() => devices.isVisible()).toBe(false);
});

test('the theme that is chosen stays, whatever the system has', async () => {
  const page = await browser.open(demo.http, '#/', { theme: 'light' });
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.body.parentElement!).backgroundColor);
  await page.getByRole('button', { name: 'Dark' }).waitFor();
  const light = await ground();
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.reload();
  await expect.poll(ground).toBe(dark);
  await page.getByRole('button', { name: 'As the system' }).click();
  await expect.poll(ground).toBe(light);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(ground).toBe(dark);
});

test('by keyboard the content is two keys away, and a new page is begun at its top', async () => {
  const page = await browser.open(demo.http);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const active = () =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await active()).toBe('main');
  await page.getByRole('link', { name: 'Connect', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
  expect(await active()).toBe('main');
});
