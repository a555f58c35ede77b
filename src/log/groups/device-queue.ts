// Members of a group and devices, who belong to each other: whose a device is and what may be given of
// it; what a member holds, may be given, and which of its devices have more for it.

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

/** One on its way while the next one is put together. */
const UNWRITTEN_MAX = 2;

export class Member {
  readonly id: number;
  readonly name: string;
  readonly joinedAtMs: number;
  /** How many readings it may still be given. */
  credits = 0;
  /** Readings picked for it or held by it. */
  taken = 0;
  /** A delivery is being put together: the next one waits. */
  isBusy = false;
  /** Deliveries that are not yet out of the gateway's hands. */
  unwritten = 0;
  isGone = false;
  lastAckMs: number | null = null;
  /** Devices of which it has readings, and that have more. */
  ready = new DeviceList();
  /** Of the delivery that is being put together. */
  picks: number[] = [];

  constructor(id: number, name: string, joinedAtMs: number) {
    this.id = id;
    this.name = name;
    this.joinedAtMs = joinedAtMs;
  }

  get isAble(): boolean {
    return this.credits > 0 && !this.isBusy && !this.isGone && this.unwritten < UNWRITTEN_MAX;
  }

  /** It holds nothing, and nothing is on its way to it; what it may be given stays. */
  forget(): void {
    this.taken = 0;
    this.isBusy = false;
    this.ready = new DeviceList();
    this.picks = [];
  }
}
