// Which consumers have a subscription open now, and since when each waits for its client. Only
// subscriptions that name a consumer are known here.

import type { Clock } from '../../core/clock.ts';
import { DEFAULT_STREAM } from '../../core/stream-config.ts';
import type { ConsumerConnection } from '../../observability/stall.ts';
import type { MessageSink } from '../subscription.ts';

export interface ConnectionsOptions {
  readonly clock: Clock;
  /** Consumers without a subscription that are remembered for the time of their last. */
  readonly leftMax: number;
}

interface OpenSubscription {
  readonly openedAtUs: number;
  /** Writes that the client has not taken. */
  writes: number;
  /** When the first of them began, or the client took the one before. */
  movedAtUs: number;
}

export class ConsumerConnections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, Set<OpenSubscription>>();
  /** The longest ago first. */
  readonly #left = new Map<string, number>();
  readonly #startedAtUs: number;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#startedAtUs = options.clock();
  }

  /** Consumers with a subscription. */
  get count(): number {
    return this.#open.size;
  }

  /** Subscriptions whose client takes nothing. */
  get waitingCount(): number {
    let count = 0;
    for (const set of this.#open.values()) for (const { writes } of set) if (writes > 0) count += 1;
    return count;
  }

  of(stream: string, consumer: string): ConsumerConnection {
    const key = keyOf(stream, consumer);
    const open = [...(this.#open.get(key) ?? [])];
    const waiting = open.filter(({ writes }) => writes > 0);
    const least = (times: readonly number[]): number | null =>
      times.length === 0 ? null : Math.min(...times);
    return {
      subscriptions: open.length,
      connectedAtUs: least(open.map(({ openedAtUs }) => openedAtUs)),
      waitingSinceUs: least(waiting.map(({ movedAtUs }) => movedAtUs)),
      leftAtUs: open.length > 0 ? null : (this.#left.get(key) ?? this.#startedAtUs),
    };
  }

  /** Runs a subscription that writes to `sink`; it counts as open until `run` has ended. */
  async during(
    { stream, consumer }: { stream: string; consumer: string },
    sink: MessageSink,
    run: (sink: MessageSink) => Promise<void>,
  ): Promise<void> {
    if (consumer === '') return run(sink);
    const key = keyOf(stream, consumer);
    const nowUs = this.#options.clock();
    const subscription: OpenSubscription = { openedAtUs: nowUs, writes: 0, movedAtUs: nowUs };
    this.#opened(key, subscription);
    try {
      await run(this.#watched(sink, subscription));
    } finally {
      this.#ended(key, subscription);
    }
  }

  #watched(sink: MessageSink, subscription: OpenSubscription): MessageSink {
    const { clock } = this.#options;
    return {
      async write(message) {
        if (subscription.writes === 0) subscription.movedAtUs = clock();
        subscription.writes += 1;
        try {
          await sink.write(message);
        } finally {
          subscription.writes -= 1;
          subscription.movedAtUs = clock();
        }
      },
    };
  }

  #opened(key: string, subscription: OpenSubscription): void {
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, new Set([subscription]));
    else open.add(subscription);
    this.#left.delete(key);
  }

  #ended(key: string, subscription: OpenSubscription): void {
    const open = this.#open.get(key);
    open?.delete(subscription);
    if (open === undefined || open.size > 0) return;
    this.#open.delete(key);
    this.#left.set(key, this.#options.clock());
    if (this.#left.size <= this.#options.leftMax) return;
    for (const longestAgo of this.#left.keys()) {
      this.#left.delete(longestAgo);
      return;
    }
  }
}

function keyOf(stream: string, consumer: string): string {
  return `${stream === '' ? DEFAULT_STREAM : stream}/${consumer}`;
}
