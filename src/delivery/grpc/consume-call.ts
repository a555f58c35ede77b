// One Consume call, a member of a group: hands what the client asks to the group and writes what the
// group tells it. Reads no more while too much that was asked is not answered, and asks for no
// delivery before the last one has gone out, so that a client that floods or stops reading costs a
// bounded amount.

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import type { GroupGate, MemberEvent, Membership } from '../../core/group.ts';
import type { ConsumeRequest, ConsumeStart } from '../../generated/millpond/v1/consume.ts';
import type { MessageSink } from '../subscription.ts';
import { checkAsk, checkStart, type GroupDefaults } from './consume-request.ts';
import { encodeGap, encodeJoined, encodeSettled } from './consume-response.ts';
import { MemberAnswers } from './member-answers.ts';
import { UnansweredAsks } from './unanswered-asks.ts';

export interface ConsumeParts {
  readonly groups: GroupGate;
  readonly defaults: GroupDefaults;
  readonly sink: MessageSink;
  /** So many readings went out. */
  readonly delivered: (readings: number) => void;
  /** Readings asked about, in requests that are not answered, beyond which the call is not read. */
  readonly unansweredMax: number;
  /** Ends the call with its reason; the group takes it for a goodbye. */
  readonly signal: AbortSignal;
}

export type ConsumeStream = Pick<
  ServerDuplexStream<ConsumeRequest, Uint8Array>,
  'on' | 'pause' | 'resume'
>;

export class ConsumeCall {
  readonly #parts: ConsumeParts;
  readonly #stream: ConsumeStream;
  readonly #unanswered = new UnansweredAsks();
  readonly #answers = new MemberAnswers();
  #resolve: () => void = () => undefined;
  #reject: (error: MillpondError) => void = () => undefined;
  #membership: Membership | null = null;
  #hasBegun = false;
  #isHeld = false;
  #isAnswering = false;
  #hasEnded = false;
  #isOver = false;

  constructor(stream: ConsumeStream, parts: ConsumeParts) {
    this.#stream = stream;
    this.#parts = parts;
  }

  /**
   * Resolves when the client has said goodbye and everything it asked is answered. Throws
   * REQUEST_INVALID, what the group refuses or ends the member with, the signal's reason, and
   * INTERNAL when the client goes.
   */
  run(): Promise<void> {
    const { signal } = this.#parts;
    const ended = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const onAbort = (): void => this.#fail(signal.reason, { isGoodbye: true });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const stream = this.#stream;
    const onGone = (): void => this.#fail(new Error('The client is gone.'));
    stream.on('cancelled', onGone);
    stream.on('error', onGone);
    stream.on('close', onGone);
    stream.on('end', () => this.#takeGoodbye());
    stream.on('data', (request: ConsumeRequest) => this.#take(request));
    return ended.finally(() => signal.removeEventListener('abort', onAbort));
  }

  #take(request: ConsumeRequest): void {
    if (this.#isOver) return;
    try {
      if (!this.#hasBegun) {
        this.#hasBegun = true;
        void this.#begin(startIn(request));
        return;
      }
      const ask = checkAsk(request, this.#unanswered.lastId);
      if (ask.kind !== 'credit') this.#unanswered.add(ask.id, ask.offsets.length);
      this.#membership?.act(ask);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    if (this.#unanswered.readings >= this.#parts.unansweredMax) this.#hold();
  }

  async #begin(start: ConsumeStart): Promise<void> {
    // Nothing more is read before there is a group to hand it to.
    this.#hold();
    const { groups, defaults, sink } = this.#parts;
    try {
      const { join, credits } = checkStart(start, defaults);
      const membership = await groups.join(join, (events) => this.#receive(events));
      if (this.#isOver) {
        membership.act({ kind: 'leave', isGoodbye: true });
        membership.close();
        return;
      }
      this.#membership = membership;
      void sink.write([encodeJoined(membership)]);
      membership.act({ kind: 'credit', count: credits });
      this.#proceed();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #takeGoodbye(): void {
    if (this.#isOver) return;
    if (!this.#hasBegun) {
      this.#fail(new MillpondError('REQUEST_INVALID', 'start is missing.'));
      return;
    }
    this.#hasEnded = true;
    this.#membership?.act({ kind: 'leave', isGoodbye: true });
    this.#endIfAnswered();
  }

  #receive(events: readonly MemberEvent[]): void {
    for (const event of events) {
      if (this.#isOver) return;
      switch (event.kind) {
        case 'delivery':
          void this.#deliver(event);
          break;
        case 'ended':
          this.#fail(event.error, { isMember: false });
          break;
        case 'settled':
        case 'gap':
          this.#answers.add(event);
          void this.#answer();
          break;
      }
    }
  }

  async #deliver(event: Extract<MemberEvent, { kind: 'delivery' }>): Promise<void> {
    const { buffer, ranges, readings } = event;
    const messages: Uint8Array[] = [];
    for (let i = 0; i < ranges.length; i += 2) {
      const start = ranges[i] as number;
      messages.push(Buffer.from(buffer, start, (ranges[i + 1] as number) - start));
    }
    await this.#parts.sink.write(messages);
    if (this.#isOver) return;
    this.#parts.delivered(readings);
    this.#membership?.act({ kind: 'written' });
  }

  /** One answer on its way at a time; those that come meanwhile are joined. */
  async #answer(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    const { sink } = this.#parts;
    for (let next = this.#answers.take(); next !== null; next = this.#answers.take()) {
      const { gap, settled } = next;
      if (gap !== null) await sink.write([encodeGap(gap)]);
      if (settled === null) continue;
      await sink.write([encodeSettled(settled)]);
      this.#unanswered.answered(settled.throughId);
      this.#endIfAnswered();
      this.#proceed();
    }
    this.#isAnswering = false;
  }

  #endIfAnswered(): void {
    if (this.#isOver || !this.#hasEnded || !this.#unanswered.isEmpty) return;
    this.#isOver = true;
    this.#membership?.close();
    this.#resolve();
  }

  #hold(): void {
    this.#isHeld = true;
    this.#stream.pause();
  }

  #proceed(): void {
    if (this.#isOver || !this.#isHeld || this.#membership === null) return;
    if (this.#unanswered.readings > this.#parts.unansweredMax / 2) return;
    this.#isHeld = false;
    this.#stream.resume();
  }

  #fail(thrown: unknown, { isGoodbye = false, isMember = true } = {}): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.pause();
    if (isMember && !this.#hasEnded) this.#membership?.act({ kind: 'leave', isGoodbye });
    this.#membership?.close();
    this.#reject(asMillpondError(thrown));
  }
}

function startIn({ action }: ConsumeRequest): ConsumeStart {
  if (action?.$case === 'start') return action.value;
  throw new MillpondError('REQUEST_INVALID', 'The first message of the call is not start.');
}
