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

/** Starts `millpond serve` and waits for its ready line. Rejects with standard error if it ends instead. */
export async function startGateway(
  dataDir: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<GatewayProcess> {
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
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Addresses);
  const addresses = await Promise.race([
    ready,
    exited.then(([code]) => {
      throw new Error(`the gateway ended with code ${code}:\n${stderr}`);
    }),
  ]);
  return {
    child,
    addresses,
    stderr: () => stderr,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code as number | null;
    },
  };
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
