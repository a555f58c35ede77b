// Dead letters of a group that are sent round again, out of their devices' order, which has gone on
// without them; but a device is with one member here as well. What is acknowledged is no letter any
// more; what fails as often as any reading may stays one.

import type { DeviceQueue, Member } from './device-queue.ts';
import type { MemberChoice } from './member-choice.ts';
import type { ReadingOrder } from './reading-order.ts';

export interface RevivedLetter {
  readonly offset: number;
  /** The device's number. */
  readonly device: number;
}

interface Round extends RevivedLetter {
  /** While it is picked or held. */
  queue: DeviceQueue | null;
  isHeld: boolean;
  /** Its deadline while it is held; not given out before it while it is with nobody. */
  dueMs: number;
  deliveries: number;
  failures: number;
}

export class RevivedLetters {
  readonly #order: ReadingOrder;
  readonly #rounds = new Map<number, Round>();
  #finished: number[] = [];

  constructor(order: ReadingOrder, letters: readonly RevivedLetter[]) {
    this.#order = order;
    for (const letter of letters) this.add(letter);
  }

  get count(): number {
    return this.#rounds.size;
  }

  get heldCount(): number {
    let count = 0;
    for (const { isHeld } of this.#rounds.values()) if (isHeld) count += 1;
    return count;
  }

  get all(): RevivedLetter[] {
    return [...this.#rounds.values()].map(({ offset, device }) => ({ offset, device }));
  }

  /** When something is over: a deadline or a back-off. */
  nextMs(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { queue, isHeld, dueMs } of this.#rounds.values()) {
      if (isHeld || (queue === null && dueMs > nowMs)) nextMs = Math.min(nextMs, dueMs);
    }
    return nextMs;
  }

  has(offset: number): boolean {
    return this.#rounds.has(offset);
  }

  add({ offset, device }: RevivedLetter): void {
    if (this.#rounds.has(offset)) return;
    const none = { queue: null, isHeld: false, dueMs: 0, deliveries: 0, failures: 0 };
    this.#rounds.set(offset, { offset, device, ...none });
  }

  deliveryCount(offset: number): number {
    return (this.#rounds.get(offset)?.deliveries ?? 0) + 1;
  }

  /** Gives out what it can, into the members' picks. */
  pick(choice: MemberChoice, nowMs: number, readingsMax: number): void {
    for (const round of this.#rounds.values()) {
      if (round.queue !== null || round.dueMs > nowMs) continue;
      const queue = this.#order.device(round.device);
      const { owner } = queue;
      const member = owner ?? choice.for(queue);
      if (member === null || !member.isAble || member.picks.length >= readingsMax) continue;
      this.#order.own(queue, member);
      member.picks.push(round.offset);
      round.queue = queue;
    }
  }

  isHeldBy(member: Member, offset: number): boolean {
    const round = this.#rounds.get(offset);
    return round?.isHeld === true && round.queue?.owner === member;
  }

  isPickedFor(member: Member, offset: number): boolean {
    const round = this.#rounds.get(offset);
    return round?.isHeld === false && round.queue?.owner === member;
  }

  hold(offset: number, dueMs: number): void {
    const round = this.#rounds.get(offset) as Round;
    round.isHeld = true;
    round.dueMs = dueMs;
  }

  /** The deadline anew. */
  extend(offset: number, dueMs: number): void {
    (this.#rounds.get(offset) as Round).dueMs = dueMs;
  }

  /** It was picked or held, and is with nobody until its time. */
  takeBack(offset: number, untilMs: number): void {
    const round = this.#rounds.get(offset) as Round;
    if (round.isHeld) round.deliveries += 1;
    this.#release(round, !round.isHeld);
    round.isHeld = false;
    round.dueMs = untilMs;
  }

  /** Returns how often it has failed now. */
  failed(offset: number): number {
    const round = this.#rounds.get(offset) as Round;
    round.failures += 1;
    return round.failures;
  }

  /** Acknowledged: it is no letter any more. */
  finish(offset: number): void {
    this.drop(offset);
    this.#finished.push(offset);
  }

  /** It goes round no more, whoever has it. */
  drop(offset: number): void {
    const round = this.#rounds.get(offset);
    if (round === undefined) return;
    this.#rounds.delete(offset);
    if (round.queue !== null) this.#release(round, !round.isHeld);
  }

  /** The letters acknowledged since the last call. */
  takeFinished(): number[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** Calls `each` with what the member has, picked or held; it may take it back. */
  eachOf(member: Member, each: (offset: number, isHeld: boolean) => void): void {
    for (const { offset, queue, isHeld } of [...this.#rounds.values()]) {
      if (queue !== null && queue.owner === member) each(offset, isHeld);
    }
  }

  /** Calls `each` with what is held beyond its deadline; it takes it back. */
  eachExpired(nowMs: number, each: (offset: number) => void): void {
    const expired: number[] = [];
    for (const { offset, isHeld, dueMs } of this.#rounds.values()) {
      if (isHeld && dueMs <= nowMs) expired.push(offset);
    }
    for (const offset of expired) each(offset);
  }

  #release(round: Round, isCreditBack: boolean): void {
    this.#order.disown(round.queue as DeviceQueue, isCreditBack);
    round.queue = null;
  }
}
