// Group commit: while one commit is under way everything that comes is collected, and the next
// commit takes all of it. A commit that fails is tried again, whole and in its place, until it is
// durable or the queue is closed: what was accepted is never dropped because a disk was full.

import { MillpondError } from '../core/errors.ts';

export interface CommitTarget<Batch> {
  /** Resolves when the batch is durable. Called with the same batch again after a failure. */
  write(batch: Batch): Promise<void>;
  /** Called after a failure, before the batch is tried again. Its own failure counts as another. */
  recover(): Promise<void>;
  /** The batch is durable: settle it. */
  done(batch: Batch): void;
  /** The queue was closed before the batch could be made durable. */
  failed(batch: Batch, error: MillpondError): void;
  /** Entering (an error) or leaving (null) the state in which nothing can be committed. */
  failing(error: MillpondError | null): void;
}

export interface AppendQueueOptions<Batch> {
  readonly create: () => Batch & { readonly isEmpty: boolean };
  readonly target: CommitTarget<Batch>;
  /** The least time from the end of one commit to the start of the next; 0 starts at once. */
  readonly commitIntervalMs: number;
  readonly retryMs: { readonly first: number; readonly max: number };
}

export class AppendQueue<Batch> {
  readonly #options: AppendQueueOptions<Batch>;
  #filling: Batch & { readonly isEmpty: boolean };
  #running: Promise<void> | null = null;
  #lastEndedMs = Number.NEGATIVE_INFINITY;
  #isClosing = false;
  /** Once set, nothing more is written: what follows something lost would leave a hole before it. */
  #refusal: MillpondError | null = null;
  #wakeUp: (() => void) | null = null;

  constructor(options: AppendQueueOptions<Batch>) {
    this.#options = options;
    this.#filling = options.create();
  }

  /** What the next commit will take. Add to it, then call `kick`. */
  get filling(): Batch {
    return this.#filling;
  }

  /** Starts a commit unless one is under way, which is then followed by another. */
  kick(): void {
    if (this.#running !== null || this.#filling.isEmpty) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
      this.kick();
    });
  }

  /**
   * Commits what is left and resolves when everything is settled. A commit that still fails at
   * its next try is given up: its batch and all that follow are reported as failed, never as
   * durable. What comes after closing fails with LOG_STOPPING.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wakeUp?.();
    this.kick();
    while (this.#running !== null) await this.#running;
    this.#refuse();
  }

  #refuse(): void {
    this.#refusal ??= new MillpondError('LOG_STOPPING', 'The log is closed.');
  }

  async #run(): Promise<void> {
    const waitMs = this.#lastEndedMs + this.#options.commitIntervalMs - performance.now();
    if (waitMs > 0 && !this.#isClosing) await this.#sleep(waitMs);
    const batch = this.#filling;
    this.#filling = this.#options.create();
    const isLast = this.#isClosing;
    await this.#commit(batch);
    this.#lastEndedMs = performance.now();
    // Whoever goes on appending must not keep the queue from closing.
    if (isLast) this.#refuse();
  }

  async #commit(batch: Batch): Promise<void> {
    const { target, retryMs } = this.#options;
    if (this.#refusal !== null) {
      target.failed(batch, this.#refusal);
      return;
    }
    let delayMs = retryMs.first;
    let hasFailed = false;
    for (;;) {
      const wasClosing = this.#isClosing;
      try {
        if (hasFailed) await target.recover();
        await target.write(batch);
        break;
      } catch (cause) {
        hasFailed = true;
        const error = new MillpondError(
          'LOG_WRITE_FAILED',
          `The log cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        );
        target.failing(error);
        if (wasClosing) {
          this.#refusal = error;
          target.failed(batch, error);
          return;
        }
      }
      await this.#sleep(delayMs);
      delayMs = Math.min(delayMs * 2, retryMs.max);
    }
    if (hasFailed) target.failing(null);
    // A fault in here is no failed write: it must not be tried again, which would settle twice.
    target.done(batch);
  }

  #sleep(ms: number): Promise<void> {
    if (this.#isClosing) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(wake, ms);
      const queue = this;
      function wake(): void {
        clearTimeout(timer);
        queue.#wakeUp = null;
        resolve();
      }
      this.#wakeUp = wake;
    });
  }
}
