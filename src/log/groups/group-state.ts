// A group as a state machine: which member has which readings, what failed and waits, what is given
// up. Pure and synchronous: rows, the disk and the clock are with `Group`. Times are milliseconds of
// a clock that never jumps.

import type { GroupSettings } from '../../core/group.ts';
import type { DeviceQueue, Member } from './device-queue.ts';
import { DueHeap } from './due-heap.ts';
import type { Dying, GroupLimits, GroupStart, Picked, Refused } from './group-shapes.ts';
import { MemberChoice } from './member-choice.ts';
import { RangeCursor } from './offset-ranges.ts';
import { Place } from './offset-window.ts';
import { ReadingOrder } from './reading-order.ts';
import { RevivedLetters } from './revived-letters.ts';
import { TryBook } from './try-book.ts';

type Rules = Pick<GroupSettings, 'ackDeadlineMs' | 'deliveriesMax'>;

interface Failure {
  readonly reason: string;
  /** Null: the back-off by its failures. */
  readonly delayMs: number | null;
}

const died: Failure = { reason: 'member_died', delayMs: null };
const overdue: Failure = { reason: 'ack_deadline', delayMs: null };

export class GroupState {
  readonly members = new Map<number, Member>();
  readonly #limits: GroupLimits;
  readonly #rules: Rules;
  readonly #order: ReadingOrder;
  /** What was settled before this state began. */
  readonly #known: RangeCursor;
  readonly #tries: TryBook;
  readonly #letters: RevivedLetters;
  readonly #blocked = new DueHeap<DeviceQueue>();
  readonly #choice = new MemberChoice();
  #dying: Dying[] = [];
  /** Of the last tick. */
  #nowMs = 0;
  /** No deadline is over before it. */
  #expiryMs = Number.POSITIVE_INFINITY;

  constructor(start: GroupStart, rules: Rules, limits: GroupLimits) {
    this.#order = new ReadingOrder(start.floor);
    this.#known = new RangeCursor(start.settled);
    this.#tries = new TryBook(start.tries, limits.backOffMs);
    this.#letters = new RevivedLetters(this.#order, start.revived);
    this.#rules = rules;
    this.#limits = limits;
  }

  /** Everything below it is settled. */
  get floor(): number {
    return this.#order.window.floor;
  }

  /** The first offset that it has not looked at. */
  get end(): number {
    return this.#order.window.end;
  }

