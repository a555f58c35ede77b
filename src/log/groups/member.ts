// A member of a group: what it may be given, what it holds, which of its devices have more for it.

import { DeviceList } from './device-queue.ts';

export class Member {
  readonly id: number;
  readonly name: string;
  readonly joinedAtMs: number;
  /** How many readings it may still be given. */
  credits = 0;
  /** Readings picked for it or held by it. */
  taken = 0;
  /** A delivery is being made or written: the next one waits. */
  isBusy = false;
  isGone = false;
  lastAckMs: number | null = null;
  /** Devices of which it has readings, and that have more. */
  readonly ready = new DeviceList();
  /** Of the delivery that is being put together. */
  picks: number[] = [];

  constructor(id: number, name: string, joinedAtMs: number) {
    this.id = id;
    this.name = name;
    this.joinedAtMs = joinedAtMs;
  }

  get isAble(): boolean {
    return this.credits > 0 && !this.isBusy && !this.isGone;
  }
}
