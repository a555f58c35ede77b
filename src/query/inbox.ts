// What the gateway has sent for a query and the query has not looked at yet.

import { MillpondError } from '../core/errors.ts';
import type { ToQuery } from './messages.ts';

export class Inbox {
  readonly #messages: ToQuery[] = [];
  #wake: () => void = () => undefined;
  #isCancelled = false;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  put(message: ToQuery): void {
    this.#messages.push(message);
    this.#wake();
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#wake();
  }

  /** The next message, which is of one of the kinds. Throws when the query is cancelled. */
  async take<K extends ToQuery['kind']>(...kinds: K[]): Promise<Extract<ToQuery, { kind: K }>> {
    for (;;) {
      if (this.#isCancelled) throw new MillpondError('QUERY_FAILED', 'The query was cancelled.');
      const message = this.#messages.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      if (!(kinds as string[]).includes(message.kind)) {
        throw new TypeError(`${message.kind} came where ${kinds.join(' or ')} should`);
      }
      return message as Extract<ToQuery, { kind: K }>;
    }
  }
}
