// A process that runs queries, as the gateway holds it: started, watched over, ended. What it sends
// is of the query that was asked last.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MillpondError } from '../core/errors.ts';
import type { FromQuery, QueryProcessSettings, ToQuery } from './messages.ts';

// The package names the built script, so that it is found from the sources as well.
const program = createRequire(import.meta.url).resolve('#query-process');

/**
 * What the process may take beside DuckDB's own limit, which is not kept to by all that DuckDB does:
 * `repeat('x', 1000000000)` took 2 GB within a limit of 200 MB.
 */
const BESIDE_DUCKDB_BYTES = 192 * 1024 * 1024;
const LOOK_EVERY_MS = 50;
const PAGE_BYTES = 4096;

export class QueryChild {
  readonly #child: ChildProcess;
  readonly #bytesMax: number;
  readonly #ended: Promise<MillpondError>;
  #receive: (message: FromQuery) => void = () => undefined;
  #isAlive = true;
  #reason: MillpondError | null = null;

  constructor(settings: QueryProcessSettings) {
    this.#bytesMax = settings.memoryBytesMax + BESIDE_DUCKDB_BYTES;
    this.#child = fork(program, [JSON.stringify(settings)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Neither the gateway's flags, which are for a process that lives long, nor its secrets.
      env: {},
      execArgv: ['--max-semi-space-size=4'],
    });
    this.#child.on('message', (message) => this.#receive(message as FromQuery));
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#isAlive = false;
        const text = `The process of the query ended with ${why}.`;
        resolve(this.#reason ?? new MillpondError('QUERY_FAILED', text));
      };
      this.#child.once('error', (error) => end(error.message));
      this.#child.once('exit', (code, signal) => end(signal ?? `code ${code}`));
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Resolves with the reason once the process is gone. */
  get ended(): Promise<MillpondError> {
    return this.#ended;
  }

  /** Takes what comes from now on. */
  onMessage(receive: (message: FromQuery) => void): void {
    this.#receive = receive;
  }

  /** Resolves when it was written to the process. Throws when that is gone. */
  async send(message: ToQuery): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (!this.#isAlive || !this.#child.connected) {
        reject(new MillpondError('QUERY_FAILED', 'The process of the query is gone.'));
        return;
      }
      this.#child.send(message, (error) => {
        if (error === null) resolve();
        else reject(new MillpondError('QUERY_FAILED', error.message, { cause: error }));
      });
    });
  }

  /** Ends it when it takes more memory than it may. Returns what stops the watch. */
  watchMemory(): () => void {
    const timer = setInterval(() => {
      const bytes = residentBytes(this.#child.pid);
      if (bytes <= this.#bytesMax) return;
      const text = `The query took ${Math.round(bytes / 1_000_000)} MB of memory.`;
      this.kill(new MillpondError('QUERY_MEMORY', text));
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  kill(reason: MillpondError): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    if (!this.#isAlive) return;
    const exited = once(this.#child, 'exit');
    this.kill(new MillpondError('LOG_STOPPING', 'The gateway is stopping.'));
    await exited;
  }
}

/** 0 where the system does not tell. */
function residentBytes(pid: number | undefined): number {
  try {
    const [, resident] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return Number(resident) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
