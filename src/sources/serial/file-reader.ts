// Files that the kernel makes of sensors (1-wire: w1_slave): each is read whole, every interval, and is
// one message. A file that holds more than a sensor says is refused, not read in part.

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exactName, matchesGlob } from '../../core/glob.ts';
import type { SerialPortConfig } from '../../core/serial-config.ts';
import { sourceNameOf } from '../../core/serial-config.ts';
import { Acceptance } from './acceptance.ts';
import { describeProblem } from './port-problem.ts';
import { PortState } from './port-state.ts';
import type { PortReader, PortStatus } from './reader.ts';
import type { ReaderParts } from './reader-parts.ts';

const FILES_MAX = 256;
const FILE_BYTES_MAX = 16 * 1024;

interface Found {
  readonly path: string;
  /** What stands where the path has a part with a wildcard. */
  readonly named: readonly string[];
}

export class FileReader implements PortReader {
  readonly #config: Extract<SerialPortConfig, { kind: 'files' }>;
  readonly #state: PortState;
  readonly #acceptance: Acceptance;
  readonly #received: (bytes: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(config: Extract<SerialPortConfig, { kind: 'files' }>, parts: ReaderParts) {
    const { name, path } = config;
    const { intake, clock, events } = parts;
    this.#config = config;
    this.#state = new PortState({ name, path, clock, events });
    const source = sourceNameOf(config);
    this.#acceptance = new Acceptance({ intake, clock, events, port: name, source });
    this.#received = (bytes) => events.received(name, bytes);
  }

  async start(): Promise<void> {
    this.#startRound();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#acceptance.settled();
    this.#state.stopped();
  }

  status(): PortStatus {
    return this.#state.status();
  }

  #startRound(): void {
    if (this.#isStopped) return;
    const startedAtMs = performance.now();
    this.#round = this.#readAll().then(() => {
      if (this.#isStopped) return;
      const restMs = Math.max(0, this.#config.intervalMs - (performance.now() - startedAtMs));
      this.#timer = setTimeout(() => this.#whenDrained(), restMs);
    });
  }

  #whenDrained(): void {
    if (this.#acceptance.isFull) this.#acceptance.onceDrained(() => this.#startRound());
    else this.#startRound();
  }

  async #readAll(): Promise<void> {
    const files = await findFiles(this.#config.path);
    const problems: string[] = [];
    for (const { path, named } of files) {
      if (this.#isStopped) return;
      try {
        const bytes = await readWhole(path);
        if (this.#isStopped) return;
        this.#received(bytes.length);
        this.#acceptance.accept([this.#config.name, ...named].join('/'), bytes, null);
      } catch (thrown) {
        problems.push(`${path} ${describeProblem(thrown)}`);
      }
    }
    this.#note(files.length === 0 ? 'no file is there' : (problems[0] ?? null));
  }

  #note(problem: string | null): void {
    const { isOpen } = this.#state.status();
    if (problem !== null && isOpen) this.#state.closed(problem);
    else if (problem !== null) this.#state.failing(problem);
    else if (!isOpen) this.#state.opened();
  }
}

/** At most 256, in the order of their names. What cannot be listed has none. */
export async function findFiles(pattern: string): Promise<Found[]> {
  let found: Found[] = [{ path: '/', named: [] }];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    const one = exactName(part);
    if (one !== null) {
      found = found.map(({ path, named }) => ({ path: join(path, one), named }));
      continue;
    }
    const next: Found[] = [];
    for (const { path, named } of found) {
      for (const name of await namesIn(path)) {
        if (next.length === FILES_MAX) break;
        if (matchesGlob(part, name)) next.push({ path: join(path, name), named: [...named, name] });
      }
    }
    found = next;
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** The kernel's files say nothing of their size. */
async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > FILE_BYTES_MAX) throw new Error(`more than ${FILE_BYTES_MAX} bytes`);
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
