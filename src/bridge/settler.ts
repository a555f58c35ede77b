// Tells sources what became of the messages of a batch, each in its turn.

import type { Settled } from '../core/contracts.ts';
import { asMillpondError, type MillpondError } from '../core/errors.ts';
import { type BatchFault, fromWire } from './messages.ts';

export class Settler {
  readonly #failed: (error: MillpondError) => void;
  #notStored = 0;

  /** `failed` is told what a source throws. */
  constructor(failed: (error: MillpondError) => void) {
    this.#failed = failed;
  }

  /** How many messages were settled with an error; what a full stream refused was told, not lost. */
  get notStored(): number {
    return this.#notStored;
  }

  all(settled: readonly Settled[], error: MillpondError | null): void {
    if (error !== null) this.#notStored += settled.length;
    for (const settle of settled) this.#one(settle, error);
  }

  partly(settled: readonly Settled[], faults: readonly BatchFault[]): void {
    const errors = new Map<number, MillpondError>();
    for (const fault of faults) {
      const error = fromWire(fault.error);
      if (error.code !== 'STREAM_FULL') this.#notStored += fault.places.length;
      for (const place of fault.places) errors.set(place, error);
    }
    for (const [place, settle] of settled.entries()) this.#one(settle, errors.get(place) ?? null);
  }

  // A fault of one source's must not leave the messages behind its own unsettled.
  #one(settle: Settled, error: MillpondError | null): void {
    try {
      settle(error);
    } catch (thrown) {
      this.#failed(asMillpondError(thrown));
    }
  }
}
