// Requests for what the log has to be asked: so many are worked on at a time, the others wait their turn
// and hold nothing meanwhile. The end of a turn is when the log has answered and the client has all of it
// or is gone: one that takes its time holds a turn, but not for ever.

import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { MillpondError } from '../../core/errors.ts';
import { Turns } from '../../core/turns.ts';
import { clientSignal } from './client-signal.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route that takes no turn: so many at a time are bounded by something else. */
    hasOwnBound?: boolean;
  }
}

const WAITING_MS_MAX = 10_000;
/** Who takes nothing for so long ends with the connection. */
const STALL_MS_MAX = 10_000;
/** So does who takes a little now and then: 4 MB over half a megabit a second. */
const TURN_MS_MAX = 60_000;

export interface RequestTurnsOptions {
  readonly requestsMax: number;
  readonly waitingMax: number;
  /** For tests: how long a client may take nothing, and how long a turn may take. */
  readonly stallMsMax?: number;
  readonly turnMsMax?: number;
}

export class RequestTurns {
  readonly #turns: Turns;
  readonly #stallMsMax: number;
  readonly #turnMsMax: number;

  constructor(options: RequestTurnsOptions) {
    const { requestsMax, waitingMax } = options;
    this.#turns = new Turns({
      concurrentMax: requestsMax,
      waitingMax,
      busy: (running, waiting) => busy(`${running} are worked on and ${waiting} wait.`),
    });
    this.#stallMsMax = options.stallMsMax ?? STALL_MS_MAX;
    this.#turnMsMax = options.turnMsMax ?? TURN_MS_MAX;
  }

  /** Worked on, or being sent. */
  get running(): number {
    return this.#turns.running;
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  /** The handler when it is its turn. Throws REST_BUSY. */
  inTurn(handle: RouteHandlerMethod): RouteHandlerMethod {
    const turns = this;
    return async function handleInTurn(request, reply) {
      await turns.#wait(clientSignal(reply));
      const closed = turns.#untilClosed(request, reply);
      try {
        return await handle.call(this, request, reply);
      } finally {
        void closed.then(() => turns.#turns.pass());
      }
    };
  }

  /** The hook for when the answer is there, and to be taken. */
  readonly onSend = async (_: FastifyRequest, { raw }: FastifyReply): Promise<void> => {
    raw.setTimeout(this.#stallMsMax, () => raw.destroy());
  };

  /** Until the client has all of it or is gone; one that takes too long is cut off. */
  #untilClosed({ method }: FastifyRequest, { raw }: FastifyReply): Promise<void> {
    if (raw.closed) return Promise.resolve();
    // What is asked to be changed has a short answer, and is not given up half done.
    const isLimited = method !== 'POST';
    const timer = isLimited ? setTimeout(() => raw.destroy(), this.#turnMsMax) : undefined;
    return new Promise((resolve) => {
      raw.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #wait(clientGone: AbortSignal): Promise<void> {
    const tooLong = new AbortController();
    const timer = setTimeout(() => {
      tooLong.abort(busy(`It was not its turn for ${WAITING_MS_MAX / 1000} s.`));
    }, WAITING_MS_MAX);
    try {
      await this.#turns.take(AbortSignal.any([clientGone, tooLong.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}

function busy(why: string): MillpondError {
  return new MillpondError('REST_BUSY', `Too many requests at a time: ${why}`);
}
