// A member of a group that does what the test says, and that can be waited for.
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type {
  ConsumeRequest,
  ConsumeResponse,
  ConsumeStart,
  Joined,
  SettleFault,
} from '../../src/generated/millpond/v1/consume.ts';
import type { Gap } from '../../src/generated/millpond/v1/offsets.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import {
  ackRequest,
  creditRequest,
  extendRequest,
  nackRequest,
  startRequest,
} from './member-requests.ts';

export interface Delivered {
  readonly offset: number;
  readonly count: number;
  readonly reading: Reading;
}

export class Member {
  readonly call: ClientDuplexStream<ConsumeRequest, ConsumeResponse>;
  readonly delivered: Delivered[] = [];
  readonly faults: SettleFault[] = [];
  readonly gaps: Gap[] = [];
  joined: Joined | null = null;
  settledThrough = 0;
  ending: { readonly error: ServiceError | null } | null = null;
  /** Called for each delivery, once it is in `delivered`. */
  onDelivered: (some: readonly Delivered[]) => void = () => {};
  #id = 0;
  #waiting: (() => void)[] = [];

  constructor(client: TelemetryServiceClient, fields: Partial<ConsumeStart> = {}) {
    this.call = client.consume();
    this.call.on('data', (response: ConsumeResponse) => this.#take(response));
    this.call.once('error', (error: ServiceError) => this.#end(error));
    this.call.once('end', () => this.#end(null));
    this.call.write(startRequest(fields));
  }

  get offsets(): number[] {
    return this.delivered.map(({ offset }) => offset);
  }

  credit(count: number): void {
    this.call.write(creditRequest(count));
  }

  /** The id under which it is answered; so do the others. */
  ack(...offsets: number[]): number {
    this.#id += 1;
    this.call.write(ackRequest(this.#id, offsets));
    return this.#id;
  }

  nack(offsets: readonly number[], options: { delayMs?: number; reason?: string } = {}): number {
    this.#id += 1;
    this.call.write(nackRequest(this.#id, offsets, options));
    return this.#id;
  }

  extend(...offsets: number[]): number {
    this.#id += 1;
    this.call.write(extendRequest(this.#id, offsets));
    return this.#id;
  }

  /** Resolves when it is in the group. */
  async join(): Promise<this> {
    await this.until(() => this.joined !== null);
    return this;
  }

  /** Resolves when so many readings have come. */
  async has(count: number): Promise<this> {
    await this.until(() => this.delivered.length >= count);
    return this;
  }

  /** Resolves with the faults of the request when it is answered. */
  async settled(id: number): Promise<SettleFault[]> {
    await this.until(() => this.settledThrough >= id);
    return this.faults.filter((fault) => Number(fault.id) === id);
  }

  /** Half-closes the call; resolves with its ending. */
  goodbye() {
    this.call.end();
    return this.ended();
  }

  die(): void {
    this.call.cancel();
  }

  /** Resolves when `fits`; rejects when the call ends before. */
  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      if (this.ending !== null) {
        const { error } = this.ending;
        throw new Error(`ended after ${this.delivered.length} readings: ${error?.message}`);
      }
      await this.#change();
    }
  }

  async ended() {
    while (this.ending === null) await this.#change();
    return this.ending;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #take({ event }: ConsumeResponse): void {
    switch (event?.$case) {
      case 'joined':
        this.joined = event.value;
        break;
      case 'delivery': {
        const { readings, deliveryCount: count } = event.value;
        const some = readings.map((reading) => ({
          offset: Number(reading.offset),
          count,
          reading,
        }));
        this.delivered.push(...some);
        this.onDelivered(some);
        break;
      }
      case 'settled':
        this.settledThrough = Number(event.value.throughId);
        this.faults.push(...event.value.faults);
        break;
      case 'gap':
        this.gaps.push(event.value);
        break;
    }
    this.#wake();
  }

  #end(error: ServiceError | null): void {
    this.ending ??= { error };
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
