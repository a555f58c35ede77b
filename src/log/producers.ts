// Which messages are stored already: the highest sequence of each producer, in the order in which the
// producers were last heard of. It is written by the commit that stores the message, into the same
// database: whatever loses the one loses the other, and it can be sent again.

import { MillpondError } from '../core/errors.ts';
import type { ProducerKey } from '../core/raw-message.ts';
import type { Pending } from './pending.ts';

export interface ProducersOptions {
  readonly countMax: number;
  /** What the next commit will take. */
  readonly pending: () => Pick<Pending, 'producers' | 'forgottenProducers'>;
}

interface Producer {
  /** The highest stored or in a commit under way; 0 for none. */
  readonly sequence: number;
  /** The call of a message that was refused, so that none behind it in its call is stored; else -1. */
  readonly refusedCall: number;
}

const NONE: Producer = { sequence: 0, refusedCall: -1 };

export class Producers {
  readonly #options: ProducersOptions;
  /** The one heard of longest ago is first. */
  readonly #known = new Map<string, Producer>();
  #forgotten = 0;
  #duplicates = 0;

  constructor(options: ProducersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#known.size;
  }

  /** Producers that went to make room, since the start. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Messages that were stored already, since the start. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Takes a producer as it was stored; the one heard of longest ago comes first. */
  restore(producer: string, sequence: number): void {
    this.#set(producer, { ...NONE, sequence });
  }

  /**
   * Calls `store`, which puts the message into the next commit, unless that was done before. Throws
   * what `store` throws, and STREAM_FULL behind a message of its call that was refused with it.
   */
  once(key: ProducerKey | undefined, store: () => void): void {
    if (key === undefined) {
      store();
      return;
    }
    const { producer, sequence, call } = key;
    const known = this.#known.get(producer) ?? NONE;
    if (sequence <= known.sequence) {
      this.#duplicates += 1;
      this.#set(producer, known);
      return;
    }
    if (known.refusedCall === call) {
      throw new MillpondError(
        'STREAM_FULL',
        'A message before it in its call was refused: it would otherwise count as stored.',
      );
    }
    try {
      store();
    } catch (error) {
      this.#set(producer, { ...known, refusedCall: call });
      throw error;
    }
    this.#set(producer, { ...NONE, sequence });
    const pending = this.#options.pending();
    pending.producers.set(producer, sequence);
    pending.forgottenProducers.delete(producer);
  }

  /** Moves it to the end, and makes room. */
  #set(producer: string, state: Producer): void {
    this.#known.delete(producer);
    this.#known.set(producer, state);
    if (this.#known.size <= this.#options.countMax) return;
    const [oldest] = this.#known.keys();
    if (oldest === undefined) return;
    this.#known.delete(oldest);
    this.#forgotten += 1;
    const pending = this.#options.pending();
    pending.producers.delete(oldest);
    pending.forgottenProducers.add(oldest);
  }
}
