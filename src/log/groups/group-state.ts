// A group as a state machine: which member has which readings, what failed and waits, what is given
// up. Pure and synchronous: rows, the disk and the clock are with `Group`. Times are milliseconds of
// a clock that never jumps.

import type { GroupSettings } from '../../core/group.ts';
import type { DeviceQueue, Member } from './device-queue.ts';
import { DueHeap } from './due-heap.ts';
import { MemberChoice } from './member-choice.ts';
import { Place } from './offset-window.ts';
import { ReadingOrder } from './reading-order.ts';

export interface GroupLimits {
  /** What a member may hold and be given, together. */
  readonly creditsMax: number;
  /** How far the group may look beyond its floor. */
  readonly windowReadings: number;
  readonly backOffMs: { readonly first: number; readonly max: number };
}

type Rules = Pick<GroupSettings, 'ackDeadlineMs' | 'deliveriesMax'>;

/** What a group is made again from; after a restart without tries. */
export interface GroupStart {
  readonly floor: number;
  /** Ranges [first, next) above the floor that are settled, in order. */
  readonly settled: readonly number[];
  readonly tries: ReadonlyMap<number, Tries>;
}

/** Of a reading that was given out and came back. */
export interface Tries {
  deliveries: number;
  failures: number;
}

/** Readings for one member, in the order of their offsets. */
export interface Picked {
  readonly member: Member;
  readonly offsets: readonly number[];
}

/** A reading that failed too often. */
export interface Dying {
  readonly offset: number;
  readonly failures: number;
  readonly reason: string;
}

/** Offsets of a request that did not count. */
export interface Refused {
  readonly notHeld: number[];
  readonly settled: number[];
}

interface Failure {
  readonly reason: string;
  /** Null: the back-off by its failures. */
  readonly delayMs: number | null;
}

/** How many readings a device gets before the next one has its turn. */
const TURN_READINGS = 16;

export class GroupState {
  readonly members = new Map<number, Member>();
  readonly #limits: GroupLimits;
  readonly #rules: Rules;
  readonly #order: ReadingOrder;
  readonly #known: readonly number[];
  readonly #tries: Map<number, Tries>;
  readonly #blocked = new DueHeap<DeviceQueue>();
  readonly #choice = new MemberChoice();
  #knownAt = 0;
  #dying: Dying[] = [];
  /** No deadline is over before it. */
  #expiryMs = Number.POSITIVE_INFINITY;

  constructor(start: GroupStart, rules: Rules, limits: GroupLimits) {
    this.#order = new ReadingOrder(start.floor);
    this.#known = start.settled;
    this.#tries = new Map(start.tries);
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
    return this.#order.heldCount;
  }

  get waitingDevices(): number {
    return this.#order.waitingDevices;
  }

  /** Whether any member can take more at once. */
  get isHungry(): boolean {
    for (const member of this.members.values()) if (member.isAble) return true;
    return false;
  }

  /** When `tick` has something to do. */
  get nextMs(): number {
    return Math.min(this.#expiryMs, this.#blocked.nextMs);
  }

  /** Takes the reading at `end`. */
  add(device: number): void {
    if (this.#isKnown(this.end)) this.skip(1);
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
    this.#order.eachOf(member, (offset, isHeld) => {
      if (isHeld && !isGoodbye) {
        this.#fail(offset, { reason: 'member_died', delayMs: null }, nowMs);
      } else {
        this.#takeBack(offset);
      }
    });
  }

