// A DuckDB connection's turns: one use at a time, in order, so that prepared statements keep their
// bindings and nothing is closed while it is in use (which crashes DuckDB).

import { MillpondError } from '../core/errors.ts';

export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** Throws LOG_STOPPING once closed. */
  run<T>(use: () => Promise<T>): Promise<T> {
    return this.whileIdle(() => {
      if (this.#isClosed) throw new MillpondError('LOG_STOPPING', 'The log is closed.');
      return use();
    });
  }

  /** As `run`, also after closing. */
  whileIdle<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change, change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when the turns under way have ended; those that wait and come later throw. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}

/** Runs `change` while none of the lanes is in use. */
export function whileAllIdle<T>(lanes: readonly Lane[], change: () => Promise<T>): Promise<T> {
  const [first, ...rest] = lanes;
  if (first === undefined) return change();
  return first.whileIdle(() => whileAllIdle(rest, change));
}
