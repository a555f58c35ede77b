// Starts what is measured, in folders of its own, and stops it again.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder on a real disk: BENCH_DIR, or the system's temporary folder. */
export function makeFolder(name) {
  return mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), `millpond-bench-${name}-`));
}

/** Runs a program that prints one line of JSON when it is ready. */
export function startReady(command, args, { env = {}, folder = null } = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} ended with code ${code}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve({ child, ready: JSON.parse(line), stop: () => stop(child, folder) });
    });
  });
}

export function stop(child, folder = null) {
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', () => {
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      resolve();
    });
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  });
}

export function startMillpond({ env = {}, nodeArgs = [] } = {}) {
  const folder = makeFolder('millpond');
  // As a user starts it: the first line of main.js says how Node.js is to be run.
  const program = join(root, 'dist/main.js');
  const [command, ...args] =
    nodeArgs.length > 0 ? [process.execPath, ...nodeArgs, program] : [program];
  return startReady(command, [...args, 'serve'], {
    folder,
    env: {
      MILLPOND_DATA_DIR: join(folder, 'data'),
      MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
      MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
      MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
      ...env,
    },
  });
}

/** Runs a helper to its end; its last line of output is JSON. */
export function runJson(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`${args[0]} ended with code ${code}`));
      else resolve(JSON.parse(output.trim().split('\n').at(-1)));
    });
  });
}

export function find(program) {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin']) {
    if (existsSync(join(folder, program))) return join(folder, program);
  }
  return null;
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until something listens there. */
export async function untilListening(port) {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 200; attempt++) {
    const isUp = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      setTimeout(() => socket.destroy(), 200);
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

export function programVersion(program, args = ['--version']) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return (stdout || stderr).trim().split('\n')[0];
}

/** Prints rows as an aligned table. */
export function printTable(rows) {
  const columns = Object.keys(rows[0]);
  const width = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, i) => String(cell ?? '').padEnd(width[i])).join(' | ')} |`;
  console.log(line(columns));
  console.log(`|${width.map((w) => '-'.repeat(w + 2)).join('|')}|`);
  for (const row of rows) console.log(line(columns.map((column) => row[column])));
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
