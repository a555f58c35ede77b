// A follower of /api/v1/live with a connection of its own, as a browser is one: it remembers the last
// event id, and can stop reading.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { EventStreamReader, type ServerEvent } from './event-stream.ts';

export interface LiveOptions {
  /** With its question mark. */
  readonly query?: string;
  readonly lastEventId?: string;
}

export interface LiveReading {
  readonly stream: string;
  readonly offset: string;
  readonly device: string;
  readonly metric: string;
  readonly value: number | string;
}

/** Resolves when the answer has begun; rejects without one. */
export async function followLive(http: string, options: LiveOptions = {}): Promise<LiveClient> {
  const { query = '', lastEventId } = options;
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const asking = request(`http://${http}/api/v1/live${query}`, { agent: false, headers });
  asking.end();
  onTestFinished(() => {
    asking.destroy();
  });
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return new LiveClient(response);
}

export class LiveClient {
  readonly status: number;
  readonly response: IncomingMessage;
  /** Whether the connection ended as it should, and not in the middle. */
  readonly ended: Promise<boolean>;
  #isOver = false;
  readonly #reader = new EventStreamReader();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #readings: LiveReading[] = [];
  #looked = 0;
  #changed: () => void = () => undefined;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.status = response.statusCode ?? 0;
    response.on('data', (bytes: Buffer) => {
      this.#reader.push(this.#decoder.decode(bytes, { stream: true }));
      for (; this.#looked < this.events.length; this.#looked++) {
        const { event, data } = this.events[this.#looked] as ServerEvent;
        if (event === 'message') this.#readings.push(JSON.parse(data) as LiveReading);
      }
      this.#changed();
    });
    response.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      response.on('close', () => {
        this.#isOver = true;
        resolve(response.complete || response.readableEnded);
        this.#changed();
      });
    });
  }

  get events(): readonly ServerEvent[] {
    return this.#reader.events;
  }

  get readings(): readonly LiveReading[] {
    return this.#readings;
  }

  get offsets(): readonly number[] {
    return this.readings.map(({ offset }) => Number(offset));
  }

  get lastEventId(): string {
    return this.#reader.lastEventId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get retryMs(): number | null {
    return this.#reader.retryMs;
  }

  /** Resolves when it is so; rejects when the connection is over before. */
  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      if (this.#isOver) throw new Error('the connection is over');
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async count(readings: number): Promise<void> {
    await this.until(() => this.readings.length >= readings);
  }

  close(): void {
    this.response.destroy();
  }
}
