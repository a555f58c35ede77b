// The gateway as a supervisor meets it: one line once it is ready, and an end to rely on.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
let folder = '';
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millpond-serve-'));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** `planted` is a module that runs inside the process before the gateway does. */
function serve(planted = '') {
  const preload =
    planted === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(planted)}`];
  const child = spawn(process.execPath, [...preload, main, 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
      MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
      MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
    },
  });
  started.push(child);
  const told = { out: '', err: '' };
  child.stderr.on('data', (chunk) => {
    told.err += chunk;
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      told.out += chunk;
      if (told.out.includes('\n')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${told.err}`)));
  });
  // 'close' comes after the last output, 'exit' may come before it.
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, told, ready, ended };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'prints one line of JSON when ready, and ends with 0 within 5 s of %s',
  async (signal) => {
    const { child, told, ready, ended } = serve();
    await ready;
    const signalledMs = Date.now();
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(Date.now() - signalledMs).toBeLessThan(5000);
    expect(told.out.split('\n')).toHaveLength(2);
    expect(JSON.parse(told.out)).toEqual({
      event: 'ready',
      mqtt: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      grpc: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      http: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
    });
  },
);

test('diagnostic lines on standard error are JSON, one a line', async () => {
  const { child, told, ready, ended } = serve();
  await ready;
  child.kill('SIGTERM');
  await ended;
  const lines = told.err.trim().split('\n');
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('msg');
});

test('a promise rejected without a handler is told and ends it with 70', async () => {
  const { child, told, ready, ended } = serve(`
    process.on('SIGUSR2', () => void Promise.reject(new Error('planted')));
  `);
  await ready;
  child.kill('SIGUSR2');
  expect(await ended).toEqual({ code: 70, signal: null });
  expect(JSON.parse(told.err.trim().split('\n').at(-1)!)).toMatchObject({
    level: 'fatal',
    code: 'INTERNAL',
    msg: 'planted',
  });
});

test('a second signal ends it at once, though the stop hangs', async () => {
  // From SIGUSR2 on nothing reaches the log thread and nothing ends it, so the stop waits for ever.
  const { child, told, ready, ended } = serve(`
    import { Worker } from 'node:worker_threads';
    process.on('SIGUSR2', () => {
      Worker.prototype.postMessage = () => {};
      Worker.prototype.terminate = () => new Promise(() => {});
      process.stderr.write('{"msg":"held"}\\n');
    });
  `);
  await ready;
  child.kill('SIGUSR2');
  await expect.poll(() => told.err, { timeout: 5000 }).toContain('held');
  child.kill('SIGTERM');
  await expect.poll(() => told.err, { timeout: 5000 }).toContain('stopping');
  const signalledMs = Date.now();
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: 1, signal: null });
  expect(Date.now() - signalledMs).toBeLessThan(2000);
});
