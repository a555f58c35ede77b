// How often readings were given out and failed, of those that came back.

/** Of a reading that was given out and came back. */
export interface Tries {
  deliveries: number;
  failures: number;
}

export class TryBook {
  readonly #tries: Map<number, Tries>;
  readonly #backOffMs: { readonly first: number; readonly max: number };

  constructor(
    tries: ReadonlyMap<number, Tries>,
    backOffMs: { readonly first: number; readonly max: number },
  ) {
    this.#tries = new Map(tries);
    this.#backOffMs = backOffMs;
  }

  get all(): ReadonlyMap<number, Tries> {
    return this.#tries;
  }

  /** How often a reading that is being given out has been given out, this time included. */
  deliveryCount(offset: number): number {
    if (this.#tries.size === 0) return 1;
    return (this.#tries.get(offset)?.deliveries ?? 0) + 1;
  }

  /** It was given out and came back. */
  returned(offset: number): void {
    this.#of(offset).deliveries += 1;
  }

  /** Returns how often it has failed now. */
  failed(offset: number): number {
    const tries = this.#of(offset);
    tries.failures += 1;
    return tries.failures;
  }

  /** How long its device waits after so many failures. */
  backOffMs(failures: number): number {
    return Math.min(this.#backOffMs.max, this.#backOffMs.first * 2 ** (failures - 1));
  }

  forget(offset: number): void {
    if (this.#tries.size > 0) this.#tries.delete(offset);
  }

  #of(offset: number): Tries {
    let tries = this.#tries.get(offset);
    if (tries === undefined) {
      tries = { deliveries: 0, failures: 0 };
      this.#tries.set(offset, tries);
    }
    return tries;
  }
}
