// One connection of a group member: takes readings by credit, runs the handler on them, devices side
// by side and each device's readings one after the other, and sends back what became of each.

import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  ConsumeRequest,
  ConsumeResponse,
  ConsumeStart,
  Delivery,
} from '../generated/millpond/v1/consume.ts';
import { type Reading, readingOf } from './reading.ts';

export interface Task {
  readonly reading: Reading;
  /** 1 for the first time. */
  readonly deliveryCount: number;
}

/** Resolves when the reading is dealt with; it comes again, later, if it throws. */
export type Handler = (reading: Reading, task: Task) => unknown;

export interface SessionParts {
  readonly call: ClientDuplexStream<ConsumeRequest, ConsumeResponse>;
  readonly start: ConsumeStart;
  readonly handler: Handler;
  /** Readings worked on at one time. */
  readonly concurrency: number;
  /** Ends the session once what runs is finished and acknowledged. */
  readonly signal: AbortSignal;
  /** Told when the gateway has taken the member in. */
  readonly joined: () => void;
}

/** How often within an ack deadline the gateway hears that the member is still working. */
const EXTENDS_PER_DEADLINE = 3;
/** How long a stop waits for the answer to the last acknowledgements. */
const GOODBYE_MS = 5000;

export class WorkSession {
  readonly #parts: SessionParts;
  /** Not begun, by device, in order. A device is here while it has some. */
  readonly #waiting = new Map<string, Task[]>();
  /** Devices with a reading under way. */
  readonly #busy = new Set<string>();
  #done: bigint[] = [];
  #credit = 0;
  #id = 0n;
  #isFlushScheduled = false;
  #isOver = false;
  #extending: NodeJS.Timeout | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Resolves after the signal, when everything is settled; rejects with what the call fails with. */
  async run(): Promise<void> {
    const { call, signal, start } = this.#parts;
    const ended = new Promise<void>((resolve, reject) => {
      call.on('data', (response: ConsumeResponse) => this.#receive(response));
      call.once('end', resolve);
      call.on('error', reject);
    });
    const stop = (): void => this.#sayGoodbyeIfIdle();
    signal.addEventListener('abort', stop);
    call.write({ action: { $case: 'start', value: start } });
    if (signal.aborted) stop();
    try {
      await ended;
    } finally {
      this.#isOver = true;
      clearInterval(this.#extending);
      signal.removeEventListener('abort', stop);
      call.cancel();
    }
  }

  #receive({ event }: ConsumeResponse): void {
    if (event?.$case === 'joined') {
      const everyMs = event.value.ackDeadlineMs / EXTENDS_PER_DEADLINE;
      this.#extending = setInterval(() => this.#extend(), everyMs);
      this.#parts.joined();
    }
    // What did not count as settled comes again by itself; what is gone, no member can work on.
    if (event?.$case === 'delivery') this.#take(event.value);
  }

  #take({ readings, deliveryCount }: Delivery): void {
    for (const wire of readings) {
      const reading = readingOf(wire);
      const waiting = this.#waiting.get(reading.device) ?? [];
      // What was taken back meanwhile comes again from there on: the older copies are void.
      while ((waiting.at(-1)?.reading.offset ?? -1) >= reading.offset) this.#drop(waiting);
      waiting.push({ reading, deliveryCount });
      this.#waiting.set(reading.device, waiting);
    }
    this.#begin();
  }

  #drop(waiting: Task[]): void {
    waiting.pop();
    this.#credit += 1;
  }

  /** Begins what may be begun now. */
  #begin(): void {
    const { concurrency, signal } = this.#parts;
    if (signal.aborted) return;
    for (const [device, waiting] of this.#waiting) {
      if (this.#busy.size >= concurrency) return;
      if (this.#busy.has(device)) continue;
      const task = waiting.shift();
      // The device goes behind the others that wait.
      this.#waiting.delete(device);
      if (waiting.length > 0) this.#waiting.set(device, waiting);
      if (task !== undefined) void this.#work(device, task);
    }
  }

  async #work(device: string, task: Task): Promise<void> {
    const offset = BigInt(task.reading.offset);
    this.#busy.add(device);
    try {
      await this.#parts.handler(task.reading, task);
      this.#done.push(offset);
    } catch (thrown) {
      this.#fail(device, offset, thrown);
    }
    this.#busy.delete(device);
    this.#credit += 1;
    if (this.#isOver) return;
    this.#scheduleFlush();
    this.#begin();
    this.#sayGoodbyeIfIdle();
  }

  #fail(device: string, offset: bigint, thrown: unknown): void {
    if (this.#isOver) return;
    // With it the gateway takes back the later ones of the device, and sends them again behind it.
    const waiting = this.#waiting.get(device) ?? [];
    while (waiting.length > 0) this.#drop(waiting);
    this.#waiting.delete(device);
    this.#flush();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const delay =
      thrown instanceof TryLater
        ? ({ $case: 'delayMs', value: thrown.delayMs } as const)
        : undefined;
    const value = { id: ++this.#id, offsets: [offset], delay, reason };
    this.#parts.call.write({ action: { $case: 'nack', value } });
  }

  #extend(): void {
    if (this.#isOver || (this.#busy.size === 0 && this.#waiting.size === 0)) return;
    const value = { id: ++this.#id, offsets: [] };
    this.#parts.call.write({ action: { $case: 'extend', value } });
  }

  /** Acknowledgements of one turn of the event loop go together. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      if (!this.#isOver) this.#flush();
    });
  }

  #flush(): void {
    const { call, signal } = this.#parts;
    if (this.#done.length > 0) {
      const value = { id: ++this.#id, offsets: this.#done };
      this.#done = [];
      call.write({ action: { $case: 'ack', value } });
    }
    if (this.#credit > 0 && !signal.aborted) {
      call.write({ action: { $case: 'credit', value: { count: this.#credit } } });
      this.#credit = 0;
    }
  }

  #sayGoodbyeIfIdle(): void {
    const { call, signal } = this.#parts;
    if (!signal.aborted || this.#busy.size > 0 || this.#isOver) return;
    this.#flush();
    this.#isOver = true;
    call.end();
    setTimeout(() => call.cancel(), GOODBYE_MS).unref();
  }
}

/** Thrown by a handler: the reading comes again after this time, and not after the group's back-off. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
  /** Milliseconds. */
  readonly delayMs: number;

  constructor(delayMs: number, reason: string) {
    super(reason);
    this.delayMs = delayMs;
  }
}
