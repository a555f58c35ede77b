// `millpond status` against a real gateway, and without one.
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type CommitRequest,
  type CommitResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { CliRig, publish, temperatures } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

test('shows streams, consumers with their lag, dead letters and devices', async () => {
  const { mqtt, grpc } = await rig.gateway();
  await publish(mqtt, [...temperatures('attic', 0, 10), ['home/attic/temperature', '1.2.3']]);
  const client = new TelemetryServiceClient(grpc, credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
  });
  const commit = promisify<CommitRequest, CommitResponse>(client.commit.bind(client));
  await commit({ stream: '', consumer: 'mill-1', nextOffset: 4n });
  client.close();

  const { code, out, err } = await rig.run(['status', '--grpc', grpc]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Millpond \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+: ready, up \d+ s\n/);
  expect(out).toMatch(/^readings +10 +0 +10 +[\d.]+ [KM]iB +all$/m);
  expect(out).toMatch(/^mill-1 +readings +6 +4 +\d+ s ago +-$/m);
  expect(out).toMatch(/^Dead letters +1$/m);
  expect(out).toMatch(/^Devices +1, in 1 series$/m);
  expect(out.split('\n').length).toBeLessThan(24);
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);

  await rig.run(['tail', '--grpc', grpc, '--stop-at-end', '--from', '3']);
  const json = JSON.parse((await rig.run(['status', '--grpc', grpc, '--json'])).out);
  expect(json).toMatchObject({
    ready: true,
    streams: [{ stream: 'readings', lowWatermark: '0', highWatermark: '10' }],
    consumers: [{ consumer: 'mill-1', nextOffset: '4', lag: 6 }],
    deadLetters: 1,
    delivered: 7,
    devices: 1,
    staleDevices: 0,
  });
});

test('the gateway is found by the variable that it listens by', async () => {
  const { grpc } = await rig.gateway();
  const status = rig.start(['status'], { MILLPOND_GRPC_LISTEN: grpc });
  expect(await status.ended).toBe(0);
});

test('a gateway that cannot be reached: 69, and what to do', async () => {
  const { code, out, err } = await rig.run(['status', '--grpc', '127.0.0.1:1', '--json']);
  expect({ code, out }).toEqual({ code: 69, out: '' });
  expect(err).toContain('cannot reach the gateway at 127.0.0.1:1: nobody listens there');
  expect(err).toContain('what to do: Start the gateway with `millpond serve`');
  expect(err).toContain('code: GATEWAY_UNREACHABLE');
});
