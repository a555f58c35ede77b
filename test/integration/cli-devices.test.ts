// `millpond devices` and ListDevices against a real gateway: devices that publish, then a restart.
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AdminServiceClient,
  ListDevicesRequest,
  type ListDevicesResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { CliRig, publish } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

const tasmota = JSON.stringify({
  Time: '2024-01-01T00:00:00+01:00',
  BME280: { Temperature: 21.7, Humidity: 66.6, Pressure: 988.6 },
  PressureUnit: 'hPa',
  TempUnit: 'C',
});
const messages = [
  ['tele/cellar/SENSOR', tasmota],
  ['home/attic/temperature', '18.5'],
  ['home/attic/temperature', '19'],
  ['home/barn/power', '7'],
] as const;

function listDevices(
  address: string,
  fields: Partial<ListDevicesRequest>,
): Promise<ListDevicesResponse> {
  const admin = new AdminServiceClient(address, credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
  });
  return new Promise<ListDevicesResponse>((resolve, reject) => {
    admin.listDevices(ListDevicesRequest.fromPartial(fields), (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  }).finally(() => admin.close());
}

async function reasonOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => Promise.reject(new Error('it was answered')),
    (refused: ServiceError) => refused,
  );
  return errorInfoOf(error).reason;
}

test('lists devices with their profile and their latest values', async () => {
  const { mqtt, grpc, told } = await rig.gateway();
  const none = await rig.run(['devices', '--grpc', grpc]);
  expect(none).toMatchObject({ code: 0, out: 'No device has sent anything yet.\n', err: '' });
  const noConsumer = await rig.run(['consumers', '--grpc', grpc]);
  expect(noConsumer.out).toBe('No consumer has committed an offset yet.\n');
  await publish(mqtt, messages);

  const shown = await rig.run(['devices', '--grpc', grpc]);
  expect({ code: shown.code, err: shown.err }).toEqual({ code: 0, err: '' });
  expect(shown.out).toMatch(/^DEVICE +PROFILE +SILENT FOR +EVERY +A MINUTE\nattic /);
  expect(shown.out).toMatch(/^attic +plain-number +\d+ s +- +-\n {4}temperature 19 Cel$/m);
  expect(shown.out).toMatch(/^cellar +tasmota +\d+ s +- +-\n {4}BME280\/temperature 21\.7 Cel/m);
  expect(shown.out.split('\n').filter((line) => line.length > 80)).toEqual([]);

  const json = await rig.run(['devices', 'ce*', '--json', '--grpc', grpc]);
  const [cellar, ...others] = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(others).toEqual([]);
  expect(cellar).toMatchObject({ device: 'cellar', profile: 'tasmota', series: 3, readings: 3 });
  expect(cellar.latest[0]).toMatchObject({
    channel: 'BME280',
    metric: 'temperature',
    value: 21.7,
    unit: 'Cel',
    source: 'mqtt',
  });
  expect(await rig.run(['devices', '--stale', '--grpc', grpc])).toMatchObject({
    code: 0,
    out: 'No device is silent for longer than it usually is.\n',
  });
  const unknown = await rig.run(['devices', 'x*', '--grpc', grpc]);
  expect(unknown.out).toBe('There are no such devices.\n');
  const { http } = JSON.parse(told.out) as { http: string };
  const metrics = await (await fetch(`http://${http}/metrics`)).text();
  expect(metrics).toMatch(/^millpond_devices_stale 0$/m);
}, 60_000);

test('over gRPC in pages; after a restart the profile comes with the next message', async () => {
  const first = await rig.gateway();
  await publish(first.mqtt, messages);
  const page = await listDevices(first.grpc, { pageSize: 2 });
  const rest = await listDevices(first.grpc, { pageSize: 2, pageToken: page.nextPageToken });
  expect([...page.devices, ...rest.devices].map(({ device }) => device)).toEqual([
    'cellar',
    'attic',
    'barn',
  ]);
  expect(rest.nextPageToken).toBe('');
  for (const each of page.devices) expect(page.nowUs).toBeGreaterThanOrEqual(each.lastSeenUs);
  for (const pageToken of ['W10', Buffer.from('[-1]').toString('base64url')]) {
    expect(await reasonOf(listDevices(first.grpc, { pageToken }))).toBe('REQUEST_INVALID');
  }
  const device = 'x'.repeat(257);
  expect(await reasonOf(listDevices(first.grpc, { device }))).toBe('REQUEST_INVALID');
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);

  const again = await rig.gateway();
  const before = await listDevices(again.grpc, { device: 'cellar' });
  expect(before.devices).toMatchObject([
    { device: 'cellar', profile: '', readings: 3n, series: 3 },
  ]);
  expect(before.devices[0]?.latest).toEqual(page.devices[0]?.latest);
  await publish(again.mqtt, messages.slice(0, 1));
  const after = await listDevices(again.grpc, { device: 'cellar' });
  expect(after.devices).toMatchObject([{ profile: 'tasmota', readings: 6n }]);
}, 60_000);
