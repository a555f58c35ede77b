// The offsets that a group has looked at and not yet all settled: [floor, end), a few bytes each in
// rings that grow with what is open. The floor moves on by itself: everything below it is settled.

/** What becomes of a reading in a group. */
export const Place = {
  /** Not with anybody. */
  waiting: 0,
  /** Given to a member and being read and encoded. */
  picked: 1,
  /** Sent to a member. */
  held: 2,
  /** Given up; it is being put with the dead letters. */
  dying: 3,
  settled: 4,
} as const;

const INITIAL_OFFSETS = 1024;

export class OffsetWindow {
  #floor: number;
  #end: number;
  #mask = INITIAL_OFFSETS - 1;
  #place = new Uint8Array(INITIAL_OFFSETS);
  #slot = new Int32Array(INITIAL_OFFSETS);
  #behind = new Int32Array(INITIAL_OFFSETS);
  #dueMs = new Float64Array(INITIAL_OFFSETS);
  #settledCount = 0;

  constructor(floor: number) {
    this.#floor = floor;
    this.#end = floor;
  }

  get floor(): number {
    return this.#floor;
  }

  get end(): number {
    return this.#end;
  }

  /** Settled offsets at or above the floor. */
  get settledCount(): number {
    return this.#settledCount;
  }

  has(offset: number): boolean {
    return offset >= this.#floor && offset < this.#end;
  }

  /** Takes the offset `end` as waiting, of the device in this slot. */
  push(slot: number): number {
    const at = this.#room();
    this.#place[at] = Place.waiting;
    this.#slot[at] = slot;
    this.#behind[at] = 0;
    return this.#end++;
  }

  /** Takes `count` offsets from `end` on for which nothing has to be done. */
  skip(count: number): void {
    if (this.#floor === this.#end) {
      this.#floor += count;
      this.#end += count;
      return;
    }
    for (let i = 0; i < count; i += 1) {
      this.#place[this.#room()] = Place.settled;
      this.#end += 1;
    }
    this.#settledCount += count;
  }

  placeOf(offset: number): number {
    return this.#place[offset & this.#mask] as number;
  }

  setPlace(offset: number, place: number): void {
    this.#place[offset & this.#mask] = place;
  }

  slotOf(offset: number): number {
    return this.#slot[offset & this.#mask] as number;
  }

  dueMsOf(offset: number): number {
    return this.#dueMs[offset & this.#mask] as number;
  }

  setDueMs(offset: number, ms: number): void {
    this.#dueMs[offset & this.#mask] = ms;
  }

  /** Says that `next` follows on `offset` in its device's order. */
  link(offset: number, next: number): void {
    this.#behind[offset & this.#mask] = next - offset;
  }

  /** The device's next offset that is not settled; -1 if there is none. */
  after(offset: number): number {
    const mask = this.#mask;
    let next = offset;
    for (;;) {
      const distance = this.#behind[next & mask] as number;
      if (distance === 0) {
        // What is settled at the end of a device's order is passed over once.
        this.#behind[offset & mask] = next - offset;
        return -1;
      }
      next += distance;
      if (this.#place[next & mask] !== Place.settled) break;
    }
    this.#behind[offset & mask] = next - offset;
    return next;
  }

  /** Settles an offset of [floor, end) that is not settled. */
  settle(offset: number): void {
    this.#place[offset & this.#mask] = Place.settled;
    this.#settledCount += 1;
    if (offset === this.#floor) this.#advance();
  }

  /** The settled offsets at or above the floor, as ranges [first, next). */
  settledRanges(): number[] {
    const ranges: number[] = [];
    for (let offset = this.#floor; offset < this.#end; offset += 1) {
      if (this.placeOf(offset) !== Place.settled) continue;
      if (ranges.at(-1) === offset) ranges[ranges.length - 1] = offset + 1;
      else ranges.push(offset, offset + 1);
    }
    return ranges;
  }

  #advance(): void {
    const place = this.#place;
    const mask = this.#mask;
    const first = this.#floor;
    let floor = first;
    while (floor < this.#end && place[floor & mask] === Place.settled) floor += 1;
    this.#settledCount -= floor - first;
    this.#floor = floor;
  }

  #room(): number {
    if (this.#end - this.#floor > this.#mask) this.#grow();
    return this.#end & this.#mask;
  }

  #grow(): void {
    const mask = 2 * this.#mask + 1;
    const place = new Uint8Array(mask + 1);
    const slot = new Int32Array(mask + 1);
    const behind = new Int32Array(mask + 1);
    const dueMs = new Float64Array(mask + 1);
    for (let offset = this.#floor; offset < this.#end; offset += 1) {
      const from = offset & this.#mask;
      const to = offset & mask;
      place[to] = this.#place[from] as number;
      slot[to] = this.#slot[from] as number;
      behind[to] = this.#behind[from] as number;
      dueMs[to] = this.#dueMs[from] as number;
    }
    this.#mask = mask;
    this.#place = place;
    this.#slot = slot;
    this.#behind = behind;
    this.#dueMs = dueMs;
  }
}
