// Runs the built gateway as a process of its own, on free ports and in a folder that goes with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist/main.js');

export interface Addresses {
  readonly mqtt: string;
  readonly grpc: string;
  readonly http: string;
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly addresses: Addresses;
  /** What it wrote to standard error so far. */
  stderr(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** A folder under the system's temporary folder. Remove it with `removeFolder`. */
export function makeFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `millpond-${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export interface StartingGateway {
  readonly child: ChildProcess;
  /** Resolves with its ready line. Rejects with standard error if it ends instead. */
  readonly ready: Promise<GatewayProcess>;
  /** Resolves with the first diagnostic line that has the message; rejects as `ready`. */
  line(message: string | RegExp): Promise<Record<string, unknown>>;
  stderr(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `millpond serve`, which may have to wait before it is ready. */
export function spawnGateway(
  dataDir: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): StartingGateway {
  const child = spawn(process.execPath, [program, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MILLPOND_DATA_DIR: dataDir,
      MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
      MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
      MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
      MILLPOND_LOGGER_FORMAT: 'json',
      ...env,
    },
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr = (stderr + String(data)).slice(-65_536);
  });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => {
    throw new Error(`the gateway ended with code ${code}:\n${stderr}`);
  });
  failed.catch(() => undefined);
  async function stop(): Promise<number | null> {
    child.kill('SIGTERM');
    const [code] = await exited;
    return code as number | null;
  }
  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await exited;
  }
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, 'line').then(([line]) => ({
    child,
    addresses: JSON.parse(String(line)) as Addresses,
    stderr: () => stderr,
    kill,
    stop,
  }));
  async function line(message: string | RegExp): Promise<Record<string, unknown>> {
    for (;;) {
      const whole = stderr
        .slice(0, stderr.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(Boolean);
      const found = whole
        .map((each) => JSON.parse(each) as Record<string, unknown>)
        .find(({ msg }) =>
          typeof message === 'string' ? msg === message : message.test(String(msg)),
        );
      if (found !== undefined) return found;
      await Promise.race([once(child.stderr, 'data'), failed]);
    }
  }
  const readyOrFailed = Promise.race([ready, failed]);
  readyOrFailed.catch(() => undefined);
  return { child, ready: readyOrFailed, line, stderr: () => stderr, stop };
}

/** Starts `millpond serve` and waits for its ready line. Rejects with standard error if it ends instead. */
export function startGateway(
  dataDir: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<GatewayProcess> {
  return spawnGateway(dataDir, env, args).ready;
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
