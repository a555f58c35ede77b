// A pair of pseudo-terminals in place of a serial cable: the gateway has one end by a fixed path, as a
// port under /dev/serial/by-id has one, and the test is the device on the other.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  createReadStream,
  existsSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Tests that need it are skipped, visibly, where it is missing. */
export const hasSocat = spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;

export class PtyPair {
  /** What the config names as the port. */
  readonly port: string;
  readonly #device: string;
  readonly #socat: ChildProcess;
  readonly #exited: Promise<unknown>;
  #handle: FileHandle | null = null;
  #written: Promise<void> = Promise.resolve();

  private constructor(port: string, device: string, socat: ChildProcess) {
    this.port = port;
    this.#device = device;
    this.#socat = socat;
    this.#exited = once(socat, 'exit');
  }

  /** Plugs the cable in. `name` is that of the port in the folder. */
  static async open(folder: string, name: string): Promise<PtyPair> {
    const port = join(folder, name);
    const device = join(folder, `${name}.device`);
    const end = (link: string): string => `pty,raw,echo=0,link=${link}`;
    const socat = spawn('socat', ['-d', '-d', '-b', '65536', end(port), end(device)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const pair = new PtyPair(port, device, socat);
    let told = '';
    for await (const chunk of socat.stderr as Readable) {
      told += String(chunk);
      if (told.includes('starting data transfer')) break;
    }
    if (!existsSync(port)) throw new Error(`socat made no pair: ${told}`);
    return pair;
  }

  /** What the device sends, in the order of the calls. */
  write(bytes: string | Uint8Array): Promise<void> {
    this.#written = this.#written.then(() => this.#write(Buffer.from(bytes as Uint8Array)));
    return this.#written;
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#handle ??= await open(this.#device, constants.O_WRONLY | constants.O_NOCTTY);
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, from);
      from += bytesWritten;
    }
  }

  /** What the device receives. */
  receive(): Readable {
    const fd = openSync(this.#device, constants.O_RDONLY | constants.O_NOCTTY);
    return createReadStream(this.#device, { fd }).on('error', () => undefined);
  }

  /** Whether this process has the port open. */
  get isOpenHere(): boolean {
    if (!existsSync(this.port)) return false;
    const path = realpathSync(this.port);
    return readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
  }

  /** Pulls the plug. */
  async close(): Promise<void> {
    this.#socat.kill();
    await this.#exited;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = null;
  }
}
