// How many bytes all subscriptions together may hold that are fetched and not yet written. Each
// may always have the least, so that none starves; what is beyond that they share.

/** What one fetch may always ask for: a slow subscriber costs two of these. */
export const FETCH_BYTES_MIN = 32 * 1024;

export class ReadAheadBudget {
  readonly #bytesMax: number;
  #held = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get heldBytes(): number {
    return this.#held;
  }

  get isUsedUp(): boolean {
    return this.#held >= this.#bytesMax;
  }

  /** Takes up to `wanted` bytes; give them back with `release`. */
  take(wanted: number): number {
    const granted = Math.max(FETCH_BYTES_MIN, Math.min(wanted, this.#bytesMax - this.#held));
    this.#held += granted;
    return granted;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
