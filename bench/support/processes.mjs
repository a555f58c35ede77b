// Starts what is measured, in folders of its own, and stops it again.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
  const startedMs = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} ended with code ${code}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      const readyAfterMs = performance.now() - startedMs;
      const ready = JSON.parse(line);
      resolve({ child, ready, readyAfterMs, stop: () => stop(child, folder) });
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

/** `config` is the text of a config file. Without `directory` the data lies in a folder that `stop` removes. */
export function startMillpond({ env = {}, nodeArgs = [], config = '', directory = null } = {}) {
  const folder = makeFolder('millpond');
  const configFile = join(folder, 'millpond.yaml');
  writeFileSync(configFile, config);
  // As a user starts it: the first line of main.js says how Node.js is to be run.
  const program = join(root, 'dist/main.js');
  const [command, ...args] =
    nodeArgs.length > 0 ? [process.execPath, ...nodeArgs, program] : [program];
  return startReady(command, [...args, 'serve', '--config', configFile], {
    folder,
    env: {
      MILLPOND_DATA_DIR: directory ?? join(folder, 'data'),
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

/** Resident memory of a process, and what of it the kernel cannot take back. */
export function residentMB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { resident: kb('VmRSS') / 1000, anonymous: kb('RssAnon') / 1000 };
}

/** What a file, or a folder with all below it, takes on the disk, as `du` counts it; 0 if it is gone. */
export function bytesOnDisk(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  const below = found.isDirectory() ? readdirSync(path) : [];
  return below.reduce((sum, name) => sum + bytesOnDisk(join(path, name)), found.blocks * 512);
}

/** Has the kernel forget what it holds of files; false where that is not allowed. */
export function dropPageCache() {
  spawnSync('sync');
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}

/** Of /proc/<pid>/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time of a process so far, all its threads. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
