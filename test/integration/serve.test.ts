// The gateway as a supervisor meets it: one line once it is ready, and an end to rely on.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig, type RunningGateway } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

/** A gateway in which a module of the test's own runs before anything else does. */
function serveWith(planted: string): Promise<RunningGateway> {
  const module = `data:text/javascript,${encodeURIComponent(planted)}`;
  return rig.gateway(['serve'], { NODE_OPTIONS: `--import=${module}` });
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'prints one line of JSON when ready, and ends with 0 after %s',
  async (signal) => {
    const { child, told, ended } = await rig.gateway();
    child.kill(signal);
    // It would be 1 if it had not stopped in time.
    expect(await ended).toBe(0);
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
  const { child, told, ended } = await rig.gateway();
  child.kill('SIGTERM');
  await ended;
  const lines = told.err.trim().split('\n');
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('msg');
});

test('a promise rejected without a handler is told and ends it with 70', async () => {
  const { child, told, ended } = await serveWith(`
    process.on('SIGUSR2', () => void Promise.reject(new Error('planted')));
  `);
  child.kill('SIGUSR2');
  expect(await ended).toBe(70);
  expect(JSON.parse(told.err.trim().split('\n').at(-1)!)).toMatchObject({
    level: 'fatal',
    code: 'INTERNAL',
    msg: 'planted',
  });
});

test('the line that tells of the fault comes after one that is still on its way', async () => {
  const { child, told, ended } = await serveWith(`
    import fs from 'node:fs';
    const write = fs.write;
    let letGo;
    const held = new Promise((resolve) => (letGo = resolve));
    fs.write = (file, text, ...rest) => {
      const isHeld = file === 2 && String(text).includes('"ready"');
      (isHeld ? held : Promise.resolve()).then(() => write(file, text, ...rest));
    };
    process.on('SIGUSR2', () => {
      setImmediate(letGo);
      Promise.reject(new Error('planted'));
    });
  `);
  child.kill('SIGUSR2');
  expect(await ended).toBe(70);
  const lines = told.err.trim().split('\n');
  expect(lines.slice(-2).map((line) => JSON.parse(line).msg)).toEqual(['ready', 'planted']);
});

test('a second signal ends it at once, though the stop hangs', async () => {
  // From SIGUSR2 on nothing reaches the log thread and nothing ends it, so the stop waits for ever.
  const { child, told, ended, until } = await serveWith(`
    import { Worker } from 'node:worker_threads';
    process.on('SIGUSR2', () => {
      Worker.prototype.postMessage = () => {};
      Worker.prototype.terminate = () => new Promise(() => {});
      process.stderr.write('{"msg":"held"}\\n');
    });
  `);
  child.kill('SIGUSR2');
  await until('err', 'held');
  child.kill('SIGTERM');
  await until('err', 'stopping');
  child.kill('SIGTERM');
  expect(await ended).toBe(1);
  expect(told.err).not.toContain('could not stop in time');
});
