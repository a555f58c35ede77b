// `millpond status --watch`: the live page on a real terminal, and what a pipe gets.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { Terminal } from '../support/terminal.ts';
import { CliRig, publish, temperatures } from './cli-rig.ts';

let rig: CliRig;
let terminal: Terminal | null = null;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(async () => {
  await terminal?.close();
  terminal = null;
  await rig.close();
});

const shown = (address: string, ...more: string[]): string[] => {
  return ['status', '--watch', '200ms', '--grpc', address, ...more];
};

/** As it was before, with what the shell had written and what it writes next. */
function expectRestored({ screen, raw }: Terminal): void {
  expect(screen).toMatchObject({ isAlternate: false, isCursorShown: true, isWrapping: true });
  expect(raw.split('\u001b[?1049h').length).toBe(raw.split('\u001b[?1049l').length);
}

test('a live page that changes in place, follows the window, and says when the gateway is away', async () => {
  const first = await rig.gateway();
  await publish(first.mqtt, temperatures('attic', 0, 3));
  terminal = new Terminal(shown(first.grpc), {
    columns: 100,
    rows: 30,
    shell: 'echo before; "$@"; echo after $?; stty -a | grep -o -e -echo\\  || echo echoes',
  });
  const { screen } = terminal;
  await terminal.shows(/^readings +3 +0 +3 /m);
  expect(screen.isAlternate).toBe(true);
  expect(screen.isCursorShown).toBe(false);
  expect(screen.lines[0]).toMatch(/^Millpond .*: ready, up /);
  await publish(first.mqtt, temperatures('attic', 3, 4));
  await terminal.shows(/^readings +7 +0 +7 /m);
  await terminal.shows(/^In +[\d.]+ \/s +[▁-█]+ +most /m);
  expect(screen.lines.filter((line) => line.startsWith('Millpond '))).toHaveLength(1);

  terminal.resize(60, 12);
  await terminal.until(({ lines }) => lines.length === 12 && lines[11] === 'q ends');
  for (const line of screen.lines) expect(textWidth(line)).toBeLessThanOrEqual(60);
  terminal.resize(100, 30);
  await terminal.shows(/^Commits +\d/m);

  first.child.kill('SIGKILL');
  await first.ended;
  await terminal.shows(/^NO ANSWER for \d+ s, trying again: cannot reach the gateway/m);
  expect(screen.text).toMatch(/^readings +7 /m);
  const second = await rig.gateway(['serve'], { MILLPOND_GRPC_LISTEN: first.grpc });
  await publish(second.mqtt, temperatures('attic', 7, 1));
  await terminal.shows(/^readings +8 +0 +8 /m);
  expect(screen.text).not.toContain('NO ANSWER');

  await publish(second.mqtt, [['home/attic/temperature', '{broken']]);
  await terminal.shows(/^WARNING: 1 message .*\n {4}See the dead letters; /m);
  expect(terminal.raw).toContain('\u001b[33mWARNING\u001b[39m: 1 message');

  terminal.press('q');
  expect(await terminal.ended).toBe(0);
  expectRestored(terminal);
  expect(screen.lines).toEqual(['before', 'after 0', 'echoes']);
});

test.each([
  ['Ctrl-C', { press: '\u0003' }],
  ['SIGTERM', { signal: 15 }],
  ['SIGINT', { signal: 2 }],
] as const)('%s gives the terminal back, also while there is no gateway', async (_name, end) => {
  terminal = new Terminal(shown('127.0.0.1:1'));
  await terminal.shows('NO ANSWER for');
  if ('press' in end) terminal.press(end.press);
  else terminal.signal(end.signal);
  expect(await terminal.ended).toBe(0);
  expectRestored(terminal);
  expect(terminal.screen.lines).toEqual([]);
});

test('Ctrl-Z gives the terminal to the shell, and fg goes on with the page', async () => {
  terminal = new Terminal(shown('127.0.0.1:1'), {
    shell: `exec bash -c 'set -m; "$@"; echo stopped; read -r _; fg' bash "$@"`,
  });
  await terminal.shows('NO ANSWER for');
  terminal.press('\u001a');
  await terminal.shows('stopped');
  expect(terminal.screen).toMatchObject({ isAlternate: false, isCursorShown: true });
  terminal.press('\r');
  await terminal.shows(/NO ANSWER for \d/);
  expect(terminal.screen.isAlternate).toBe(true);
  terminal.press('q');
  expect(await terminal.ended).toBe(0);
  expectRestored(terminal);
});

test('Ctrl-Z where no shell could continue it shows the page again', async () => {
  const running = new Terminal(shown('127.0.0.1:1'));
  terminal = running;
  await running.shows('NO ANSWER for');
  running.press('\u001a');
  await running.until(() => running.raw.split('\u001b[?1049h').length > 2);
  running.press('q');
  expect(await terminal.ended).toBe(0);
  expectRestored(terminal);
});

test('what ends it by surprise is told on the screen that stays', async () => {
  // A module that is loaded with it throws once the page is there.
  const fault = `data:text/javascript,setTimeout(() => { throw new Error('out of the blue') }, 1500)`;
  terminal = new Terminal(shown('127.0.0.1:1'), {
    environment: { NODE_OPTIONS: `--import ${fault.replaceAll(' ', '%20')}` },
  });
  await terminal.until(({ isAlternate }) => isAlternate);
  expect(await terminal.ended).toBe(70);
  expectRestored(terminal);
  expect(terminal.screen.text).toContain('out of the blue');
  expect(terminal.screen.text).toContain('code: INTERNAL');
});

test('without colours and without block characters it is as good', async () => {
  const { grpc } = await rig.gateway();
  terminal = new Terminal(shown(grpc), { environment: { NO_COLOR: '1', LC_ALL: 'C' } });
  await terminal.shows(/^Disk +\d+ % {2}#+-+ /m);
  await terminal.shows(/^Commits p99 +[\d.]+ ms +[_.:=+*#-]+ +most/m);
  expect(terminal.raw).not.toMatch(/\u001b\[\d+m/);
});

test('a pipe gets a block or a line of JSON for each answer, and the gateway may come later', async () => {
  const { grpc } = await rig.gateway();
  const blocks = rig.start(shown(grpc));
  await blocks.until('out', /^readings +0 +0 +0 (.|\n)*^readings +0 +0 +0 /m);
  blocks.child.kill('SIGTERM');
  expect(await blocks.ended).toBe(0);
  expect(blocks.told.out).not.toMatch(/\u001b/);
  expect(blocks.told.out).toMatch(/^\d{4}-\d\d-\d\d .*\nMillpond .*: ready/);

  const lines = rig.start(shown('127.0.0.1:1', '--json'));
  await lines.until('out', /\n.*\n/);
  lines.child.kill('SIGTERM');
  expect(await lines.ended).toBe(0);
  expect(JSON.parse(lines.told.out.split('\n')[1] ?? '')).toMatchObject({
    ready: false,
    problem: 'cannot reach the gateway at 127.0.0.1:1: nobody listens there',
  });
  const ready = rig.start(shown(grpc, '--json'));
  await ready.until('out', /\n.*\n/);
  ready.child.kill('SIGTERM');
  await ready.ended;
  expect(JSON.parse(ready.told.out.split('\n')[1] ?? '')).toMatchObject({ ready: true });
});

test('an interval that is none is refused', async () => {
  for (const interval of ['soon', '10ms', '-1', '2d']) {
    const { code, err } = await rig.run(['status', `--watch=${interval}`]);
    expect({ interval, code }).toEqual({ interval, code: 2 });
    expect(err).toContain('write the interval as 2, 500ms or 1m');
  }
});
