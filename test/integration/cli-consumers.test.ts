// `millpond consumers` against a real gateway: listed, moved, reset, deleted, refused.
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTelemetry } from '../support/readings.ts';
import { CliRig, publish, temperatures } from './cli-rig.ts';

let rig: CliRig;
let grpc = '';

beforeAll(async () => {
  rig = new CliRig();
  const gateway = await rig.gateway();
  grpc = gateway.grpc;
  await publish(gateway.mqtt, temperatures('attic', 0, 10));
  const client = connectTelemetry(grpc);
  await new Promise<void>((resolve, reject) => {
    const request = { stream: '', consumer: 'alarm', nextOffset: 4n };
    client.commit(request, (error: ServiceError | null) => (error ? reject(error) : resolve()));
  });
  client.close();
});

afterAll(() => rig?.close());

function consumers(...args: string[]) {
  return rig.run(['consumers', ...args, '--grpc', grpc]);
}

test('are listed, for people and for programs', async () => {
  const { code, out, err } = await consumers();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(
    /^alarm +readings +6 +\d+ s +0\.0 +\d+ s ago +not connected since \d\d:\d\d$/m,
  );
  const json = await consumers('list', 'alarm', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    ...{ event: 'consumer', consumer: 'alarm', nextOffset: '4', lag: 6 },
    stall: { reason: 'not_connected' },
  });
  expect((await consumers('list', 'nobody')).out).toBe('There is no such consumer.\n');
});

test('are moved to an offset, an edge or a time, reset and deleted', async () => {
  const steps: [string[], string][] = [
    [
      ['seek', 'alarm', '--to', '7'],
      'alarm of readings goes on at offset 7: 3 readings to read.\n',
    ],
    [
      ['seek', 'alarm', '--to', 'latest'],
      'alarm of readings goes on at offset 10: 0 readings to read.\n',
    ],
    [
      ['seek', 'alarm', '--to', '-1h'],
      'alarm of readings goes on at offset 0: 10 readings to read.\n',
    ],
    [
      ['seek', 'new', '--to', '9', '--stream', 'readings'],
      'new of readings goes on at offset 9: 1 reading to read.\n',
    ],
    [['reset', 'new'], 'new of readings goes on at offset 0: 10 readings to read.\n'],
    [['delete', 'new'], 'new is deleted; it was at offset 0.\n'],
  ];
  for (const [args, out] of steps) {
    expect(await consumers(...args)).toEqual({ code: 0, out, err: '' });
  }
  const json = await consumers('seek', 'alarm', '--to', '3', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ consumer: 'alarm', nextOffset: '3', lag: 7 });
});

test.each([
  [['delete', 'nobody'], 1, 'CONSUMER_UNKNOWN'],
  [['reset', 'nobody'], 1, 'CONSUMER_UNKNOWN'],
  [['seek', 'alarm', '--to', '11'], 1, 'OFFSET_BEYOND_END'],
  [['seek', 'alarm', '--to', 'yesterday'], 2, '--to "yesterday" is none of'],
  [['seek', 'alarm'], 2, 'say where it is to go'],
  [['seek'], 2, 'name the consumer: millpond consumers seek NAME'],
  [['list', '--stream', 'nowhere'], 1, 'STREAM_UNKNOWN'],
])('%j is refused', async (args, code, text) => {
  const refused = await consumers(...args);
  expect(refused).toMatchObject({ code, out: '' });
  expect(refused.err).toContain(text);
});
