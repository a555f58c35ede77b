// One Publish call: reads its messages while the log has room for them, and answers when all of them
// are durable, or with the first thing that went wrong.

import type { ServerReadableStream } from '@grpc/grpc-js';
import type { Clock } from '../../core/clock.ts';
import type { Intake } from '../../core/contracts.ts';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import type {
  PublishRequest,
  PublishResponse,
} from '../../generated/millpond/v1/telemetry_service.ts';
import type { ProducerCall, ProducerCalls } from './producer-calls.ts';
import { toRawMessage } from './publish-request.ts';

/** Messages of one call that are not durable yet; their bytes are bounded by the intake. */
export const UNSETTLED_MAX = 4096;

export interface PublishParts {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly producers: ProducerCalls;
  /** Tells one call from the others, 32 bits. */
  readonly number: number;
  /** Ends the reading with its reason; what was read to its end is still answered. */
  readonly signal: AbortSignal;
}

export type PublishStream = Pick<
  ServerReadableStream<PublishRequest, PublishResponse>,
  'on' | 'pause' | 'resume'
>;

export class PublishCall implements ProducerCall {
  readonly #parts: PublishParts;
  readonly #stream: PublishStream;
  #resolve: (accepted: number) => void = () => undefined;
  #reject: (error: MillpondError) => void = () => undefined;
  /** Of the last message that had one. */
  #producer = '';
  #accepted = 0;
  #unsettled = 0;
  #isHeld = false;
  #isWaiting = false;
  #hasEnded = false;
  #isOver = false;

  constructor(stream: PublishStream, parts: PublishParts) {
    this.#stream = stream;
    this.#parts = parts;
  }

  /**
   * Resolves with the number of messages once all are durable. Throws REQUEST_INVALID, what the intake
   * settles with, the signal's reason, PRODUCER_REPLACED, and INTERNAL when the client goes.
   */
  run(): Promise<number> {
    const { signal } = this.#parts;
    const ended = new Promise<number>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const onAbort = (): void => {
      if (!this.#hasEnded) this.#fail(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const stream = this.#stream;
    const onGone = (): void => this.#fail(new Error('The client is gone.'));
    stream.on('cancelled', onGone);
    stream.on('error', onGone);
    stream.on('end', () => {
      this.#hasEnded = true;
      this.#endIfSettled();
    });
    stream.on('data', (request: PublishRequest) => this.#take(request));
    return ended.finally(() => {
      signal.removeEventListener('abort', onAbort);
      this.#parts.producers.release(this);
    });
  }

  /** What was read to its end is still answered. */
  replaced(producer: string): void {
    if (this.#hasEnded) return;
    const text = `A newer Publish call sends messages of the producer ${producer}.`;
    this.#fail(new MillpondError('PRODUCER_REPLACED', text));
  }

  #take(request: PublishRequest): void {
    if (this.#isOver) return;
    const { intake, clock, number, producers } = this.#parts;
    const place = this.#accepted;
    try {
      const message = toRawMessage(request, { receivedAtUs: clock(), call: number });
      const producer = message.key?.producer ?? this.#producer;
      if (producer !== this.#producer) {
        this.#producer = producer;
        producers.take(producer, this);
      }
      this.#accepted += 1;
      this.#unsettled += 1;
      intake.accept(message, (error) => this.#settled(place, error));
    } catch (thrown) {
      this.#fail(thrown, place);
      return;
    }
    if (intake.isFull || this.#unsettled >= UNSETTLED_MAX) this.#hold();
  }

  #settled(place: number, error: MillpondError | null): void {
    this.#unsettled -= 1;
    if (error !== null) this.#fail(error, place);
    this.#endIfSettled();
    this.#proceed();
  }

  #endIfSettled(): void {
    if (this.#isOver || !this.#hasEnded || this.#unsettled > 0) return;
    this.#isOver = true;
    this.#resolve(this.#accepted);
  }

  #hold(): void {
    if (this.#isOver) return;
    this.#isHeld = true;
    this.#stream.pause();
    this.#proceed();
  }

  #proceed(): void {
    if (this.#isOver || !this.#isHeld || this.#isWaiting) return;
    if (this.#unsettled > UNSETTLED_MAX / 2) return;
    const { intake } = this.#parts;
    if (intake.isFull) {
      this.#isWaiting = true;
      intake.onceDrained(() => {
        this.#isWaiting = false;
        this.#proceed();
      });
      return;
    }
    this.#isHeld = false;
    this.#stream.resume();
  }

  #fail(thrown: unknown, place?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.pause();
    const error = asMillpondError(thrown);
    const text =
      place === undefined ? error.message : `Message ${place + 1} of the call: ${error.message}`;
    this.#reject(new MillpondError(error.code, text, { cause: thrown }));
  }
}
