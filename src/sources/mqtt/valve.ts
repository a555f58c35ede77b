// Back-pressure: counts what was taken from sockets and is not yet settled, and stops the reading
// of sockets while that, or the intake's own queue, is full. Devices wait; memory does not grow.

import type { Intake } from '../../core/contracts.ts';

/** What a message in flight takes beside topic and payload: its packet, closures, queue entries. */
export const messageOverheadBytes = 512;

/** A connection's bytes in flight when one alone may not use up what is there for all. */
const connectionShare = 4;
const connectionBytesMin = 65_536;

/** A connection as the valve sees it. */
export interface Holdable {
  inflightBytes: number;
  /** It may not read whatever room there is. */
  readonly isBlocked: boolean;
  /** Reads again; may be called when there is nothing to read. */
  resume(): void;
}

export class Valve {
  readonly #intake: Intake;
  readonly #bytesMax: number;
  readonly #connectionBytesMax: number;
  /** In the order in which they were held: the first to wait is the first to read. */
  readonly #held = new Set<Holdable>();
  #inflightBytes = 0;
  #inflightMessages = 0;
  #isClosed = false;
  #isResuming = false;
  #isWaitingForIntake = false;
  #onSettled: (() => void) | null = null;

  constructor(intake: Intake, bytesMax: number) {
    this.#intake = intake;
    this.#bytesMax = bytesMax;
    this.#connectionBytesMax = Math.max(connectionBytesMin, bytesMax / connectionShare);
  }

  get inflightBytes(): number {
    return this.#inflightBytes;
  }

  get inflightMessages(): number {
    return this.#inflightMessages;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** False keeps the connection from reading; its `resume` is called when it may again. */
  admits(connection: Holdable): boolean {
    if (this.#isOpenFor(connection)) return true;
    this.#held.add(connection);
    if (this.#intake.isFull && !this.#isWaitingForIntake) {
      this.#isWaitingForIntake = true;
      this.#intake.onceDrained(() => {
        this.#isWaitingForIntake = false;
        this.#resumeSoon();
      });
    }
    return false;
  }

  /** Hot path. A message was taken from the connection, null for one that has none. */
  take(connection: Holdable | null, bytes: number): void {
    this.#inflightBytes += bytes;
    this.#inflightMessages++;
    if (connection !== null) connection.inflightBytes += bytes;
  }

  /** Hot path. The message was settled, one way or the other. */
  settle(connection: Holdable | null, bytes: number): void {
    this.#inflightBytes -= bytes;
    this.#inflightMessages--;
    if (connection !== null) connection.inflightBytes -= bytes;
    if (this.#held.size > 0) this.#resumeSoon();
    if (this.#inflightMessages === 0) this.#onSettled?.();
  }

  /** The connection is gone: it waits for nothing. */
  forget(connection: Holdable): void {
    this.#held.delete(connection);
  }

  /** From now on nothing is read. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when everything taken is settled. */
  settled(): Promise<void> {
    if (this.#inflightMessages === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  #isOpenFor(connection: Holdable): boolean {
    return (
      !this.#isClosed &&
      !connection.isBlocked &&
      this.#inflightBytes < this.#bytesMax &&
      connection.inflightBytes < this.#connectionBytesMax &&
      !this.#intake.isFull
    );
  }

  /** Once a turn, after all callbacks of a commit, not once a message. */
  #resumeSoon(): void {
    if (this.#isResuming) return;
    this.#isResuming = true;
    setImmediate(() => {
      this.#isResuming = false;
      for (const connection of [...this.#held]) {
        if (!this.#isOpenFor(connection)) continue;
        this.#held.delete(connection);
        connection.resume();
      }
      // Whoever is left waits for a settlement, or for the intake to drain.
      const first = this.#held.values().next();
      if (first.done !== true) this.admits(first.value);
    });
  }
}
