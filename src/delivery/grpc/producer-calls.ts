// Which call publishes for which producer. Two at a time would take each other's messages for ones sent
// twice; the newer one stays, for the older one may be a connection that was lost without a word.

/** Producers of calls under way that are known; of more the ones that came first are not watched. */
const PRODUCERS_MAX = 10_000;

export interface ProducerCall {
  /** Another call publishes for the producer now. */
  replaced(producer: string): void;
}

export class ProducerCalls {
  readonly #calls = new Map<string, ProducerCall>();
  readonly #countMax: number;

  constructor(countMax = PRODUCERS_MAX) {
    this.#countMax = countMax;
  }

  /** The call publishes for the producer; the one that did so before is told. */
  take(producer: string, call: ProducerCall): void {
    const before = this.#calls.get(producer);
    if (before === call) return;
    this.#calls.delete(producer);
    this.#calls.set(producer, call);
    if (this.#calls.size > this.#countMax) {
      const [oldest] = this.#calls.keys();
      if (oldest !== undefined) this.#calls.delete(oldest);
    }
    before?.replaced(producer);
  }

  /** The call is over. */
  release(call: ProducerCall): void {
    for (const [producer, holder] of this.#calls) {
      if (holder === call) this.#calls.delete(producer);
    }
  }
}
