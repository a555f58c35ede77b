// The log as the I/O thread sees it: the intake of every source and the reader of every way out,
// each a message to the log thread. Raw messages cross in batches; the last one of a turn of the
// event loop starts a commit.

import type {
  FetchRequest,
  FetchResult,
  Intake,
  LogReader,
  Settled,
  StartRequest,
} from '../core/contracts.ts';
import type { DiskState } from '../core/disk-state.ts';
import { asMillpondError, MillpondError } from '../core/errors.ts';
import type { LogStatus } from '../core/log-inspection.ts';
import { noteOffHeap } from '../core/off-heap.ts';
import { type RawMessage, type WayCounts, wayOf } from '../core/raw-message.ts';
import { GroupClient } from './group-client.ts';
import {
  type BatchFault,
  type CallName,
  type Calls,
  type FromLog,
  fromWire,
  type ToLog,
} from './messages.ts';
import { RawBatchWriter } from './raw-batch.ts';
import { Settler } from './settler.ts';

/** The log thread's end as this thread holds it. */
export interface Port {
  postMessage(message: ToLog, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: FromLog) => void): unknown;
  on(event: 'messageerror', listener: (error: Error) => void): unknown;
}

/**
 * Within a turn a batch of this size goes ahead, so that it is decoded while the sockets' next
 * packets are parsed; the commit waits for the turn's last batch. A tenth more messages a second.
 */
const EARLY_BYTES = 12 * 1024;

/**
 * Questions that wait for nothing on the log thread are answered by then, or it hangs: whoever
 * looks after the gateway must hear of it instead of hanging too.
 */
const ANSWER_TIMEOUT_MS = 4000;

interface SentBatch {
  readonly sequence: number;
  readonly bytes: number;
  readonly settled: readonly Settled[];
  readonly counts: WayCounts;
  readonly sentMs: number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: MillpondError): void;
}

const noFaults: readonly BatchFault[] = [];

export interface LogClientEvents {
  /** The log could not be opened, and is tried again. */
  waiting(error: MillpondError, disk: DiskState): void;
  /** The log cannot take readings (why, and what the disk has to do with it), or can again (null). */
  health(problem: string | null, disk: DiskState): void;
  /** Something that whoever runs the gateway should know. */
  notice(error: MillpondError): void;
  /** A device is to be asked for something, over MQTT. */
  command(topic: string, payload: Uint8Array): void;
  /** The messages of one batch were answered, so long after they were taken; with the error, none was stored. */
  answered(counts: WayCounts, ms: number, error: MillpondError | null): void;
}

export class LogClient implements Intake, LogReader {
  readonly groups: GroupClient;
  readonly #port: Port;
  readonly #events: LogClientEvents;
  readonly #queueBytesMax: number;
  readonly #writer = new RawBatchWriter();
  readonly #sent: SentBatch[] = [];
  readonly #calls = new Map<number, Waiting>();
  readonly #settler: Settler;
  readonly #accepted = { mqtt: 0, grpc: 0, serial: 0 };
  #settled: Settled[] = [];
  /** What of `#accepted` went before the batch that is being filled. */
  #sentCounts: WayCounts = { mqtt: 0, grpc: 0, serial: 0 };
  #drainWaiters: (() => void)[] = [];
  #sequence = 0;
  #callId = 0;
  #sentBytes = 0;
  #isFlushScheduled = false;
  #failure: MillpondError | null = null;
  #unopened: MillpondError | null = null;