  /** How many offsets it may still look at. */
  get room(): number {
    return Math.max(0, this.#limits.windowReadings - (this.end - this.floor));
  }

  get settledAbove(): number {
    return this.#order.window.settledCount;
  }

  /** Readings that are with nobody. */
  get waitingCount(): number {
    return this.#order.waitingCount;
  }

  get heldCount(): number {
    return this.#order.heldCount + this.#letters.heldCount;
  }

  /** The dead letters that are sent round again. */
  get letters(): RevivedLetters {
    return this.#letters;
  }

  get waitingDevices(): number {
    return this.#order.waitingDevices;
  }

  /** Whether any member can take more at once. */
  get isHungry(): boolean {
    for (const member of this.members.values()) if (member.isAble) return true;
    return false;
  }

  /** When `tick` may have something to do. */
  get nextMs(): number {
    return Math.min(this.#expiryMs, this.#blocked.nextMs, this.#letters.nextMs(this.#nowMs));
  }

  /** Takes the reading at `end`. */
  add(device: number): void {
    if (this.#known.has(this.end)) this.skip(1);
    else this.#order.add(device);
  }

  /** Takes `count` offsets from `end` on for which nothing has to be done. */
  skip(count: number): void {
    this.#order.window.skip(count);
  }

  join(member: Member): void {
    this.members.set(member.id, member);
  }

  /** What it held goes back, in order; after a death the first reading of each device has failed. */
  leave(member: Member, isGoodbye: boolean, nowMs: number): void {
    member.isGone = true;
    this.members.delete(member.id);
    const goesBack = (offset: number, isHeld: boolean): void => {
      if (isHeld && !isGoodbye) this.#fail(offset, died, nowMs);
      else this.#takeBack(offset);
    };
    this.#letters.eachOf(member, goesBack);
    this.#order.eachOf(member, goesBack);
  }

  credit(member: Member, count: number): void {
    const room = Math.max(0, this.#limits.creditsMax - member.taken);
    member.credits = Math.min(member.credits + count, room);
  }

  ack(member: Member, offsets: readonly number[], nowMs: number): Refused {
    const refused: Refused = { notHeld: [], settled: [] };
    for (const offset of offsets) {
      if (!this.#isHeldBy(member, offset, refused)) continue;
      member.lastAckMs = nowMs;
      if (this.#letters.has(offset)) {
        this.#letters.finish(offset);
        continue;
      }
      this.#tries.forget(offset);
      this.#order.finish(offset);
    }
    return refused;
  }

  nack(member: Member, offsets: readonly number[], failure: Failure, nowMs: number): Refused {
    const refused: Refused = { notHeld: [], settled: [] };
    // All of them were held when the nack was sent: one takes back the others behind it.
    const named = offsets.filter((offset) => this.#isHeldBy(member, offset, refused));
    for (const offset of new Set(named)) this.#fail(offset, failure, nowMs);
    return refused;
  }

  /** No offsets are all that the member holds. */
  extend(member: Member, offsets: readonly number[], nowMs: number): Refused {
    const refused: Refused = { notHeld: [], settled: [] };
    const dueMs = nowMs + this.#rules.ackDeadlineMs;
    const extendOne = (offset: number): void => {
      if (this.#letters.has(offset)) this.#letters.extend(offset, dueMs);
      else this.#order.window.setDueMs(offset, dueMs);
    };
    if (offsets.length === 0) {
      this.#letters.eachOf(member, extendOne);
      this.#order.eachOf(member, extendOne);
    }
    for (const offset of offsets) {
      if (this.#isHeldBy(member, offset, refused)) extendOne(offset);
    }
    return refused;
  }

  /** Fails what nobody acknowledged in time, and frees the devices whose back-off is over. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (nowMs >= this.#expiryMs) this.#expire(nowMs);
    this.#letters.eachExpired(nowMs, (offset) => this.#fail(offset, overdue, nowMs));
    for (let due = this.#blocked.popDue(nowMs); due !== null; due = this.#blocked.popDue(nowMs)) {
      if (due.blockedUntilMs > nowMs) continue;
      due.blockedUntilMs = 0;
      this.#order.enlist(due);
    }
  }

  /**
   * Gives out what it can: at most one list for each member, who is busy from then on: two lists could
   * be sent in either order. One reading of a device and then of the next, so that few credits are many
   * devices, and none runs ahead.
   */
  pick(readingsMax: number): Picked[] {
    this.#choice.begin(this.members.values(), readingsMax);
    const picked: Picked[] = [];
    if (this.#letters.count > 0) {
      this.#letters.pick(this.#choice, this.#nowMs, readingsMax);
      this.#takePicks(picked, true);
      // Who got letters is busy, and gets readings the next time.
      this.#choice.begin(this.members.values(), readingsMax);
    }
    for (let device = this.#order.free.first; device !== null; device = this.#order.free.first) {
      const member = this.#choice.for(device);
      if (member === null) break;
      this.#order.take(device, member);
    }
    for (const member of this.members.values()) {
      if (member.picks.length === 0 && !member.isAble) continue;
      for (let device = member.ready.first; device !== null; device = member.ready.first) {
        if (member.credits === 0 || member.picks.length >= readingsMax) break;
        this.#order.take(device, member);
      }
    }
    this.#takePicks(picked, false);
    return picked;
  }

  #takePicks(picked: Picked[], areLetters: boolean): void {
    for (const member of this.members.values()) {
      if (member.picks.length === 0) continue;
      picked.push({ member, offsets: inOrder(member.picks), areLetters });
      member.picks = [];
      member.isBusy = true;
    }
  }

  /** Whether all of them are still the member's: they may have been taken back meanwhile. */
  arePicked({ member, offsets, areLetters }: Picked): boolean {
    const from = areLetters ? this.#letters : this.#order;
    return offsets.every((offset) => from.isPickedFor(member, offset));
  }

  /** They are on their way: from now on they are held and must be acknowledged. */
  sent({ offsets, areLetters }: Picked, nowMs: number): void {
    const dueMs = nowMs + this.#rules.ackDeadlineMs;
    if (areLetters) {
      for (const offset of offsets) this.#letters.hold(offset, dueMs);
      return;
    }
    this.#order.hold(offsets, dueMs);
    this.#expiryMs = Math.min(this.#expiryMs, dueMs);
  }

  /** They were not sent: they wait again, and the member has their credits again. */
  putBack({ member, offsets, areLetters }: Picked): void {
    const from = areLetters ? this.#letters : this.#order;
    for (const offset of offsets) {
      if (from.isPickedFor(member, offset)) this.#takeBack(offset);
    }
  }

  /** Settles what waits of [first, next), which is not in the log any more. */
  gone(first: number, next: number): void {
    const { window } = this.#order;
    const end = Math.min(next, window.end);
    for (let offset = Math.max(first, window.floor); offset < end; offset += 1) {
      if (window.placeOf(offset) !== Place.waiting) continue;
      this.#tries.forget(offset);
      this.#order.drop(offset);
    }
  }

  /** The readings given up since the last call: `bury` each once it is with the dead letters. */
  takeDying(): readonly Dying[] {
    const dying = this.#dying;
    this.#dying = [];
    return dying;
  }

  bury(offset: number): void {
    const { window } = this.#order;
    if (!window.has(offset) || window.placeOf(offset) !== Place.dying) return;
    this.#tries.forget(offset);
    this.#order.drop(offset);
  }

  /** The offsets settled since the last call, in any order. */
  takeSettled(): number[] {
    return this.#order.takeSettled();
  }

  /** How often a reading that is being given out has been given out, this time included. */
  deliveryCount(offset: number): number {
    const of = this.#letters.has(offset) ? this.#letters : this.#tries;
    return of.deliveryCount(offset);
  }

  /** Readings that came back and are with nobody. */
  get redeliveryCount(): number {
    const { window } = this.#order;
    let count = 0;
    for (const offset of this.#tries.all.keys()) {
      if (window.has(offset) && window.placeOf(offset) === Place.waiting) count += 1;
    }
    return count;
  }

  /** The earliest deadline of what each member holds, letters aside. */
  oldestDues(): Map<Member, number> {
    return this.#order.oldestDues();
  }

  /** The device that keeps the floor where it is; null if nothing is open. */
  get slowest(): DeviceQueue | null {
    return this.floor < this.end ? this.#order.deviceOf(this.floor) : null;
  }

  /** What a group like this one can be made from. */
  snapshot(): GroupStart {
    return {
      floor: this.floor,
      settled: [...this.#order.window.settledRanges(), ...this.#known.from(this.end)],
      tries: this.#tries.all,
      revived: this.#letters.all,
    };
  }

  /** Whether it was not settled yet when last looked at. */
  isOpen(offset: number): boolean {
    const { window } = this.#order;
    if (offset >= window.end) return !this.#known.contains(offset);
    return window.has(offset) && window.placeOf(offset) !== Place.settled;
  }

  #isHeldBy(member: Member, offset: number, refused: Refused): boolean {
    if (this.#letters.isHeldBy(member, offset)) return true;
    const { window } = this.#order;
    const isOpen = window.has(offset);
    const place = isOpen ? window.placeOf(offset) : Place.waiting;
    if (place === Place.held && this.#order.deviceOf(offset).owner === member) return true;
    const isSettled = offset < this.floor || place === Place.settled;
    (isSettled ? refused.settled : refused.notHeld).push(offset);
    return false;
  }

  #takeBack(offset: number): void {
    if (this.#letters.has(offset)) this.#letters.takeBack(offset, 0);
    else this.#order.takeBack(offset, (returned) => this.#tries.returned(returned));
  }

  #fail(offset: number, failure: Failure, nowMs: number): void {
    if (this.#letters.has(offset)) this.#failLetter(offset, failure, nowMs);
    else this.#failReading(offset, failure, nowMs);
  }

  #failLetter(offset: number, { delayMs }: Failure, nowMs: number): void {
    const failures = this.#letters.failed(offset);
    if (this.#isTooOften(failures)) this.#letters.drop(offset);
    else this.#letters.takeBack(offset, nowMs + (delayMs ?? this.#tries.backOffMs(failures)));
  }

  #failReading(offset: number, { reason, delayMs }: Failure, nowMs: number): void {
    const device = this.#order.deviceOf(offset);
    const failures = this.#tries.failed(offset);
    // One before it, failing as well, may have taken it back.
    if (this.#order.window.placeOf(offset) === Place.held) this.#takeBack(offset);
    if (this.#isTooOften(failures)) {
      this.#order.kill(offset);
      this.#dying.push({ offset, failures, reason });
      return;
    }
    const untilMs = nowMs + (delayMs ?? this.#tries.backOffMs(failures));
    if (untilMs <= Math.max(nowMs, device.blockedUntilMs)) return;
    device.blockedUntilMs = untilMs;
    this.#blocked.push(untilMs, device);
    this.#order.enlist(device);
  }

  #isTooOften(failures: number): boolean {
    const { deliveriesMax } = this.#rules;
    return deliveriesMax > 0 && failures >= deliveriesMax;
  }

  #expire(nowMs: number): void {
    const { window } = this.#order;
    this.#expiryMs = Number.POSITIVE_INFINITY;
    for (let offset = window.floor; offset < window.end; offset += 1) {
      if (window.placeOf(offset) !== Place.held) continue;
      const dueMs = window.dueMsOf(offset);
      if (dueMs > nowMs) this.#expiryMs = Math.min(this.#expiryMs, dueMs);
      else this.#fail(offset, overdue, nowMs);
    }
  }
}

function inOrder(offsets: number[]): number[] {
  for (let i = 1; i < offsets.length; i += 1) {
    if ((offsets[i] as number) < (offsets[i - 1] as number)) return offsets.sort((a, b) => a - b);
  }
  return offsets;
}
