// The dashboard's pages on who reads and what was not understood: the live tail, consumers, dead
// letters and losses, on a real gateway, in a real browser.
import { connectAsync, type MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PurgeDeadLettersRequest } from '../../src/generated/millpond/v1/admin_service.ts';
import { Admin } from '../support/admin.ts';
import { accessProblems, BrowserRig, isTooWide } from '../support/browser.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { Member } from '../support/member.ts';
import { connectTelemetry } from '../support/readings.ts';

const hostile = '<script>document.title="taken"</script>';

let folder = '';
let gateway: GatewayProcess;
let empty: GatewayProcess;
let mqtt: MqttClient;
let browser: BrowserRig;
let telemetry: ReturnType<typeof connectTelemetry>;

beforeAll(async () => {
  folder = makeFolder('dashboard-readers');
  [gateway, empty, browser] = await Promise.all([
    startGateway(`${folder}/data`),
    startGateway(`${folder}/empty`),
    BrowserRig.start(),
  ]);
  mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
  telemetry = connectTelemetry(gateway.addresses.grpc);
  for (let value = 0; value < 20; value++) await temperature('attic', value);
  await commit('billing', 5);
  const member = await new Member(telemetry, {
    group: 'workers',
    member: 'north',
    stream: 'readings',
  }).join();
  member.credit(3);
  await member.until(() => member.delivered.length === 3);
  await mqtt.publishAsync('home/cellar/json', '{"temperature":', { qos: 1 });
  await mqtt.publishAsync('home/cellar/json', '{"gone":', { qos: 1 });
  await mqtt.publishAsync(hostile, Buffer.from([0xff, 0x00, 0x41]), { qos: 1 });
  const admin = new Admin(gateway.addresses.grpc);
  const { client } = admin;
  await admin.ask(
    client.purgeDeadLetters,
    PurgeDeadLettersRequest.fromPartial({ filter: { ids: [1n] } }),
  );
  admin.close();
});

afterEach(() => {
  expect(browser.problems.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  telemetry?.close();
  await mqtt?.endAsync(true);
  await gateway?.kill();
  await empty?.kill();
  removeFolder(folder);
});

/** Pages ask every few seconds. */
function eventually<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 20_000 });
}

function temperature(device: string, value: number): Promise<unknown> {
  return mqtt.publishAsync(`sensors/${device}/json`, `{"temperature":${value}}`, { qos: 1 });
}

function commit(consumer: string, nextOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = { stream: '', consumer, nextOffset: BigInt(nextOffset) };
    telemetry.commit(request, (error) => (error === null ? resolve() : reject(error)));
  });
}

function offsetsOf(page: Page): Promise<string[]> {
  return page.locator('.tail td.is-offset').allTextContents();
}

test('the tail begins with the newest readings, and new ones come on top', async () => {
  const page = await browser.open(gateway.addresses.http, '#/live');
  await eventually(() => offsetsOf(page)).toEqual(
    Array.from({ length: 20 }, (_, i) => `${19 - i}`),
  );
  await page.getByText('Following:').waitFor();
  await temperature(hostile.replaceAll('/', ''), 99.5);
  const first = page.locator('.tail tbody tr').first();
  await eventually(() => first.textContent()).toContain('99.5 °C');
  expect(await page.title()).toBe('Live tail · Millpond');
  await browser.picture(page, 'live');
  await page.context().close();
});

test('the tail stops at a pause, by keyboard, counts what comes, and goes on', async () => {
  const page = await browser.open(gateway.addresses.http, '#/live');
  await page.getByText('Following:').waitFor();
  await page.locator('.tail tbody tr').nth(19).waitFor();
  const before = await offsetsOf(page);
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Space');
  await page.getByText('Paused.').waitFor();
  for (let value = 0; value < 3; value++) await temperature('attic', value);
  await page.getByText('3 more readings').waitFor();
  expect(await offsetsOf(page)).toEqual(before);
  await page.keyboard.press('Space');
  await eventually(async () => (await offsetsOf(page)).length).toBe(before.length + 3);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('No reading has come yet').waitFor();
  await page.context().close();
});

test('the tail shows what its filters let through, and keeps them in the address', async () => {
  const page = await browser.open(gateway.addresses.http, '#/live');
  await page.getByLabel('Device').fill('hall-*');
  await page.getByText('Nothing that fits has come yet').waitFor();
  expect(page.url()).toContain('device=hall-');
  await temperature('attic', 1);
  await temperature('hall-1', 2);
  await eventually(() => page.locator('.tail tbody a').allTextContents()).toEqual(['hall-1']);
  await page.reload();
  await eventually(() => page.getByLabel('Device').inputValue()).toBe('hall-*');
  await page.getByLabel('Device').fill('');
  await eventually(async () => (await offsetsOf(page)).length).toBeGreaterThan(20);
  await page.context().close();
});

test('the tail keeps its newest rows and no more', async () => {
  const page = await browser.open(gateway.addresses.http, '#/live');
  await page.getByText('Following:').waitFor();
  const fields = Array.from({ length: 200 }, (_, index) => `"count_${index}":${index}`);
  for (let message = 0; message < 3; message++) {
    await mqtt.publishAsync('sensors/many/json', `{${fields.join(',')}}`, { qos: 1 });
  }
  await page.getByText('the newest 300').waitFor();
  await eventually(async () => (await offsetsOf(page)).length).toBe(300);
  await page.context().close();
});

