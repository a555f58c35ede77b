// A consumer's commit, a seek, a deletion: checked, put into the next group commit, answered when it
// is durable.

import type { Clock } from '../core/clock.ts';
import { MillpondError } from '../core/errors.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import type { Pending } from './pending.ts';
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

  /** Where a consumer goes on; null where it has no position. Throws as `ConsumerPositions.ofConsumer`. */
  position(stream: StreamState, consumer: string): number | null {
    return this.#parts.positions.ofConsumer(stream.name, consumer)?.nextOffset ?? null;
  }

  /**
   * Resolves with what is stored, once it is durable. Throws as `ConsumerPositions.forward`, and
   * COMMIT_LIMIT.
   */
  async commit(stream: StreamState, consumer: string, nextOffset: number): Promise<number> {
    const { positions, clock } = this.#parts;
    this.#checkRoom();
    const position = positions.forward(
      { stream: stream.name, consumer, kind: 'plain', nextOffset, committedAtUs: clock() },
      stream.highWatermark,
    );
    await this.#durable((pending) => pending.setPosition(position));
    return positions.get(stream.name, consumer)?.nextOffset ?? nextOffset;
  }

  /**
   * Moves a consumer to `nextOffset`, which the stream has or had, or makes it there. Resolves once
   * that is durable. Throws as `ConsumerPositions.seek`, and COMMIT_LIMIT.
   */
  async seek(stream: StreamState, consumer: string, nextOffset: number): Promise<void> {
    const { positions, clock } = this.#parts;
    this.#checkRoom();
    const position = positions.seek({
      stream: stream.name,
      consumer,
      kind: 'plain',
      nextOffset,
      committedAtUs: clock(),
    });
    await this.#durable((pending) => pending.setPosition(position));
  }

  /** Resolves once the consumer is gone durably. Throws as `ConsumerPositions.removal`, and COMMIT_LIMIT. */
  async remove(stream: StreamState, consumer: string): Promise<void> {
    this.#checkRoom();
    const removal = this.#parts.positions.removal(stream.name, consumer);
    await this.#durable((pending) => pending.removePosition(removal));
  }

  #checkRoom(): void {
    if (this.#waiting < WAITING_MAX) return;
    const text = `${this.#waiting} commits wait for the disk, which is all that are allowed.`;
    throw new MillpondError('COMMIT_LIMIT', text);
  }

  async #durable(put: (pending: Pending) => void): Promise<void> {
    const pending = this.#parts.pending();
    put(pending);
    this.#waiting += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        pending.onDurable.push(resolve);
        pending.onFailed.push(reject);
        this.#parts.startCommit();
      });
    } finally {
      this.#waiting -= 1;
    }
  }
}
