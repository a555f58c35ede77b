// The order in which a group's readings may be given out: of each device the readings in flight come
// first, all with one member, then those that wait. What goes back takes all that is in flight behind
// it along, so that no device is ever given out of order.

import { DeviceList, type DeviceQueue, type Member } from './device-queue.ts';
import { DeviceTable } from './device-table.ts';
import { OffsetWindow, Place } from './offset-window.ts';

export class ReadingOrder {
  readonly window: OffsetWindow;
  /** Devices that are nobody's and may be given to anybody. */
  readonly free = new DeviceList();
  readonly #devices = new DeviceTable();
  #waitingCount = 0;
  #heldCount = 0;
  #settled: number[] = [];

  constructor(floor: number) {
    this.window = new OffsetWindow(floor);
  }

  /** Readings that are with nobody. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  get waitingDevices(): number {
    return this.#devices.count((device) => device.waiting >= 0);
  }

  deviceOf(offset: number): DeviceQueue {
    return this.#devices.at(this.window.slotOf(offset));
  }

  /** By its number. */
  device(deviceNumber: number): DeviceQueue {
    return this.#devices.get(deviceNumber);
  }

  /** The member has one more reading of the device, for one of its credits. */
  own(device: DeviceQueue, member: Member): void {
    device.taken += 1;
    device.owner = member;
    device.lastOwner = member;
    member.taken += 1;
    member.credits -= 1;
    this.enlist(device);
  }

  /** The member has one reading of the device less; it has its credit back or not. */
  disown(device: DeviceQueue, isCreditBack: boolean): void {
    const owner = device.owner as Member;
    device.taken -= 1;
    owner.taken -= 1;
    if (isCreditBack) owner.credits += 1;
    if (device.taken === 0) device.owner = null;
    this.enlist(device);
  }

  /** Takes the reading at the window's end. */
  add(deviceNumber: number): void {
    const device = this.#devices.get(deviceNumber);
    const offset = this.window.push(device.slot);
    this.#waitingCount += 1;
    if (device.head < 0) {
      device.head = offset;
      this.#devices.activeCount += 1;
    } else {
      this.window.link(device.tail, offset);
    }
    device.tail = offset;
    if (device.waiting >= 0) return;
    device.waiting = offset;
    this.enlist(device);
  }

  isPickedFor(member: Member, offset: number): boolean {
    if (!this.window.has(offset) || this.window.placeOf(offset) !== Place.picked) return false;
    return this.deviceOf(offset).owner === member;
  }

  /** Calls `each` with what the member has, picked or held, in order; it may take it back. */
  eachOf(member: Member, each: (offset: number, isHeld: boolean) => void): void {
    const { window } = this;
    let left = member.taken;
    for (let offset = window.floor; left > 0 && offset < window.end; offset += 1) {
      const place = window.placeOf(offset);
      if (place !== Place.held && place !== Place.picked) continue;
      if (this.deviceOf(offset).owner !== member) continue;
      left -= 1;
      each(offset, place === Place.held);
      left = Math.min(left, member.taken);
    }
  }

  /** The earliest deadline of what each member holds. */
  oldestDues(): Map<Member, number> {
    const { window } = this;
    const dues = new Map<Member, number>();
    for (let offset = window.floor; offset < window.end; offset += 1) {
      if (window.placeOf(offset) !== Place.held) continue;
      const owner = this.deviceOf(offset).owner as Member;
      const dueMs = window.dueMsOf(offset);
      if (dueMs < (dues.get(owner) ?? Number.POSITIVE_INFINITY)) dues.set(owner, dueMs);
    }
    return dues;
  }

  /** Puts a device where it waits for a member, or nowhere if it has nothing to give. */
  enlist(device: DeviceQueue): void {
    const list = device.isReady ? (device.owner?.ready ?? this.free) : null;
    if (device.list === list) return;
    if (device.list !== null) device.list.remove(device);
    if (list !== null) list.push(device);
  }

  /** Picks the first of the device's readings that wait for the member. */
  take(device: DeviceQueue, member: Member): void {
    const offset = device.waiting;
    this.window.setPlace(offset, Place.picked);
    member.picks.push(offset);
    device.waiting = this.window.after(offset);
    this.#waitingCount -= 1;
    // Behind the others, where it has another turn if it has more.
    device.list?.remove(device);
    this.own(device, member);
  }

  /** What was picked is held from now on. */
  hold(offsets: readonly number[], dueMs: number): void {
    for (const offset of offsets) {
      this.window.setPlace(offset, Place.held);
      this.window.setDueMs(offset, dueMs);
    }
    this.#heldCount += offsets.length;
  }

  /** Settles a reading that is held. */
  finish(offset: number): void {
    const device = this.deviceOf(offset);
    this.#heldCount -= 1;
    device.taken -= 1;
    (device.owner as Member).taken -= 1;
    if (device.taken === 0) device.owner = null;
    this.#settle(offset, device);
  }

  /** Settles a reading that waits or is dying. */
  drop(offset: number): void {
    const device = this.deviceOf(offset);
    if (this.window.placeOf(offset) === Place.dying) device.dying -= 1;
    else this.#waitingCount -= 1;
    if (device.waiting === offset) device.waiting = this.window.after(offset);
    this.#settle(offset, device);
  }

  /** A reading that waits keeps its device waiting until it is dropped. */
  kill(offset: number): void {
    const device = this.deviceOf(offset);
    this.window.setPlace(offset, Place.dying);
    this.#waitingCount -= 1;
    device.dying += 1;
    if (device.waiting === offset) device.waiting = this.window.after(offset);
    this.enlist(device);
  }

  /**
   * Takes back a reading that is picked or held, and all of its device that are in flight behind it;
   * `returned` is called with those that were held. The credits of the others are given back.
   */
  takeBack(from: number, returned: (offset: number) => void): void {
    const device = this.deviceOf(from);
    const owner = device.owner as Member;
    for (let offset = from; offset >= 0; offset = this.window.after(offset)) {
      const place = this.window.placeOf(offset);
      if (place === Place.waiting) break;
      if (place === Place.dying) continue;
      if (place === Place.held) {
        this.#heldCount -= 1;
        returned(offset);
      } else {
        owner.credits += 1;
      }
      this.window.setPlace(offset, Place.waiting);
      this.#waitingCount += 1;
      owner.taken -= 1;
      device.taken -= 1;
    }
    device.waiting = from;
    if (device.taken === 0) device.owner = null;
    this.enlist(device);
  }

  /** The offsets settled since the last call, in any order. */
  takeSettled(): number[] {
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  #settle(offset: number, device: DeviceQueue): void {
    this.window.setPlace(offset, Place.settled);
    if (device.head === offset) {
      device.head = this.window.after(offset);
      if (device.head < 0) this.#devices.activeCount -= 1;
    }
    this.window.settle(offset);
    this.#settled.push(offset);
    this.enlist(device);
  }
}
