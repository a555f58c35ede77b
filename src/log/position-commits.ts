// A consumer's commit: checked, put into the next group commit, answered when it is durable.

import type { Clock } from '../core/clock.ts';
import { MillpondError } from '../core/errors.ts';
import { ConsumerPositions } from './consumer-positions.ts';
import type { Pending, Position } from './pending.ts';
import type { StreamState } from './stream-state.ts';

/** Calls that wait for their position to be durable; they come to an end only when the disk is well. */
const WAITING_MAX = 10_000;

export interface PositionCommitParts {
  readonly positions: ConsumerPositions;
  /** What the next commit will take. */
  readonly pending: () => Pending;
  readonly startCommit: () => void;
  readonly clock: Clock;
}

export class PositionCommits {
  readonly #parts: PositionCommitParts;
  #waiting = 0;

  constructor(parts: PositionCommitParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with what is stored, once it is durable. Throws as `ConsumerPositions.check`, and
   * COMMIT_LIMIT.
   */
  async commit(stream: StreamState, consumer: string, nextOffset: number): Promise<number> {
    const { positions, clock } = this.#parts;
    if (this.#waiting >= WAITING_MAX) {
      const text = `${this.#waiting} commits wait for the disk, which is all that are allowed.`;
      throw new MillpondError('COMMIT_LIMIT', text);
    }
    const position = { stream: stream.name, consumer, nextOffset, committedAtUs: clock() };
    positions.check(position, stream.highWatermark);
    this.#waiting += 1;
    try {
      await this.#durable(position);
    } finally {
      this.#waiting -= 1;
    }
    return positions.get(stream.name, consumer)?.nextOffset ?? nextOffset;
  }

  #durable(position: Position): Promise<void> {
    const pending = this.#parts.pending();
    const key = ConsumerPositions.key(position.stream, position.consumer);
    const waiting = pending.positions.get(key);
    if (waiting === undefined || waiting.nextOffset <= position.nextOffset) {
      pending.positions.set(key, position);
    }
    return new Promise<void>((resolve, reject) => {
      pending.onDurable.push(resolve);
      pending.onFailed.push(reject);
      this.#parts.startCommit();
    });
  }
}
