// Who gets a device that is nobody's: whoever had it last, if there is room, else the member that may
// be given most.

import type { DeviceQueue, Member } from './device-queue.ts';

export class MemberChoice {
  readonly #able: Member[] = [];
  #readingsMax = 0;
  #best: Member | null = null;
  /** The best is looked for again once it may be given less than this. */
  #enough = 0;

  begin(members: Iterable<Member>, readingsMax: number): void {
    this.#able.length = 0;
    for (const member of members) if (member.isAble) this.#able.push(member);
    this.#readingsMax = readingsMax;
    this.#best = null;
  }

  /** Null when no member can take anything. */
  for(device: DeviceQueue): Member | null {
    const last = device.lastOwner;
    if (last?.isAble && last.picks.length < this.#readingsMax) return last;
    const best = this.#best;
    if (best !== null && best.credits >= this.#enough && best.picks.length < this.#readingsMax) {
      return best;
    }
    return this.#findBest();
  }

  // Not exactly the one with most each time: with a thousand members that would be all there is to do.
  #findBest(): Member | null {
    let best: Member | null = null;
    let second = 0;
    for (const member of this.#able) {
      if (member.credits === 0 || member.picks.length >= this.#readingsMax) continue;
      if (best === null || member.credits > best.credits) {
        second = best?.credits ?? 0;
        best = member;
      } else {
        second = Math.max(second, member.credits);
      }
    }
    this.#best = best;
    this.#enough = Math.max(1, second - (second >> 3));
    return best;
  }
}
