// Long work on a real terminal: a query that is not done yet, and dead letters that are decoded again.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Terminal } from '../support/terminal.ts';
import { CliRig, publish, type RunningGateway } from './cli-rig.ts';

let rig: CliRig;
let gateway: RunningGateway;
let terminal: Terminal | null = null;

beforeEach(async () => {
  rig = new CliRig();
  gateway = await rig.gateway();
});

afterEach(async () => {
  await terminal?.close();
  terminal = null;
  await rig.close();
});

/** Runs longer than anybody waits. */
const endless = 'select sum(a.range * b.range) from range(10000000) a, range(10000000) b';

test('a query says for how long it runs, until Ctrl-C, and leaves nothing of that behind', async () => {
  terminal = new Terminal(['query', endless, '--grpc', gateway.grpc], { folder: rig.folder });
  await terminal.shows(/^query {2}1 s so far$/m);
  terminal.press('\u0003');
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen.text.replace('^C', '').trim()).toBe('cancelled');
});

test('nothing of it is told where rows go through a pipe, to the same terminal perhaps', async () => {
  const args = ['query', endless, '--grpc', gateway.grpc, '--time-limit', '1500ms'];
  terminal = new Terminal(args, { folder: rig.folder, shell: '"$@" | cat' });
  await terminal.ended;
  expect(terminal.raw).not.toContain('so far');
  expect(terminal.screen.text).toContain('code: QUERY_TIMEOUT');
});

test('rows into a file are counted on standard error, and the file has nothing but rows', async () => {
  const sql = 'select range as n from range(300000)';
  const args = ['query', sql, '--format', 'csv', '--grpc', gateway.grpc];
  terminal = new Terminal(args, { folder: rig.folder, shell: '"$@" > rows.csv; wc -l rows.csv' });
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen.lines).toEqual([
    expect.stringMatching(/^300,000 rows in \d/),
    '300001 rows.csv',
  ]);
});

test('dead letters that are decoded again end in one line', async () => {
  await publish(
    gateway.mqtt,
    Array.from({ length: 450 }, () => ['home/attic/temperature', '1.2.3'] as const),
  );
  const args = ['dead-letters', 'reprocess', '--grpc', gateway.grpc];
  terminal = new Terminal(args, { folder: rig.folder });
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen.lines).toEqual(['0 dead letters gave 0 readings; 450 are dead still']);
});
