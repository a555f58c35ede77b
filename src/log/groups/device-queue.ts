// A device in a group: the order of its readings, who has them, whether it may be given more. And the
// lists in which devices wait for a member, out of which one can be taken from the middle.

import type { Member } from './member.ts';

export class DeviceQueue {
  readonly device: number;
  readonly slot: number;
  /** Its first reading that is not settled; -1 when all are. */
  head = -1;
  tail = -1;
  /** The first reading that is with nobody; all later ones are settled or with nobody as well. */
  waiting = -1;
  /** Whose it is while anything of it is picked or held. */
  owner: Member | null = null;
  lastOwner: Member | null = null;
  /** Readings that are picked or held. */
  taken = 0;
  dying = 0;
  /** Not given out before this time; 0 when it may be. */
  blockedUntilMs = 0;
  list: DeviceList | null = null;
  previous: DeviceQueue | null = null;
  next: DeviceQueue | null = null;

  constructor(device: number, slot: number) {
    this.device = device;
    this.slot = slot;
  }

  get isReady(): boolean {
    return this.waiting >= 0 && this.dying === 0 && this.blockedUntilMs === 0;
  }
}

/** First in, first out; a device is in one list at most. */
export class DeviceList {
  #first: DeviceQueue | null = null;
  #last: DeviceQueue | null = null;
  #count = 0;

  get first(): DeviceQueue | null {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  push(device: DeviceQueue): void {
    device.list = this;
    device.previous = this.#last;
    device.next = null;
    if (this.#last === null) this.#first = device;
    else this.#last.next = device;
    this.#last = device;
    this.#count += 1;
  }

  remove(device: DeviceQueue): void {
    const { previous, next } = device;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    device.list = null;
    device.previous = null;
    device.next = null;
    this.#count -= 1;
  }
}
