// The process that runs queries: what is asked may use up its memory, or bring DuckDB down, and the
// gateway goes on. One query at a time, at a low priority, in a database that goes with it.

import { readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { asMillpondError } from '../core/errors.ts';
import type { QueryAsk, QuerySnapshot, ReadingsAsk } from '../core/query.ts';
import { QueryResponse } from '../generated/millpond/v1/query.ts';
import { ArrowResultEncoder } from './arrow-encoder.ts';
import { explainQueryFailure } from './failure.ts';
import { FilePipe } from './file-pipe.ts';
import { Inbox } from './inbox.ts';
import { CREDITS, type FromQuery, type QueryProcessSettings, type ToQuery } from './messages.ts';
import { QueryDatabase } from './query-database.ts';
import { readingsPage } from './readings-page.ts';
import { copySql, readingsSql } from './readings-sql.ts';
import type { EncodedRows, ResultEncoder } from './result-encoder.ts';
import { RowEncoder } from './row-encoder.ts';

/** An interrupt that comes before DuckDB has begun is forgotten: it is sent again. */
const INTERRUPT_EVERY_MS = 20;

const settings = JSON.parse(process.argv[2] ?? '') as QueryProcessSettings;

interface ReadingsParts {
  readonly readings: ReadingsAsk;
  readonly snapshot: QuerySnapshot;
  readonly pipe: FilePipe | null;
}

class Query {
  readonly #id: number;
  readonly #ask: QueryAsk;
  readonly #startedMs = performance.now();
  readonly inbox = new Inbox();
  #database: QueryDatabase | null = null;
  #pipe: FilePipe | null = null;
  #credits = CREDITS;
  #rows = 0;
  #bytes = 0;

  constructor(id: number, ask: QueryAsk) {
    this.#id = id;
    this.#ask = ask;
  }

  async run(): Promise<void> {
    const { readings } = this.#ask;
    const isFile = readings !== undefined && readings.format !== 'json';
    const pipe = isFile ? await FilePipe.make(settings.directory) : null;
    this.#pipe = pipe;
    const database = await QueryDatabase.open(settings, {
      isInOrder: readings !== undefined,
      pipePath: pipe?.path ?? null,
    });
    this.#database = database;
    const interrupter = setInterval(() => {
      if (this.inbox.isCancelled) database.interrupt();
    }, INTERRUPT_EVERY_MS);
    try {
      if (readings === undefined) await database.check(this.#ask.sql);
      post({ kind: 'allowed', id: this.#id });
      const snapshot = (await this.inbox.take('snapshot')).snapshot;
      await this.#load(database, snapshot);
      if (readings === undefined) await this.#deliver(database);
      else await this.#deliverReadings(database, { readings, snapshot, pipe });
    } finally {
      pipe?.close();
      clearInterval(interrupter);
      this.#database = null;
      database.close();
    }
  }

  cancel(): void {
    this.inbox.cancel();
    // DuckDB may wait for it to be read.
    this.#pipe?.close();
    this.#database?.interrupt();
  }

  async #load(database: QueryDatabase, snapshot: QuerySnapshot): Promise<void> {
    await database.prepareStreams(snapshot);
    for (;;) {
      const message = await this.inbox.take('rows', 'run');
      if (message.kind === 'run') break;
      await database.add(message.stream, message.rows);
    }
    await database.makeViews(snapshot);
  }

  async #deliverReadings(
    database: QueryDatabase,
    { readings, snapshot, pipe }: ReadingsParts,
  ): Promise<void> {
    const sql = readingsSql(readings, snapshot);
    const { format, limit } = readings;
    if (format === 'json' || pipe === null) {
      const isOneStream = snapshot.streams.filter(({ content }) => content !== null).length === 1;
      const page = readingsPage(await database.stream(sql), { limit, isOneStream });
      for await (const bytes of page) await this.#post(bytes);
      return;
    }
    const copy = copySql(sql, pipe.path, format);
    for await (const bytes of pipe.read(() => database.copy(copy))) await this.#post(bytes);
  }

  async #deliver(database: QueryDatabase): Promise<void> {
    const { sql, parameters, rowsMax } = this.#ask;
    const result = await database.start(sql, parameters);
    const types = result.columnTypes();
    const columns = result
      .columnNames()
      .map((name, index) => ({ name, type: String(types[index]) }));
    await this.#send({ $case: 'columns', value: { columns } });
    const encoder: ResultEncoder =
      this.#ask.format === 'arrow'
        ? new ArrowResultEncoder(result.columnNames(), types)
        : new RowEncoder(types);
    let isTruncated = false;
    let taken = 0;
    while (!isTruncated) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const until = Math.min(chunk.rowCount, rowsMax - taken);
      isTruncated = until < chunk.rowCount;
      if (await this.#postAll(encoder.encode(chunk, 0, until))) isTruncated = true;
      taken += until;
    }
    if (await this.#postAll(encoder.end())) isTruncated = true;
    const elapsedUs = BigInt(Math.round((performance.now() - this.#startedMs) * 1000));
    await this.#send({
      $case: 'end',
      value: { rows: BigInt(this.#rows), elapsedUs, isTruncated },
    });
  }

  /** True when the result is cut off: as many bytes were sent as are allowed. */
  async #postAll(messages: Iterable<EncodedRows>): Promise<boolean> {
    for (const { bytes, rows } of messages) {
      if (this.#bytes >= this.#ask.bytesMax) return true;
      await this.#post(bytes);
      this.#rows += rows;
      this.#bytes += bytes.length;
    }
    return false;
  }

  #send(part: NonNullable<QueryResponse['part']>): Promise<void> {
    return this.#post(QueryResponse.encode({ part }).finish());
  }

  /** Waits while the client has not taken what was sent before. */
  async #post(bytes: Uint8Array): Promise<void> {
    while (this.#credits === 0) {
      await this.inbox.take('taken');
      this.#credits += 1;
    }
    this.#credits -= 1;
    post({ kind: 'message', id: this.#id, bytes });
  }
}

function post(message: FromQuery): void {
  process.send?.(message);
}

let running: { readonly id: number; readonly query: Query } | null = null;

function receive(message: ToQuery): void {
  if (message.kind === 'ask') {
    const { id } = message;
    const query = new Query(id, message.ask);
    running = { id, query };
    query.run().then(
      () => post({ kind: 'ended', id, error: null }),
      (thrown: unknown) => {
        const { code, message: text } = asMillpondError(explainQueryFailure(thrown));
        post({ kind: 'ended', id, error: { code, message: text } });
      },
    );
    return;
  }
  if (running?.id !== message.id) return;
  if (message.kind === 'cancel') running.query.cancel();
  else running.query.inbox.put(message);
}

/** Lets other work on the machine go first, and has the kernel take this process's memory first. */
function standBack(): void {
  try {
    // Threads that Node.js has started keep their own priority; those to come take this one's.
    for (const thread of readdirSync('/proc/self/task')) {
      setPriority(Number(thread), settings.niceness);
    }
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not on this system.
    setPriority(settings.niceness);
  }
}

standBack();
process.on('disconnect', () => process.exit(0));
// A terminal, or a supervisor, sends its signals to all: the gateway says when a query ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('message', receive);
