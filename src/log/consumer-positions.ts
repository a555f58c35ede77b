// Committed positions of named consumers: what is durable, and the rules that a commit must meet.

import { isConsumerName } from '../core/consumer-name.ts';
import { MillpondError } from '../core/errors.ts';
import type { Position } from './pending.ts';

export class ConsumerPositions {
  readonly #durable = new Map<string, Position>();
  /** Those of commits under way included. */
  readonly #known = new Set<string>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  static key(stream: string, consumer: string): string {
    return `${stream}/${consumer}`;
  }

  all(): Position[] {
    return [...this.#durable.values()];
  }

  get(stream: string, consumer: string): Position | null {
    return this.#durable.get(ConsumerPositions.key(stream, consumer)) ?? null;
  }

  /** The least position of the named consumers, 0 for one that has none yet; infinite for no names. */
  leastOf(stream: string, consumers: readonly string[]): number {
    let least = Number.POSITIVE_INFINITY;
    for (const consumer of consumers) {
      least = Math.min(least, this.get(stream, consumer)?.nextOffset ?? 0);
    }
    return least;
  }

  /** Takes a position that is on disk. */
  set(position: Position): void {
    const key = ConsumerPositions.key(position.stream, position.consumer);
    this.#known.add(key);
    this.#durable.set(key, position);
  }

  /**
   * Throws CONSUMER_NAME_INVALID, COMMIT_BEYOND_END, COMMIT_BEHIND or CONSUMER_LIMIT when the
   * position may not be committed; else keeps a place for its consumer.
   */
  check(position: Position, highWatermark: number): void {
    checkConsumerName(position.consumer);
    const { stream, consumer, nextOffset } = position;
    if (nextOffset > highWatermark) {
      throw new MillpondError(
        'COMMIT_BEYOND_END',
        `Consumer ${consumer} commits offset ${nextOffset} of ${stream}, which ends at ${highWatermark}.`,
      );
    }
    const known = this.get(stream, consumer);
    if (known !== null && nextOffset < known.nextOffset) {
      throw new MillpondError(
        'COMMIT_BEHIND',
        `Consumer ${consumer} commits offset ${nextOffset} of ${stream} but has already committed ${known.nextOffset}.`,
      );
    }
    const key = ConsumerPositions.key(stream, consumer);
    if (!this.#known.has(key) && this.#known.size >= this.#countMax) {
      throw new MillpondError(
        'CONSUMER_LIMIT',
        `Consumer ${consumer} would be one more than the ${this.#countMax} allowed.`,
      );
    }
    this.#known.add(key);
  }

  /** Whether a later commit is durable already: one that was checked while it was under way. */
  isBehind({ stream, consumer, nextOffset }: Position): boolean {
    const durable = this.get(stream, consumer);
    return durable !== null && nextOffset < durable.nextOffset;
  }
}

/** Throws CONSUMER_NAME_INVALID. */
export function checkConsumerName(consumer: string): void {
  if (isConsumerName(consumer)) return;
  const shown = JSON.stringify(consumer.slice(0, 40));
  throw new MillpondError('CONSUMER_NAME_INVALID', `${shown} cannot name a consumer.`);
}
