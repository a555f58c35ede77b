// Runs queries, each in a process of its own: a few at a time, the others wait their turn. A process
// is started when there is none that is free, and is kept for a while, for the next query.

import { rmSync } from 'node:fs';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import type {
  QueryAsk,
  QueryLog,
  QueryOutcome,
  QueryRunner,
  QuerySink,
  ReadingsAsk,
  ReadingsRunner,
} from '../core/query.ts';
import { queryOutcomes } from '../core/query.ts';
import { Turns } from '../core/turns.ts';
import { pipesFolder } from './file-pipe.ts';
import { QueryChild } from './query-child.ts';
import { QueryRun } from './query-run.ts';

export interface QueryPoolOptions {
  /** The data directory, absolute. */
  readonly directory: string;
  readonly log: QueryLog;
  /** 0: no queries. */
  readonly concurrentMax: number;
  readonly waitingMax: number;
  readonly memoryBytesMax: number;
  readonly niceness: number;
  readonly timeLimitMs: number;
  readonly idleTimeMs: number;
  readonly ended: (outcome: QueryOutcome, seconds: number) => void;
}

interface IdleChild {
  readonly child: QueryChild;
  readonly timer: NodeJS.Timeout;
}

export class QueryPool implements QueryRunner, ReadingsRunner {
  readonly #options: QueryPoolOptions;
  readonly #children = new Set<QueryChild>();
  readonly #turns: Turns;
  #idle: IdleChild[] = [];
  #id = 0;
  #isStopping = false;

  constructor(options: QueryPoolOptions) {
    this.#options = options;
    const { concurrentMax, waitingMax } = options;
    this.#turns = new Turns({ concurrentMax, waitingMax, busy });
  }

  /** What processes left behind that were killed goes. Not before the directory is this gateway's. */
  removeLeftovers(): void {
    try {
      rmSync(pipesFolder(this.#options.directory), { recursive: true, force: true });
    } catch {
      // A disk that cannot be written to now: whoever asks for a document is told so.
    }
  }

  get running(): number {
    return this.#turns.running;
  }

  /** Busy or kept for the next query. */
  get processes(): number {
    return this.#children.size;
  }

  async run(ask: QueryAsk, sink: QuerySink, signal: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    let outcome: QueryOutcome = 'ok';
    try {
      await this.#runInTurn(ask, sink, signal);
    } catch (thrown) {
      outcome = outcomeOf(thrown, signal);
      throw thrown;
    } finally {
      this.#options.ended(outcome, (performance.now() - startedMs) / 1000);
    }
  }

  readings(readings: ReadingsAsk, sink: QuerySink, signal: AbortSignal): Promise<void> {
    const ask = { sql: '', parameters: [], format: 'rows', readings } as const;
    const { limit: rowsMax } = readings;
    return this.run({ ...ask, timeLimitMs: 0, rowsMax, bytesMax: Infinity }, sink, signal);
  }

  /** Ends every process. Queries under way are ended by their signals. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { timer } of this.#idle) clearTimeout(timer);
    this.#idle = [];
    await Promise.all([...this.#children].map((child) => child.stop()));
  }

  async #runInTurn(ask: QueryAsk, sink: QuerySink, signal: AbortSignal): Promise<void> {
    const { log, concurrentMax, timeLimitMs: limitMs } = this.#options;
    if (concurrentMax === 0) throw new MillpondError('QUERY_OFF', 'This gateway runs no queries.');
    await this.#turns.take(signal);
    const timeLimitMs = Math.min(ask.timeLimitMs || limitMs, limitMs);
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      const text = `The query was not done after ${timeLimitMs / 1000} s.`;
      deadline.abort(new MillpondError('QUERY_TIMEOUT', text));
    }, timeLimitMs);
    try {
      if (this.#isStopping) throw stopping();
      const child = this.#takeChild();
      try {
        const either = AbortSignal.any([signal, deadline.signal]);
        await new QueryRun(++this.#id, { child, log, sink, signal: either }).run(ask);
      } finally {
        this.#giveBack(child);
      }
    } finally {
      clearTimeout(timer);
      this.#turns.pass();
    }
  }

  #takeChild(): QueryChild {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(idle.timer);
      return idle.child;
    }
    const { directory, memoryBytesMax, niceness } = this.#options;
    const child = new QueryChild({ directory, memoryBytesMax, niceness });
    this.#children.add(child);
    void child.ended.then(() => {
      this.#children.delete(child);
      this.#idle = this.#idle.filter((each) => each.child !== child);
    });
    return child;
  }

  #giveBack(child: QueryChild): void {
    if (!child.isAlive || this.#isStopping) return;
    const timer = setTimeout(() => {
      this.#idle = this.#idle.filter((each) => each.child !== child);
      void child.stop();
    }, this.#options.idleTimeMs);
    timer.unref();
    this.#idle.push({ child, timer });
  }
}

function busy(running: number, waiting: number): MillpondError {
  return new MillpondError('QUERY_BUSY', `${running} queries are running and ${waiting} wait.`);
}

function stopping(): MillpondError {
  return new MillpondError('LOG_STOPPING', 'The gateway is stopping.');
}

function outcomeOf(thrown: unknown, signal: AbortSignal): QueryOutcome {
  if (signal.aborted) return 'cancelled';
  const name = asMillpondError(thrown)
    .code.replace(/^QUERY_/, '')
    .toLowerCase();
  return queryOutcomes.find((outcome) => outcome === name) ?? 'failed';
}
