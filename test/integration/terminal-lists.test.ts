// The lists on a real terminal: as wide as it is, in colours by what they mean, and plain elsewhere.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { Terminal } from '../support/terminal.ts';
import { CliRig, publish, type RunningGateway } from './cli-rig.ts';

let rig: CliRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = new CliRig();
  gateway = await rig.gateway();
  await publish(gateway.mqtt, [
    ['home/attic/temperature', '21.5'],
    ['sensors/温度計/json', '{"temperature":4.25,"humidity":50}'],
    [`home/${'long-'.repeat(12)}/temperature`, '1.2.3'],
    [`home/${'long-'.repeat(12)}/temperature`, '7'],
  ]);
});

afterAll(() => rig.close());

test.each([
  [['devices'], 'temperature'],
  [['dead-letters'], 'is not a number'],
  [['status'], 'Dead letters'],
  [['inspect'], 'STREAM'],
  [['query', 'select device, metric, number, received_at from readings'], 'device'],
] as const)('millpond %j keeps to the window', async (args, text) => {
  const environment = { MILLPOND_GRPC_LISTEN: gateway.grpc };
  const terminal = new Terminal(args, { columns: 60, rows: 50, environment, folder: rig.folder });
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen.text).toContain(text);
  expect(terminal.raw).toMatch(/\u001b\[1m/);
  const sent = terminal.raw.replaceAll(/\u001b\[\d+m/g, '').split(/[\r\n]+/);
  expect(sent.filter((line) => textWidth(line) > 60)).toEqual([]);

  const plain = await rig.run(args, '', environment);
  expect(plain.out).not.toContain('\u001b');
});

test('an error is told in colour on a terminal, and its code stays readable in a pipe', async () => {
  const terminal = new Terminal(['status', '--grpc', '127.0.0.1:1']);
  expect(await terminal.ended).toBe(69);
  expect(terminal.raw).toContain('\u001b[31m\u001b[1merror:\u001b[22m\u001b[39m cannot reach');
  const { err } = await rig.run(['status', '--grpc', '127.0.0.1:1']);
  expect(err).toMatch(/^error: cannot reach [^\u001b]*\n {2}code: GATEWAY_UNREACHABLE\n$/);
});
