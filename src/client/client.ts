// `millpond/client`: a gateway for programs in TypeScript and JavaScript. What a restart of the
// gateway or a lost connection interrupts is taken up where it was; what cannot be mended by trying
// again is thrown, as a MillpondError with its stable code.

import { asMillpondError, type MillpondError } from '../core/errors.ts';
import type { QueryColumn } from '../generated/millpond/v1/query.ts';
import { retried } from './back-off.ts';
import { Connection } from './connection.ts';
import { follow } from './follow.ts';
import { type Key, type NewReading, type RawPayload, requestOf } from './publish.ts';
import { type QueryOptions, queryRequest, type Row, rowOf } from './query.ts';
import {
  eventOf,
  type SubscribeOptions,
  type SubscriptionEvent,
  wantedOf,
} from './subscription.ts';
import { type WorkOptions, work } from './work.ts';
import type { Handler } from './work-session.ts';

export { type ErrorCode, MillpondError } from '../core/errors.ts';
export { exactGlob } from '../core/glob.ts';
export type { Key, NewReading, RawPayload } from './publish.ts';
export type { QueryOptions, Row, SqlValue } from './query.ts';
export type { Reading, ReadingQuality } from './reading.ts';
export type { From, SubscribeOptions, SubscriptionEvent } from './subscription.ts';
export type { WorkOptions } from './work.ts';
export { type Handler, type Task, TryLater } from './work-session.ts';

export class MillpondClient {
  readonly #address: string;
  #connection: Connection | null = null;

  /** `address` is host:port; connects at the first call. */
  constructor(address = '127.0.0.1:50051') {
    this.#address = address;
  }

  /**
   * Readings in offset order, none twice and none left out, also across restarts of the gateway.
   * They are asked for no faster than the loop takes them. Throws GATEWAY_UNREACHABLE when the
   * gateway is not there at first, and what the gateway throws.
   */
  async *subscribe(options: SubscribeOptions = {}): AsyncGenerator<SubscriptionEvent, void> {
    const parts = {
      connect: () => new Connection(this.#address),
      signal: options.signal ?? new AbortController().signal,
      lost: (error: MillpondError) => options.onLost?.(error),
      resumed: () => options.onResumed?.(),
      random: Math.random,
    };
    for await (const response of follow(parts, wantedOf(options))) {
      const event = eventOf(response);
      if (event !== null) yield event;
    }
  }

  /**
   * Works in a consumer group: each reading goes to one member, a device's readings one after the
   * other. When the handler resolves the reading is acknowledged; when it throws it comes again, to
   * this member or another. Resolves after `options.signal`; what the gateway never heard of again
   * comes again. Throws as `subscribe`.
   */
  work(options: WorkOptions, handler: Handler): Promise<void> {
    return work(this.#address, options, handler);
  }

  /**
   * Stores that the consumer has dealt with everything before `nextOffset`; resolves once that is on
   * disk. Tries again for some seconds while the gateway is away.
   */
  async commit(consumer: string, nextOffset: number, stream = 'readings'): Promise<void> {
    const request = { stream, consumer, nextOffset: BigInt(nextOffset) };
    await retried(() =>
      this.#try((connection) => {
        const { telemetry } = connection;
        return connection.answer(telemetry.commit.bind(telemetry), request);
      }),
    );
  }

  /**
   * Stores readings, or a message as a device would send it, and resolves once they are on disk. With
   * a key it tries again for some seconds while the gateway is away, and stores them once all the
   * same; without one the first failure is thrown, and they may be stored or not.
   */
  async publish(content: readonly NewReading[] | RawPayload, key?: Key): Promise<void> {
    const request = requestOf(content, key);
    const send = (): Promise<unknown> => this.#try((connection) => connection.send(request));
    await (key === undefined ? send() : retried(send));
  }

  /**
   * The rows of one `select` over the streams, asked for no faster than the loop takes them. Throws
   * GATEWAY_UNREACHABLE, and the gateway's QUERY_ codes.
   */
  async *query(sql: string, options: QueryOptions = {}): AsyncGenerator<Row, void> {
    const connection = new Connection(this.#address);
    const signal = options.signal ?? new AbortController().signal;
    const start = () => connection.telemetry.query(queryRequest(sql, options));
    let columns: readonly QueryColumn[] = [];
    try {
      for await (const { part } of connection.events(start, signal)) {
        if (part?.$case === 'columns') columns = part.value.columns;
        if (part?.$case !== 'rows') continue;
        for (const row of part.value.rows) yield rowOf(columns, row);
      }
    } finally {
      connection.close();
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  /** On the connection at hand; one that failed is not used again, for it would wait on its own. */
  async #try<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    this.#connection ??= new Connection(this.#address);
    const connection = this.#connection;
    try {
      return await use(connection);
    } catch (thrown) {
      if (asMillpondError(thrown).canRetry && this.#connection === connection) this.close();
      throw thrown;
    }
  }
}
