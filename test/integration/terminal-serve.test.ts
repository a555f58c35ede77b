// `millpond serve` for people on a terminal: where to look, and for programs nothing of that.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Terminal } from '../support/terminal.ts';
import { CliRig } from './cli-rig.ts';

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

test('a terminal is told of the dashboard, which is there', async () => {
  terminal = new Terminal(['serve'], {
    columns: 120,
    folder: rig.folder,
    environment: {
      MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
      MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
      MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
    },
  });
  await terminal.shows(/Ctrl-C ends it\.$/m);
  const [, url = ''] = /^ {2}Dashboard {2}(\S+)$/m.exec(terminal.screen.text) ?? [];
  expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
  const [, ready = ''] = /(\{"event":"ready".*\})/.exec(terminal.screen.text) ?? [];
  expect(`http://${JSON.parse(ready).http}`).toBe(url);
  terminal.press('\u0003');
  expect(await terminal.ended).toBe(0);
});

test('a pipe gets the one line of JSON, and standard error no more than its diagnostic lines', async () => {
  const gateway = await rig.gateway();
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  expect(gateway.told.out.split('\n')).toHaveLength(2);
  const lines = gateway.told.err.split('\n').slice(0, -1);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('level');
});
