// One query on one process, step by step: asked, allowed, given its readings, run, delivered.

import { MillpondError } from '../core/errors.ts';
import type { QueryAsk, QueryLog, QuerySink, QuerySnapshot } from '../core/query.ts';
import type { FromQuery } from './messages.ts';
import type { QueryChild } from './query-child.ts';

/** How long a query that was cancelled may take to end before its process is ended. */
const CANCEL_MS = 1000;

export interface QueryRunParts {
  readonly child: QueryChild;
  readonly log: QueryLog;
  readonly sink: QuerySink;
  readonly signal: AbortSignal;
}

export class QueryRun {
  readonly #id: number;
  readonly #parts: QueryRunParts;
  readonly #ended: Promise<void>;
  readonly #allowed: Promise<void>;
  readonly #writing = new Set<Promise<void>>();
  #killing: NodeJS.Timeout | null = null;

  constructor(id: number, parts: QueryRunParts) {
    this.#id = id;
    this.#parts = parts;
    const { child } = parts;
    let allow = (): void => undefined;
    const allowed = new Promise<void>((resolve) => {
      allow = resolve;
    });
    this.#ended = new Promise((resolve, reject) => {
      child.onMessage((message: FromQuery) => {
        if (message.id !== id) return;
        if (message.kind === 'allowed') allow();
        else if (message.kind === 'message') this.#deliver(message.bytes);
        else if (message.error === null) resolve();
        else reject(new MillpondError(message.error.code, message.error.message));
      });
      void child.ended.then(reject);
    });
    this.#ended.catch(() => undefined);
    this.#allowed = Promise.race([allowed, this.#ended]);
    this.#allowed.catch(() => undefined);
  }

  /** Resolves when the result is delivered. Throws the signal's reason, and why the query failed. */
  async run(ask: QueryAsk): Promise<void> {
    const { child, signal } = this.#parts;
    const stopWatching = child.watchMemory();
    let abort = (): void => undefined;
    const aborted = new Promise<void>((_, reject) => {
      abort = () => {
        this.#cancel();
        reject(signal.reason);
      };
    });
    aborted.catch(() => undefined);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      await this.#answer(ask);
      await Promise.race([Promise.all(this.#writing), aborted]);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      // The process may have another query by the time the call is closed.
      signal.removeEventListener('abort', abort);
      if (this.#killing !== null) clearTimeout(this.#killing);
      stopWatching();
    }
  }

  async #answer(ask: QueryAsk): Promise<void> {
    const { child, log } = this.#parts;
    await child.send({ kind: 'ask', id: this.#id, ask });
    await this.#allowed;
    this.#parts.signal.throwIfAborted();
    const snapshot = await log.beginQuery(ask.sql, ask.readings ?? null);
    try {
      await child.send({ kind: 'snapshot', id: this.#id, snapshot });
      await this.#sendRows(snapshot);
      await child.send({ kind: 'run', id: this.#id });
      await this.#ended;
    } catch (error) {
      // Where the log failed, the process waits for rows that will not come.
      this.#cancel();
      await this.#ended.catch(() => undefined);
      throw error;
    } finally {
      await log.endQuery(snapshot.id).catch(() => undefined);
    }
  }

  /** The hot rows of the streams that are named, piece by piece. */
  async #sendRows({ id: snapshot, streams }: QuerySnapshot): Promise<void> {
    const { child, log, signal } = this.#parts;
    for (const { name: stream, content } of streams) {
      if (content === null) continue;
      for (let from = content.first; from < content.next; ) {
        signal.throwIfAborted();
        const rows = await log.readQueryRows({ snapshot, stream, from, until: content.next });
        if (rows.count > 0) await child.send({ kind: 'rows', id: this.#id, stream, rows });
        from = rows.next;
      }
    }
  }

  #deliver(bytes: Uint8Array): void {
    const { sink, child } = this.#parts;
    const write = sink.write([bytes]).finally(() => this.#writing.delete(write));
    this.#writing.add(write);
    write.then(() => child.send({ kind: 'taken', id: this.#id })).catch(() => undefined);
  }

  #cancel(): void {
    const { child } = this.#parts;
    child.send({ kind: 'cancel', id: this.#id }).catch(() => undefined);
    this.#killing ??= setTimeout(() => {
      child.kill(new MillpondError('QUERY_FAILED', 'The query could not be interrupted.'));
    }, CANCEL_MS);
  }
}