  credit(member: Member, count: number): void {
    const room = Math.max(0, this.#limits.creditsMax - member.taken);
    member.credits = Math.min(member.credits + count, room);
  }

  ack(member: Member, offsets: readonly number[], nowMs: number): Refused {
    const refused: Refused = { notHeld: [], settled: [] };
    for (const offset of offsets) {
      if (!this.#isHeldBy(member, offset, refused)) continue;
      if (this.#tries.size > 0) this.#tries.delete(offset);
      this.#order.finish(offset);
      member.lastAckMs = nowMs;
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
    const { window } = this.#order;
    const dueMs = nowMs + this.#rules.ackDeadlineMs;
    if (offsets.length === 0) {
      this.#order.eachOf(member, (offset) => window.setDueMs(offset, dueMs));
    }
    for (const offset of offsets) {
      if (this.#isHeldBy(member, offset, refused)) window.setDueMs(offset, dueMs);
    }
    return refused;
  }

  /** Fails what nobody acknowledged in time, and frees the devices whose back-off is over. */
  tick(nowMs: number): void {
    if (nowMs >= this.#expiryMs) this.#expire(nowMs);
    for (let due = this.#blocked.popDue(nowMs); due !== null; due = this.#blocked.popDue(nowMs)) {
      if (due.blockedUntilMs > nowMs) continue;
      due.blockedUntilMs = 0;
      this.#order.enlist(due);
    }
  }

  /** Gives out what it can: at most one list for each member, who is busy from then on. */
  pick(readingsMax: number): Picked[] {
    this.#choice.begin(this.members.values(), readingsMax);
    for (let device = this.#order.free.first; device !== null; device = this.#order.free.first) {
      const member = this.#choice.for(device);
      if (member === null) break;
      this.#take(device, member, readingsMax);
    }
    const picked: Picked[] = [];
    for (const member of this.members.values()) {
      if (member.picks.length === 0 && !member.isAble) continue;
      for (let device = member.ready.first; device !== null; device = member.ready.first) {
        if (member.credits === 0 || member.picks.length >= readingsMax) break;
        this.#take(device, member, readingsMax);
      }
      if (member.picks.length === 0) continue;
      picked.push({ member, offsets: inOrder(member.picks) });
      member.picks = [];
      member.isBusy = true;
    }
    return picked;
  }

  /** Whether all of them are still the member's: they may have been taken back meanwhile. */
  arePicked({ member, offsets }: Picked): boolean {
    return offsets.every((offset) => this.#order.isPickedFor(member, offset));
  }

  /** They are on their way: from now on they are held and must be acknowledged. */
  sent({ offsets }: Picked, nowMs: number): void {
    const dueMs = nowMs + this.#rules.ackDeadlineMs;
    this.#order.hold(offsets, dueMs);
    this.#expiryMs = Math.min(this.#expiryMs, dueMs);
  }

  /** They were not sent: they wait again, and the member has their credits again. */
  putBack({ member, offsets }: Picked): void {
    for (const offset of offsets) {
      if (this.#order.isPickedFor(member, offset)) this.#takeBack(offset);
    }
  }

  /** Settles what waits of [first, next), which is not in the log any more. */
  gone(first: number, next: number): void {
    const { window } = this.#order;
    const end = Math.min(next, window.end);
    for (let offset = Math.max(first, window.floor); offset < end; offset += 1) {
      if (window.placeOf(offset) !== Place.waiting) continue;
      this.#tries.delete(offset);
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
    this.#tries.delete(offset);
    this.#order.drop(offset);
  }

  /** The offsets settled since the last call, in any order. */
  takeSettled(): number[] {
    return this.#order.takeSettled();
  }

  /** How often a reading that is being given out has been given out, this time included. */
  deliveryCount(offset: number): number {
    if (this.#tries.size === 0) return 1;
    return (this.#tries.get(offset)?.deliveries ?? 0) + 1;
  }

  /** Readings that came back and are with nobody. */
  get redeliveryCount(): number {
    const { window } = this.#order;
    let count = 0;
    for (const offset of this.#tries.keys()) {
      if (window.placeOf(offset) === Place.waiting) count += 1;
    }
    return count;
  }

  /** The earliest deadline of what the member holds; null if it holds nothing. */
  oldestDueMs(member: Member): number | null {
    let dueMs = Number.POSITIVE_INFINITY;
    this.#order.eachOf(member, (offset, isHeld) => {
      if (isHeld) dueMs = Math.min(dueMs, this.#order.window.dueMsOf(offset));
    });
    return dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
  }

  /** The device that keeps the floor where it is; null if nothing is open. */
  get slowest(): DeviceQueue | null {
    return this.floor < this.end ? this.#order.deviceOf(this.floor) : null;
  }

  /** What a group like this one can be made from. */
  snapshot(): GroupStart {
    const settled = this.#order.window.settledRanges();
    for (let at = this.#knownAt; at < this.#known.length; at += 2) {
      const first = Math.max(this.#known[at] as number, this.end);
      const next = this.#known[at + 1] as number;
      if (first < next) settled.push(first, next);
    }
    return { floor: this.floor, settled, tries: this.#tries };
  }

  #isKnown(offset: number): boolean {
    const known = this.#known;
    while (this.#knownAt < known.length && offset >= (known[this.#knownAt + 1] as number)) {
      this.#knownAt += 2;
    }
    return this.#knownAt < known.length && offset >= (known[this.#knownAt] as number);
  }

  #isHeldBy(member: Member, offset: number, refused: Refused): boolean {
    const { window } = this.#order;
    const isOpen = window.has(offset);
    const place = isOpen ? window.placeOf(offset) : Place.waiting;
    if (place === Place.held && this.#order.deviceOf(offset).owner === member) return true;
    const isSettled = offset < this.floor || place === Place.settled;
    (isSettled ? refused.settled : refused.notHeld).push(offset);
    return false;
  }

  #take(device: DeviceQueue, member: Member, readingsMax: number): void {
    const room = Math.min(member.credits, readingsMax - member.picks.length);
    this.#order.take(device, member, Math.min(TURN_READINGS, room));
  }

  #takeBack(offset: number): void {
    this.#order.takeBack(offset, (returned) => {
      this.#triesOf(returned).deliveries += 1;
    });
  }

  #fail(offset: number, { reason, delayMs }: Failure, nowMs: number): void {
    const { deliveriesMax } = this.#rules;
    const device = this.#order.deviceOf(offset);
    const tries = this.#triesOf(offset);
    tries.failures += 1;
    // One before it, failing as well, may have taken it back.
    if (this.#order.window.placeOf(offset) === Place.held) this.#takeBack(offset);
    if (deliveriesMax > 0 && tries.failures >= deliveriesMax) {
      this.#order.kill(offset);
      this.#dying.push({ offset, failures: tries.failures, reason });
      return;
    }
    const untilMs = nowMs + (delayMs ?? this.#backOffMs(tries.failures));
    if (untilMs <= Math.max(nowMs, device.blockedUntilMs)) return;
    device.blockedUntilMs = untilMs;
    this.#blocked.push(untilMs, device);
    this.#order.enlist(device);
  }

  #backOffMs(failures: number): number {
    const { first, max } = this.#limits.backOffMs;
    return Math.min(max, first * 2 ** (failures - 1));
  }

  #triesOf(offset: number): Tries {
    let tries = this.#tries.get(offset);
    if (tries === undefined) {
      tries = { deliveries: 0, failures: 0 };
      this.#tries.set(offset, tries);
    }
    return tries;
  }

  #expire(nowMs: number): void {
    const { window } = this.#order;
    this.#expiryMs = Number.POSITIVE_INFINITY;
    for (let offset = window.floor; offset < window.end; offset += 1) {
      if (window.placeOf(offset) !== Place.held) continue;
      const dueMs = window.dueMsOf(offset);
      if (dueMs > nowMs) this.#expiryMs = Math.min(this.#expiryMs, dueMs);
      else this.#fail(offset, { reason: 'ack_deadline', delayMs: null }, nowMs);
    }
  }
}

function inOrder(offsets: number[]): number[] {
  for (let i = 1; i < offsets.length; i += 1) {
    if ((offsets[i] as number) < (offsets[i - 1] as number)) return offsets.sort((a, b) => a - b);
  }
  return offsets;
}
