// What of a group is made durable: each commit gets what was settled since the last one; now and then,
// and before the group is left alone, all of it becomes one row and the position moves to the floor.

import type { ConsumerPositions } from '../consumer-positions.ts';
import type { Pending } from '../pending.ts';
import type { Position } from '../position.ts';
import type { StreamState } from '../stream-state.ts';
import type { GroupLetter } from './group-change.ts';
import type { GroupStart } from './group-shapes.ts';

/** Rows after which they become one. */
const ROWS_MAX = 1024;
/** How long the position may stay behind the floor. */
const INTERVAL_MS = 5000;

export interface GroupRecordParts {
  readonly stream: StreamState;
  readonly group: string;
  readonly positions: ConsumerPositions;
  /** What the next commit will take. */
  readonly pending: () => Pending;
  readonly startCommit: () => void;
  readonly clock: () => number;
}

export class GroupRecord {
  readonly #parts: GroupRecordParts;
  #lastPending: Pending | null = null;
  #rows = 0;
  #floor: number;
  #revision: number;
  #wroteMs = 0;

  constructor(parts: GroupRecordParts, at: Pick<Position, 'nextOffset' | 'revision'>) {
    this.#parts = parts;
    this.#floor = at.nextOffset;
    this.#revision = at.revision;
  }

  /** Whether there is more to say than the position does. */
  isBehind(floor: number): boolean {
    return this.#rows > 0 || floor !== this.#floor;
  }

  /** When `write` is due; infinite when it is not. */
  dueMs(floor: number): number {
    if (this.#rows >= ROWS_MAX) return 0;
    return this.isBehind(floor) ? this.#wroteMs + INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  /** Settled with the next commit, which it starts. */
  settle(offsets: readonly number[]): void {
    this.#change().addSettled(offsets, this.#revision);
    this.#parts.startCommit();
  }

  /** The reading is a dead letter with the next commit, which its settling starts. */
  addLetter(letter: GroupLetter): void {
    this.#change().addLetter(letter);
  }

  removeLetters(offsets: Iterable<number>): void {
    const change = this.#change();
    for (const offset of offsets) change.removeLetter(offset);
    this.#parts.startCommit();
  }

  /** Calls one of the two once everything settled so far is durable, or never will be. */
  whenDurable(durable: () => void, failed: (error: Error) => void): void {
    const pending = this.#parts.pending();
    pending.onDurable.push(durable);
    pending.onFailed.push(failed);
    this.#parts.startCommit();
  }

  /** Writes the group as a whole, its position with it. */
  write({ floor, settled }: GroupStart, nowMs: number): void {
    const { positions, stream } = this.#parts;
    const position = positions.forward(this.#positionAt(floor), stream.highWatermark);
    this.#put(position, settled);
    this.#wroteMs = nowMs;
    this.#parts.startCommit();
  }

  /** Forgets what was settled: with the next commit the group stands at `floor`, wherever it stood. */
  seek(floor: number): void {
    this.#put(this.#parts.positions.seek(this.#positionAt(floor)), []);
  }

  #positionAt(nextOffset: number): Omit<Position, 'revision'> {
    const { stream, group, clock } = this.#parts;
    const committedAtUs = clock();
    return { stream: stream.name, consumer: group, kind: 'group', nextOffset, committedAtUs };
  }

  #put(position: Position, settled: readonly number[]): void {
    this.#change().setWhole(settled, position.revision);
    this.#parts.pending().setPosition(position);
    this.#floor = position.nextOffset;
    this.#revision = position.revision;
    this.#rows = 0;
    this.#lastPending = null;
  }

  /** The group is gone, with its dead letters. */
  remove(): void {
    const { stream, group, positions, pending } = this.#parts;
    const removal = positions.removal(stream.name, group);
    this.#change().remove();
    pending().removePosition(removal);
  }

  #change() {
    const { stream, group, pending } = this.#parts;
    const filling = pending();
    if (filling !== this.#lastPending) {
      this.#lastPending = filling;
      this.#rows += 1;
    }
    return filling.groupChange(stream.name, group);
  }
}