  constructor(port: Port, queueBytesMax: number, events: LogClientEvents) {
    this.#port = port;
    this.#queueBytesMax = queueBytesMax;
    this.#events = events;
    this.#settler = new Settler((error) => events.notice(error));
    this.groups = new GroupClient({
      call: (name, ask) => this.#call(name, ask),
      callInTime: (name, ask) => this.#inTime(name, this.#call(name, ask)),
      post: (acts) => port.postMessage({ kind: 'members', acts }, []),
    });
    port.on('message', (message) => this.#receive(message));
    // Whoever waits for what could not be read would wait for ever: the process ends instead.
    port.on('messageerror', (error) => {
      throw error;
    });
  }

  /**
   * While the log is not open, with the reason: whoever asks is told instead of waiting for it.
   * Messages are taken all the same, so the sources are started after it.
   */
  setUnopened(reason: MillpondError | null): void {
    this.#unopened = reason;
  }

  /** Why the log is not open; null when it is. */
  get unopened(): MillpondError | null {
    return this.#unopened;
  }

  /** Bytes of accepted messages that are not durable yet. */
  get queueBytes(): number {
    return this.#sentBytes + this.#writer.usedBytes;
  }

  /** How many messages were settled with an error; what a full stream refused was told, not lost. */
  get notStored(): number {
    return this.#settler.notStored;
  }

  /** Messages taken since the start. */
  get accepted(): WayCounts {
    return this.#accepted;
  }

  get isFull(): boolean {
    return this.queueBytes > this.#queueBytesMax;
  }

  accept(message: RawMessage, settled: Settled): void {
    if (this.#failure !== null) {
      settled(this.#failure);
      return;
    }
    try {
      this.#writer.add(message);
    } catch (thrown) {
      settled(asMillpondError(thrown));
      return;
    }
    this.#settled.push(settled);
    this.#accepted[wayOf(message)] += 1;
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      setImmediate(() => this.#flushTurn());
    }
    if (this.#writer.usedBytes >= EARLY_BYTES) this.#post({ isMoreComing: true });
  }

  onceDrained(resume: () => void): void {
    if (this.isFull) this.#drainWaiters.push(resume);
    else resume();
  }

  resolveStart(request: StartRequest): Promise<{ from: number; highWatermark: number }> {
    return this.#call('resolveStart', request);
  }

  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchResult> {
    const { buffer, ranges, ...outcome } = await this.#call('fetch', request, signal);
    noteOffHeap(buffer.byteLength);
    const messages: Uint8Array[] = [];
    for (let i = 0; i < ranges.length; i += 2) {
      const start = ranges[i] as number;
      messages.push(Buffer.from(buffer, start, (ranges[i + 1] as number) - start));
    }
    return { messages, ...outcome };
  }

  async commit(stream: string, consumer: string, nextOffset: number): Promise<number> {
    return (await this.#call('commit', { stream, consumer, nextOffset })).nextOffset;
  }

  status(): Promise<LogStatus> {
    return this.askInTime('status', null);
  }

  metrics(): Promise<string> {
    return this.askInTime('metrics', null);
  }

  /** The number of profiles in use from now on. Throws PROFILE_INVALID, and all stays as it was. */
  async reloadProfiles(): Promise<number> {
    return (await this.askInTime('reloadProfiles', null)).profiles;
  }

  /** Any one call, for what has a file of its own beside this one. */
  ask<N extends CallName>(name: N, ask: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    return this.#call(name, ask);
  }

  /** As `ask`, for what waits for nothing there, or at most so long. Throws LOG_NOT_ANSWERING. */
  askInTime<N extends CallName>(
    name: N,
    ask: Calls[N]['ask'],
    { timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Calls[N]['answer']> {
    return this.#inTime(name, this.#call(name, ask, signal), timeoutMs);
  }

  /** Resolves when everything accepted is settled and the log is closed. */
  async close(): Promise<void> {
    this.#flushTurn();
    await this.#call('close', null);
  }

  /** The log thread is gone: settles everything that waits with the error, and nothing waits again. */
  fail(error: MillpondError): void {
    this.#failure = error;
    this.#writer.take();
    this.#sentBytes = 0;
    for (const { settled } of this.#sent.splice(0)) this.#settler.all(settled, error);
    this.#settler.all(this.#settled.splice(0), error);
    for (const waiting of this.#calls.values()) waiting.reject(error);
    this.#calls.clear();
    this.groups.members.fail(error);
    this.#resumeIfDrained();
  }

  /** Ends a turn of the event loop: posts the rest, which starts a commit. */
  #flushTurn(): void {
    if (!this.#isFlushScheduled) return;
    this.#isFlushScheduled = false;
    if (this.#failure === null) this.#post({ isMoreComing: false });
  }

  #post({ isMoreComing }: { isMoreComing: boolean }): void {
    const batch = this.#writer.take();
    const sequence = ++this.#sequence;
    const counts = this.#newCounts();
    const settled = this.#settled;
    this.#sent.push({ sequence, bytes: batch.bytes, settled, counts, sentMs: performance.now() });
    this.#settled = [];
    this.#sentBytes += batch.bytes;
    this.#port.postMessage({ kind: 'append', sequence, batch, isMoreComing }, [batch.buffer]);
  }

  /** Of the batch that goes now. */
  #newCounts(): WayCounts {
    const all = { ...this.#accepted };
    const before = this.#sentCounts;
    this.#sentCounts = all;
    return {
      mqtt: all.mqtt - before.mqtt,
      grpc: all.grpc - before.grpc,
      serial: all.serial - before.serial,
    };
  }

  #call<N extends CallName>(
    name: N,
    ask: Calls[N]['ask'],
    signal?: AbortSignal,
  ): Promise<Calls[N]['answer']> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#unopened !== null && name !== 'close') return Promise.reject(this.#unopened);
    const id = ++this.#callId;
    const cancel = (): void => this.#port.postMessage({ kind: 'cancel', id }, []);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#port.postMessage({ kind: 'call', id, name, ask }, []);
      this.#calls.set(id, { resolve, reject });
    });
    if (signal === undefined) return answer as Promise<Calls[N]['answer']>;
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', cancel)) as Promise<
      Calls[N]['answer']
    >;
  }

  #inTime<T>(name: CallName, answer: Promise<T>, timeoutMs = ANSWER_TIMEOUT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const text = `The log has not answered for ${timeoutMs / 1000} s (${name}).`;
        reject(new MillpondError('LOG_NOT_ANSWERING', text));
      }, timeoutMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #receive(message: FromLog): void {
    switch (message.kind) {
      case 'settled':
        this.#settle(message.sequence, message.error === null ? null : fromWire(message.error));
        break;
      case 'partly':
        this.#settle(message.sequence, null, message.faults);
        break;
      case 'answer':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#take(message.id)?.reject(fromWire(message.error));
        break;
      case 'members':
        this.groups.members.receive(message);
        break;
      case 'health':
        this.#events.health(message.problem, message.disk);
        break;
      case 'notice':
        this.#events.notice(fromWire(message.error));
        break;
      case 'command':
        this.#events.command(message.topic, message.payload);
        break;
      case 'waiting':
        this.#events.waiting(fromWire(message.error), message.disk);
        break;
      case 'ready':
      case 'refused':
        break;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#calls.get(id);
    this.#calls.delete(id);
    return waiting;
  }

  /** `faults` are of the batch `sequence` itself. */
  #settle(
    sequence: number,
    error: MillpondError | null,
    faults: readonly BatchFault[] = noFaults,
  ): void {
    while (this.#sent.length > 0 && (this.#sent[0] as SentBatch).sequence <= sequence) {
      const batch = this.#sent.shift() as SentBatch;
      this.#sentBytes -= batch.bytes;
      this.#events.answered(batch.counts, performance.now() - batch.sentMs, error);
      const isItself = batch.sequence === sequence && faults.length > 0;
      if (isItself) this.#settler.partly(batch.settled, faults);
      else this.#settler.all(batch.settled, error);
    }
    this.#resumeIfDrained();
  }

  #resumeIfDrained(): void {
    if (this.#drainWaiters.length === 0 || this.isFull) return;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const resume of waiters) resume();
  }
}
