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

/** What a batch tells of itself. */
export interface Batched {
  readonly isEmpty: boolean;
  /** The least time from the end of the last commit to the start of this one; 0 starts at once. */
  readonly commitIntervalMs: number;
}

export interface AppendQueueOptions<Batch> {
  readonly create: () => Batch & Batched;
  readonly target: CommitTarget<Batch>;
  readonly retryMs: { readonly first: number; readonly max: number };
}

export class AppendQueue<Batch> {
  readonly #options: AppendQueueOptions<Batch>;
  #filling: Batch & Batched;
  #running: Promise<void> | null = null;
  #lastEndedMs = Number.NEGATIVE_INFINITY;
  #isClosing = false;
  /** Once set, nothing more is written: what follows something lost would leave a hole before it. */
  #refusal: MillpondError | null = null;
  #wakeUp: (() => void) | null = null;
  /** What the commit that waits for its time waits for. */
  #waitingIntervalMs = 0;
  readonly #tasks: (() => Promise<void>)[] = [];

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
    if (this.#running !== null) {
      // What came since may have less time than what it joins.
      if (this.#filling.commitIntervalMs < this.#waitingIntervalMs) this.#wakeUp?.();
      return;
    }
    if (this.#filling.isEmpty) return;
    this.#start(() => this.#run());
  }

  /** Runs `task` while no commit is under way; after the one that is. Settles as the task does. */
  between<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => task().then(resolve, reject));
      if (this.#running === null) this.#runTask();
      // One that only waits for its time lets the task go first.
      else if (this.#waitingIntervalMs > 0) this.#wakeUp?.();
    });
  }

  #runTask(): void {
    const task = this.#tasks.shift();
    if (task !== undefined) this.#start(task);
  }

  // A task and a commit take turns, so that neither keeps the other waiting for long.
  #start(run: () => Promise<void>): void {
    this.#running = run().finally(() => {
      this.#running = null;
      this.#runTask();
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
    // Nothing is awaited where there is nothing to wait for: the commit starts in this turn.
    if (this.#remainingMs() > 0 && !(await this.#waitForItsTime())) return;
    const batch = this.#filling;
    this.#filling = this.#options.create();
    const isLast = this.#isClosing;
    await this.#commit(batch);
    this.#lastEndedMs = performance.now();
    // Whoever goes on appending must not keep the queue from closing.
    if (isLast) this.#refuse();
  }

  /** How long the commit still has to wait for its time. */
  #remainingMs(): number {
    if (this.#isClosing) return 0;
    return this.#lastEndedMs + this.#filling.commitIntervalMs - performance.now();
  }

  /** False when a task wants to run first. */
  async #waitForItsTime(): Promise<boolean> {
    for (let waitMs = this.#remainingMs(); waitMs > 0; waitMs = this.#remainingMs()) {
      if (this.#tasks.length > 0) return false;
      this.#waitingIntervalMs = this.#filling.commitIntervalMs;
      await this.#sleep(waitMs);
      this.#waitingIntervalMs = 0;
    }
    return true;
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
