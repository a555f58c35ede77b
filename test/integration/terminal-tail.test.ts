// `millpond tail` on a real terminal: columns, colours and when there are none, a window that changes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { Terminal, type TerminalOptions } from '../support/terminal.ts';
import { CliRig, publish, type RunningGateway } from './cli-rig.ts';

let rig: CliRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = new CliRig();
  gateway = await rig.gateway();
  await publish(gateway.mqtt, [
    ['home/boiler/temperature', '61.5'],
    ['sensors/温度計/json', '{"temperature":4.25,"ts":1704067200000}'],
    [`home/${'long-'.repeat(12)}/temperature`, '7'],
  ]);
});

afterAll(() => rig.close());

function tail(options: TerminalOptions, ...args: string[]): Terminal {
  return new Terminal(['tail', '--grpc', gateway.grpc, '--from', 'earliest', ...args], {
    folder: rig.folder,
    ...options,
  });
}

const colour = /\u001b\[\d/;

test('columns within the window, in colours, and the window may change', async () => {
  const running = tail({ columns: 90 });
  await running.shows('long-');
  const [title, boiler = '', wide = '', long = ''] = running.screen.lines;
  expect(title).toBe(`following readings at ${gateway.grpc}; Ctrl-C ends`);
  expect(running.screen.lines).toHaveLength(4);
  expect(boiler).toMatch(/ 61\.5 Cel$/);
  for (const line of [boiler, wide, long]) {
    expect(textWidth(line.split(/ (?:Cel)/)[0] ?? '')).toBe(textWidth(boiler) - 4);
  }
  expect(long).toContain('long-l…');
  expect(wide).toMatch(/^2024-01-01.* 4\.25 Cel {2}\(/);
  expect(running.raw).toMatch(/\u001b\[33m2024-01-01/);
  expect(running.raw).toMatch(/\u001b\[1m +61\.5\u001b\[22m Cel/);

  running.resize(60, 24);
  await publish(gateway.mqtt, [['home/boiler/temperature', '62.25']]);
  await running.shows('62.25 Cel');
  expect(textWidth(running.screen.lines.at(-1) ?? '')).toBeLessThanOrEqual(60);
  running.press('\u0003');
  expect(await running.ended).toBe(0);
});

test.each([
  ['NO_COLOR', { environment: { NO_COLOR: '1' } }, []],
  ['--no-color', {}, ['--no-color']],
  ['--no-color in spite of FORCE_COLOR', { environment: { FORCE_COLOR: '1' } }, ['--no-color']],
  ['TERM=dumb', { environment: { TERM: 'dumb' } }, []],
] as const)('%s: the same columns without colours', async (_name, options, args) => {
  const running = tail({ columns: 80, ...options }, '--stop-at-end', ...args);
  expect(await running.ended).toBe(0);
  expect(running.raw).not.toMatch(colour);
  expect(running.screen.lines.length).toBeGreaterThanOrEqual(3);
});

test('a pipe gets whole lines without colours, unless they are asked for', async () => {
  const args = ['tail', '--grpc', gateway.grpc, '--stop-at-end'];
  const { out } = await rig.run(args, '', { COLUMNS: '40' });
  expect(out).not.toMatch(/\u001b/);
  expect(out).toContain('long-'.repeat(12));
  expect(out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+00:00 +0 {2}boiler +/);
  const forced = await rig.run(args, '', { FORCE_COLOR: '1' });
  expect(forced.out).toMatch(colour);
  expect(forced.out.replaceAll(/\u001b\[\d+m/g, '')).toBe(out);
});
