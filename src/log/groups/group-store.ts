// The groups that the log knows of: where each stands, what is settled above, its dead letters. What
// of them is at work takes its record from here.

import type { Clock } from '../../core/clock.ts';
import type { ConsumerPositions } from '../consumer-positions.ts';
import type { Database } from '../database.ts';
import type { Pending } from '../pending.ts';
import { type Position, positionKey } from '../position.ts';
import type { StreamState } from '../stream-state.ts';
import { GroupRecord } from './group-record.ts';
import type { GroupStart } from './group-shapes.ts';
import { loadLetterOffsets, loadSettled } from './group-table.ts';

export interface GroupStoreParts {
  readonly positions: ConsumerPositions;
  readonly pending: () => Pending;
  readonly startCommit: () => void;
  readonly clock: Clock;
}

/** A group as it is stored. */
export interface StoredGroup {
  readonly position: Position;
  readonly start: GroupStart;
  /** The offsets of its dead letters, the oldest first. */
  readonly letters: readonly number[];
}

export class GroupStore {
  readonly #parts: GroupStoreParts;
  #settled = new Map<string, number[]>();
  #letters = new Map<string, number[]>();

  constructor(parts: GroupStoreParts) {
    this.#parts = parts;
  }

  /** Once the positions are there. */
  async load(database: Database): Promise<void> {
    this.#settled = await loadSettled(database, this.#parts.positions);
    this.#letters = await loadLetterOffsets(database);
  }

  /** Those that were stored when the log was opened. To be called once. */
  takeStored(): StoredGroup[] {
    const stored = this.#parts.positions.all().flatMap((position): StoredGroup[] => {
      if (position.kind !== 'group') return [];
      const key = positionKey(position);
      const settled = this.#settled.get(key) ?? [];
      const start = { floor: position.nextOffset, settled, tries: new Map(), revived: [] };
      return [{ position, start, letters: this.#letters.get(key) ?? [] }];
    });
    this.#settled.clear();
    this.#letters.clear();
    return stored;
  }

  /** Of a group that is stored. */
  record(stream: StreamState, position: Position): GroupRecord {
    const parts = { ...this.#parts, stream, group: position.consumer };
    return new GroupRecord(parts, position);
  }

  /**
   * Of a new group, that stands at `floor` with the next commit. Throws CONSUMER_NAME_INVALID,
   * GROUP_IS_CONSUMER, COMMIT_BEYOND_END, CONSUMER_LIMIT.
   */
  create(stream: StreamState, group: string, floor: number): GroupRecord {
    const { positions, clock, pending } = this.#parts;
    const position = positions.forward(
      {
        stream: stream.name,
        consumer: group,
        kind: 'group',
        nextOffset: floor,
        committedAtUs: clock(),
      },
      stream.highWatermark,
    );
    pending().setPosition(position);
    return this.record(stream, position);
  }

  /** Resolves once everything put into commits so far is durable. */
  flush(): Promise<void> {
    const pending = this.#parts.pending();
    return new Promise((resolve, reject) => {
      pending.onDurable.push(resolve);
      pending.onFailed.push(reject);
      this.#parts.startCommit();
    });
  }
}
