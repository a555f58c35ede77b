// The devices of a group by their number and by the slot that their readings name. A device whose
// readings are all settled stays for a while, so that it is known who had it last.

import { DeviceQueue } from './device-queue.ts';

/** Devices without open readings that are kept beyond twice those that have some. */
const IDLE_MAX = 16_384;

export class DeviceTable {
  readonly #byNumber = new Map<number, DeviceQueue>();
  readonly #slots: (DeviceQueue | null)[] = [];
  readonly #freeSlots: number[] = [];
  /** Devices with readings that are not settled. */
  activeCount = 0;

  at(slot: number): DeviceQueue {
    return this.#slots[slot] as DeviceQueue;
  }

  get(device: number): DeviceQueue {
    const known = this.#byNumber.get(device);
    if (known !== undefined) return known;
    if (this.#byNumber.size > 2 * this.activeCount + IDLE_MAX) this.#forgetIdle();
    const slot = this.#freeSlots.pop() ?? this.#slots.length;
    const added = new DeviceQueue(device, slot);
    this.#slots[slot] = added;
    this.#byNumber.set(device, added);
    return added;
  }

  count(isCounted: (device: DeviceQueue) => boolean): number {
    let count = 0;
    for (const device of this.#byNumber.values()) if (isCounted(device)) count += 1;
    return count;
  }

  #forgetIdle(): void {
    for (const [number, device] of this.#byNumber) {
      if (device.head >= 0 || device.taken > 0 || device.blockedUntilMs > 0) continue;
      this.#byNumber.delete(number);
      this.#slots[device.slot] = null;
      this.#freeSlots.push(device.slot);
    }
  }
}