test('consumers stand with their lag and what holds them up', async () => {
  const page = await browser.open(gateway.addresses.http, '#/consumers');
  const billing = page.locator('tr').filter({ hasText: 'billing' });
  await eventually(() => billing.textContent()).toContain('Not connected');
  await eventually(() => page.locator('tr').filter({ hasText: 'workers' }).count()).toBe(1);
  await browser.picture(page, 'consumers');
  await page.getByRole('link', { name: 'billing' }).click();
  await page.getByRole('heading', { level: 1, name: 'billing' }).waitFor();
  await page.locator('.chart canvas').waitFor();
  await page.getByRole('button', { name: '6 h' }).click();
  await commit('billing', 8);
  await eventually(() => page.locator('.facts').textContent()).toContain('Next offset8');
  await page.context().close();
});

test('a group has members with what they hold', async () => {
  const page = await browser.open(gateway.addresses.http, '#/consumers/readings/workers');
  const north = page.locator('tr').filter({ hasText: 'north' });
  await eventually(() => north.textContent()).toContain('north3');
  await page.getByRole('heading', { name: 'Redelivery' }).waitFor();
  await browser.picture(page, 'group');
  await page.context().close();
});

test('dead letters are listed, read with their bytes, and decoded again', async () => {
  const page = await browser.open(gateway.addresses.http, '#/dead-letters');
  const rows = page.locator('.letters tbody tr');
  await eventually(() => rows.count()).toBe(2);
  await browser.picture(page, 'dead-letters');
  // A topic is text, whatever is in it.
  await page.getByText(hostile).waitFor();
  expect(await page.title()).toBe('Dead letters · Millpond');
  await page.getByLabel('Topic or port').fill('home/*');
  await eventually(() => rows.count()).toBe(1);
  expect(page.url()).toContain('topic=home');
  await page.getByRole('button', { name: 'Decode all that fit again' }).click();
  await page.getByText('0 messages understood, 0 readings stored; 1 still not').waitFor();
  await page.getByRole('link', { name: '0', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Dead letter 0' }).waitFor();
  const text = page.locator('.letter-bytes').first();
  expect((await text.textContent())?.trim()).toBe('{"temperature":');
  expect(await page.locator('.is-hex').textContent()).toContain('7b 22 74 65');
  await browser.picture(page, 'dead-letter');
  await page.getByRole('button', { name: 'Decode it again' }).click();
  await page.getByText('1 still not understood').waitFor();
  await page.context().close();
});

test('a dead letter that is gone is said to be so', async () => {
  const page = await browser.open(gateway.addresses.http, '#/dead-letters/1');
  await page.getByText('There is no dead letter 1.').waitFor();
  await page.context().close();
  browser.problems.splice(0);
});

test('losses stand with their reason in words', async () => {
  const page = await browser.open(gateway.addresses.http, '#/losses');
  const row = page.locator('.losses tbody tr').first();
  await eventually(() => row.textContent()).toContain('thrown away on demand');
  await browser.picture(page, 'losses');
  await page.context().close();
});

test.each([
  ['#/live', 'No reading has come yet'],
  ['#/consumers', 'Nobody has read under a name yet'],
  ['#/dead-letters', 'Every message was understood'],
  ['#/losses', 'Nothing was lost'],
])('%s says what it means that there is nothing', async (route, text) => {
  const page = await browser.open(empty.addresses.http, route);
  await page.getByText(text).waitFor();
  expect(await accessProblems(page)).toEqual([]);
  await page.context().close();
});

test.each([
  '#/live',
  '#/consumers',
  '#/consumers/readings/workers',
  '#/dead-letters',
  '#/dead-letters/2',
  '#/losses',
])('axe finds nothing on %s, light, dark, or on a phone', async (route) => {
  for (const settings of [
    { theme: 'light' },
    { theme: 'dark', width: 360, height: 740 },
  ] as const) {
    const page = await browser.open(gateway.addresses.http, route, settings);
    await page.locator('.card').first().waitFor();
    await page.waitForLoadState('load');
    expect(await accessProblems(page), JSON.stringify(settings)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);
    const name = route.replace(/\W+/g, '-').replace(/^-|-$/g, '');
    await browser.picture(page, `${name}-${settings.theme}-${'width' in settings ? 360 : 1280}`);
    await page.context().close();
  }
});

// The last one: members and connections of the others go with it.
test('the tail goes on without a gap when the gateway was killed and is back', async () => {
  const { http, mqtt: broker, grpc } = gateway.addresses;
  const page = await browser.open(http, '#/live?device=pulse');
  for (let value = 0; value < 3; value++) await temperature('pulse', value);
  const values = () => page.locator('.tail tbody td:nth-child(4)').allTextContents();
  await eventually(async () => (await values()).length).toBe(3);
  await gateway.kill();
  await page.getByText('Not connected;').waitFor();
  gateway = await startGateway(`${folder}/data`, {
    MILLPOND_HTTP_LISTEN: http,
    MILLPOND_MQTT_LISTEN: broker,
    MILLPOND_GRPC_LISTEN: grpc,
  });
  await eventually(() => mqtt.connected).toBe(true);
  for (let value = 3; value < 6; value++) await temperature('pulse', value);
  await eventually(values).toEqual([5, 4, 3, 2, 1, 0].map((value) => `${value} °C`));
  await page.context().close();
  // The browser tells of the connection that it lost.
  browser.problems.splice(0);
});
