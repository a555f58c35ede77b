// A result that is there already, in the shape of a promise as far as aedes looks at one.

/**
 * aedes calls `then` or `finally` on what a store returns. A promise would put off the call to
 * the microtask queue, and by how much would differ between a retained message and a plain one:
 * they would overtake each other, and aedes drops for a subscriber what comes after a younger
 * message as a duplicate. Called back at once, messages stay in order, and it is faster.
 */
export class Done<T> {
  readonly #value: T;
  readonly #error: Error | null;

  private constructor(value: T, error: Error | null) {
    this.#value = value;
    this.#error = error;
  }

  static of<T>(value: T): Done<T> {
    return new Done(value, null);
  }

  static failed<T>(error: Error): Done<T> {
    return new Done(undefined as T, error);
  }

  // biome-ignore lint/suspicious/noThenProperty: being thenable is what this class is for.
  then(resolved: (value: T) => void, rejected?: (error: Error) => void): void {
    if (this.#error === null) resolved(this.#value);
    else rejected?.(this.#error);
  }

  finally(settled: () => void): void {
    settled();
  }
}

export const done: Done<void> = Done.of(undefined);
