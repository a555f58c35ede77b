// A subscriber whose pace the test sets, and that can be waited for.
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import type {
  SubscribeRequest,
  SubscribeResponse,
  TelemetryServiceClient,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { readingsOf, subscribeRequest } from './readings.ts';

export interface Ending {
  readonly error: ServiceError | null;
}

/** Starts without reading; `read` sets the flow going. */
export class Follower {
  readonly call: ClientReadableStream<SubscribeResponse>;
  readonly events: SubscribeResponse[] = [];
  /** How many readings came, kept beside the events because it is asked for often. */
  count = 0;
  ending: Ending | null = null;
  #waiting: (() => void)[] = [];

  constructor(
    client: TelemetryServiceClient,
    fields: Partial<SubscribeRequest> = {},
    options: { deadline?: Date } = {},
  ) {
    this.call = client.subscribe(subscribeRequest(fields), options);
    this.call.once('error', (error: ServiceError) => this.#end({ error }));
    this.call.once('end', () => this.#end({ error: null }));
  }

  /** Reads as fast as it comes. */
  read(): this {
    this.call.on('data', (event: SubscribeResponse) => this.#take(event));
    return this;
  }

  /** Reads one event in each `turns` turns of the event loop. */
  readSlowly(turns: number): this {
    this.call.on('data', (event: SubscribeResponse) => {
      this.#take(event);
      this.call.pause();
      let left = turns;
      const step = (): void => {
        left -= 1;
        if (left === 0) this.call.resume();
        else setImmediate(step);
      };
      setImmediate(step);
    });
    return this;
  }

  get readings() {
    return readingsOf(this.events);
  }

  get offsets(): number[] {
    return this.readings.map(({ offset }) => Number(offset));
  }

  /** Resolves when `fits`; rejects when the call ends before. */
  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      if (this.ending !== null) {
        throw new Error(`ended after ${this.count} readings: ${this.ending.error?.message}`);
      }
      await this.#change();
    }
  }

  async ended(): Promise<Ending> {
    while (this.ending === null) await this.#change();
    return this.ending;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #take(event: SubscribeResponse): void {
    this.events.push(event);
    if (event.event?.$case === 'batch') this.count += event.event.value.readings.length;
    this.#wake();
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
