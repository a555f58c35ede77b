// What members of one group were sent and what became of it, and whether that may be: an order for
// each device, one holder at a time, nothing again that was confirmed. It knows only what clients see, so
// it complains of nothing that could be a message still on its way.
import type { Delivered, Member } from './member.ts';

interface Entry {
  readonly device: string;
  /** Of the last delivery. */
  count: number;
  life: number;
  holder: Member | null;
  /** False where the holder may have lost it again by a nack that was under way. */
  isSure: boolean;
  /** Acks that were sent and not refused so far. */
  acks: number;
  /** The delivery that was confirmed as done. */
  confirmed: Receipt | null;
}

/** Which delivery an ack was for. */
interface Receipt {
  readonly offset: number;
  readonly life: number;
  readonly count: number;
}

export class GroupBook {
  /** What must not be, in words. */
  readonly complaints: string[] = [];
  /** Left behind while neither acknowledged nor held: only dead letters may be. */
  readonly passedOver = new Set<number>();
  readonly #entries: Entry[] = [];
  readonly #byDevice = new Map<string, number[]>();
  /** By device: nacks that are not answered. */
  readonly #nacks = new Map<string, number>();
  #life = 0;

  /** The reading with the next offset. */
  add(device: string): void {
    const offsets = this.#byDevice.get(device) ?? [];
    offsets.push(this.#entries.length);
    this.#byDevice.set(device, offsets);
    this.#entries.push({
      device,
      count: 0,
      life: 0,
      holder: null,
      isSure: true,
      acks: 0,
      confirmed: null,
    });
  }

  /** The gateway was killed: whoever held something does no more. */
  nextLife(): void {
    this.#life += 1;
    this.#nacks.clear();
    for (const entry of this.#entries) entry.holder = null;
  }

  delivered(member: Member, { offset, count, reading }: Delivered): void {
    const entry = this.#entries[offset];
    if (entry === undefined || entry.device !== reading.device) {
      this.complaints.push(`${offset} of ${reading.device} was never published`);
      return;
    }
    const { confirmed } = entry;
    if (confirmed !== null && (confirmed.life < this.#life || confirmed.count < count)) {
      this.complaints.push(`${offset} came again though it was confirmed`);
    }
    // With a nack under way it may have been sent before it, and be taken back by it.
    const isSure = (this.#nacks.get(entry.device) ?? 0) === 0;
    if (isSure) this.#checkOrder(member, offset, entry.device);
    Object.assign(entry, { count, life: this.#life, holder: member, isSure });
  }

  #checkOrder(member: Member, offset: number, device: string): void {
    for (const earlier of this.#byDevice.get(device) ?? []) {
      if (earlier >= offset) return;
      const { holder, isSure, acks } = this.#entries[earlier]!;
      if (holder === member || !isSure) continue;
      if (holder !== null) {
        this.complaints.push(`${offset} came while another member holds ${earlier}`);
      } else if (acks === 0) {
        this.passedOver.add(earlier);
      }
    }
  }

  /** What this member holds, in the order of offsets. */
  heldBy(member: Member): number[] {
    return this.#entries.flatMap(({ holder }, offset) => (holder === member ? [offset] : []));
  }

  acked(member: Member, offset: number): Receipt {
    const entry = this.#entries[offset]!;
    entry.acks += 1;
    if (entry.holder === member) entry.holder = null;
    return { offset, life: entry.life, count: entry.count };
  }

  /** The answer to an ack. */
  settled(receipt: Receipt, { isRefused }: { isRefused: boolean }): void {
    const entry = this.#entries[receipt.offset]!;
    if (isRefused) entry.acks -= 1;
    else entry.confirmed = receipt;
  }

  /** Taken back by a nack: this and all later ones of its device. Call what it returns at the answer. */
  nacked(offset: number): () => void {
    const { device } = this.#entries[offset]!;
    const life = this.#life;
    this.#nacks.set(device, (this.#nacks.get(device) ?? 0) + 1);
    for (const later of this.#byDevice.get(device) ?? []) {
      if (later >= offset) this.#entries[later]!.holder = null;
    }
    return () => {
      if (life === this.#life) this.#nacks.set(device, (this.#nacks.get(device) ?? 1) - 1);
    };
  }

  gone(member: Member): void {
    for (const entry of this.#entries) if (entry.holder === member) entry.holder = null;
  }

  /** Readings that nobody has acknowledged. */
  unacknowledged(): number[] {
    return this.#entries.flatMap(({ acks }, offset) => (acks > 0 ? [] : [offset]));
  }
}
