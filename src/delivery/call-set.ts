// The calls of one kind that are under way, so that they can be counted and a stopping gateway can
// end them.

import type { MillpondError } from '../core/errors.ts';

export class CallSet {
  readonly #controllers = new Set<AbortController>();
  #number = 0;

  get count(): number {
    return this.#controllers.size;
  }

  /** A number for the call that is about to come, 32 bits; none under way has it. */
  nextNumber(): number {
    this.#number = (this.#number + 1) >>> 0;
    return this.#number;
  }

  add(controller: AbortController): void {
    this.#controllers.add(controller);
  }

  delete(controller: AbortController): void {
    this.#controllers.delete(controller);
  }

  abortAll(reason: MillpondError): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
